//! The slowest calls of one function, over all stretches of time that are known.
//!
//! Threads write down those of the running stretch. Finished ones are kept for as long as the longest window
//! is, and beside them the slowest of all. The slowest of any whole stretches are among the slowest of each of them,
//! so what is said of these is exact.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use quanta::Clock;

use crate::call::{Record, Table};
use crate::callsite::Site;
use crate::order::sort;
use crate::snapshot::{Outcome, SlowCall, Span};

/// What ticks are in time.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    pub(super) clock: &'static Clock,
    /// Ticks when measuring began.
    pub(super) origin: u64,
    /// What measuring adds to each sample, in ticks.
    pub(super) inside: i64,
}

/// See the module. Readers hold on to it; it is only copied when one still does at the end of a stretch.
#[derive(Clone, Default)]
pub(crate) struct Slowest {
    /// The slowest first.
    ever: Vec<SlowCall>,
    /// Of each finished stretch, oldest first.
    finished: VecDeque<Vec<SlowCall>>,
}

impl Slowest {
    /// Ends the running stretch, of which `keep` calls are kept at most, as of each of the `stretches` that are known.
    pub(super) fn turn(self: &mut Arc<Self>, site: &Site, scale: Scale, keep: usize, stretches: usize) {
        let calls = site.tail.turn().map(|table| scale.calls(&table)).unwrap_or_default();
        // Most functions rest most of the time.
        if !calls.is_empty() || !self.finished.is_empty() {
            Arc::make_mut(self).finish(calls, keep, stretches);
        }
    }

    fn finish(&mut self, calls: Vec<SlowCall>, keep: usize, stretches: usize) {
        if calls.is_empty() && self.finished.iter().all(Vec::is_empty) {
            self.finished.clear();
            return;
        }
        self.ever.extend_from_slice(&calls);
        slowest_first(&mut self.ever);
        self.ever.truncate(keep);
        self.finished.push_back(calls);
        while self.finished.len() > stretches {
            self.finished.pop_front();
        }
    }

    /// All that are known, the slowest first, with those of the `running` stretch.
    fn known(&self, running: Vec<SlowCall>) -> Vec<SlowCall> {
        let mut known = running;
        known.extend(self.finished.iter().flatten().cloned());
        let is_new = |call: &&SlowCall| !self.finished.iter().flatten().any(|other| other.is(call));
        known.extend(self.ever.iter().filter(is_new).cloned());
        slowest_first(&mut known);
        known
    }
}

/// What a reader takes with it. Most never ask for it, so it is worked out when somebody does.
pub(crate) struct TailReading {
    slowest: Arc<Slowest>,
    running: Option<Table>,
    scale: Scale,
}

impl TailReading {
    /// None where nothing is known.
    pub(super) fn of(site: &Site, slowest: &Arc<Slowest>, scale: Scale) -> Option<Arc<Self>> {
        let running = site.tail.read();
        let is_known = running.is_some() || !slowest.ever.is_empty();
        is_known.then(|| Arc::new(Self { slowest: slowest.clone(), running, scale }))
    }

    /// All calls that are known, the slowest first.
    pub(crate) fn known(&self) -> Vec<SlowCall> {
        self.slowest.known(self.running.as_ref().map(|table| self.scale.calls(table)).unwrap_or_default())
    }
}

impl fmt::Debug for TailReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.known().fmt(f)
    }
}

fn slowest_first(calls: &mut [SlowCall]) {
    sort(calls, &mut |all, a, b| all[b].duration().cmp(&all[a].duration()));
}

impl Scale {
    fn calls(&self, table: &Table) -> Vec<SlowCall> {
        table.entries().map(|(record, captured)| self.call(record, captured)).collect()
    }

    fn call(&self, record: &Record, captured: Option<&str>) -> SlowCall {
        let since_origin = |ticks| Duration::from_nanos(self.clock.delta_as_nanos(self.origin, ticks));
        let ticks = (record.ticks as i64 - self.inside).max(0) as u64;
        SlowCall(Arc::new(crate::snapshot::SlowCallParts {
            at: since_origin(record.start),
            ended_at: since_origin(record.end),
            duration: Duration::from_nanos(self.clock.delta_as_nanos(0, ticks)),
            outcome: Outcome::of(record.ending),
            thread: record.thread.as_str().into(),
            parent: record.parent.map(|site| site.name().into()),
            span: record.span.map(|(name, id)| Span { name: name.into(), id }),
            trace_id: record.trace,
            captured: captured.map(Into::into),
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::snapshot::SlowCallParts;

    fn call(nanos: u64) -> SlowCall {
        SlowCall(Arc::new(SlowCallParts { duration: Duration::from_nanos(nanos), ..SlowCallParts::default() }))
    }

    fn nanos(calls: &[SlowCall]) -> Vec<u64> {
        calls.iter().map(|call| call.duration().as_nanos() as u64).collect()
    }

    /// The `keep` longest of them, longest first.
    fn naive(mut calls: Vec<u64>, keep: usize) -> Vec<u64> {
        calls.sort_unstable_by(|a, b| b.cmp(a));
        calls.truncate(keep);
        calls
    }

    proptest! {
        #[test]
        fn the_slowest_of_stretches_are_those_of_a_list_of_all_calls(
            keep in 1..6_usize,
            count in 1..4_usize,
            stretches in prop::collection::vec(prop::collection::vec(1..50_u64, 0..9), 1..12)
        ) {
            let mut slowest = Slowest::default();
            for stretch in &stretches {
                // What a table has of a stretch, see its own test.
                let calls = naive(stretch.clone(), keep).into_iter().map(call).collect();
                slowest.finish(calls, keep, count);
            }
            let known = slowest.known(Vec::new());
            let all = stretches.concat();
            prop_assert_eq!(nanos(&known[..known.len().min(keep)]), naive(all, keep));
            let last = stretches[stretches.len().saturating_sub(count)..].concat();
            let kept: Vec<SlowCall> = slowest.finished.iter().flatten().cloned().collect();
            prop_assert_eq!(naive(nanos(&kept), keep), naive(last, keep));
            prop_assert!(known.len() <= keep * (count + 1), "it does not grow");
        }
    }
}
