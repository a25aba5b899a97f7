//! The traces that came in last, for those who draw timelines. Nothing is kept unless somebody asks.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::slowest::Scale;
use crate::call::Ending;
use crate::call::step::{Part, Step};
use crate::call::{nanos, trace};
use crate::callsite::{Site, registered};
use crate::config::Config;
use crate::snapshot::{Outcome, Trace, TraceCall, TraceParts};

/// How many ask for traces beside the configuration.
pub(crate) static ASKERS: AtomicU32 = AtomicU32::new(0);

/// Until when others ask, as [`nanos`] counts; 0 where nobody ever did.
pub(crate) static ASKED_UNTIL: AtomicU64 = AtomicU64::new(0);

/// Traces that are kept for those.
const ASKED: u32 = 256;

/// Calls in all traces that are kept, with those around them: less than ten megabytes.
const MOST_CALLS: usize = 65_536;

/// How many traces are to be kept.
pub(crate) fn kept(config: &Config) -> u32 {
    let until = ASKED_UNTIL.load(Relaxed);
    let are_asked = ASKERS.load(Relaxed) > 0 || until != 0 && nanos() < until;
    config.traces.max(if are_asked { ASKED } else { 0 })
}

/// A call, or a poll, in ticks since its trace began.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Call {
    site: u32,
    depth: u32,
    part: Part,
    ending: Option<Ending>,
    start: u64,
    end: u64,
    parent: Option<usize>,
}

/// A trace as it comes in, its calls in the order of their ends.
#[derive(Default)]
struct Raw {
    /// Its first step has been seen that says when and where it was: not so where nobody asked then.
    is_placed: bool,
    began: u64,
    thread: u64,
    name: Vec<u8>,
    /// The number of the call that it is part of.
    call: u64,
    /// Of the trace of others, the lower half and the upper.
    id: [Option<u64>; 2],
    weight: u64,
    is_apart: bool,
    is_alone: bool,
    below: Vec<u32>,
    calls: Vec<Call>,
}

impl Raw {
    fn size(&self) -> usize {
        self.calls.len() + self.below.len()
    }

    fn end(&self) -> u64 {
        self.began.saturating_add(self.calls.last().map_or(0, |call| call.end))
    }
}

/// See the module.
#[derive(Default)]
pub(super) struct Traces {
    limit: u32,
    kept: VecDeque<Trace>,
    /// Calls in those.
    calls: usize,
    /// Traces that were kept so far.
    number: u64,
    /// The trace that is coming in, those that have come in since they were last settled, the calls in these, and how
    /// many more there were.
    running: Raw,
    fresh: VecDeque<Raw>,
    fresh_calls: usize,
    missed: u64,
}

impl Traces {
    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    /// From now on so many are kept.
    pub(super) fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
        trace::KEPT.store(limit > 0, Relaxed);
        self.trim();
    }

    /// Takes one step of a trace in. `inside` are the ticks by which calls seem to take longer than they do.
    pub(super) fn take(&mut self, step: Step, inside: i64) {
        let running = &mut self.running;
        match step {
            Step::Below { site } => running.below.push(site),
            Step::Weight { weight, is_apart, is_alone } => {
                (running.weight, running.is_apart, running.is_alone) = (weight, is_apart, is_alone);
            }
            Step::Began { ticks, thread } => {
                (running.is_placed, running.began, running.thread) = (true, ticks, thread);
            }
            Step::Name(bytes) => running.name.extend(bytes.iter().filter(|&&byte| byte != 0)),
            Step::Part(call) => running.call = call,
            Step::Id { is_upper, half } => running.id[usize::from(is_upper)] = Some(half),
            Step::Over { site, depth, part, ending, start, ticks } => {
                if running.is_placed {
                    let ticks = (ticks as i64).saturating_sub(inside).max(0) as u64;
                    running.calls.push(Call {
                        site,
                        depth,
                        part,
                        ending,
                        start,
                        end: start.saturating_add(ticks),
                        parent: None,
                    });
                }
            }
            Step::End => {
                let whole = std::mem::take(running);
                // What is not told what is below it is no timeline.
                if whole.is_placed && !whole.is_alone && !whole.calls.is_empty() {
                    self.add(whole);
                }
            }
        }
    }

    fn add(&mut self, whole: Raw) {
        self.fresh_calls += whole.size();
        self.fresh.push_back(whole);
        while self.fresh.len() > self.limit as usize || self.fresh_calls > MOST_CALLS {
            let Some(oldest) = self.fresh.pop_front() else { break };
            self.fresh_calls -= oldest.size();
            self.missed += 1;
        }
    }

    /// All threads' traces have come in: those that ended last come last.
    pub(super) fn settle(&mut self, time: Scale) {
        self.number += std::mem::take(&mut self.missed);
        if self.fresh.is_empty() {
            return;
        }
        self.fresh_calls = 0;
        let mut fresh: Vec<Raw> = std::mem::take(&mut self.fresh).into();
        fresh.sort_by_key(Raw::end);
        let sites = registered(0);
        for raw in fresh {
            self.number += 1;
            self.calls += raw.size();
            self.kept.push_back(finished(raw, self.number, &sites, time));
        }
        self.trim();
    }

    /// The oldest go where there are too many.
    fn trim(&mut self) {
        while self.kept.len() > self.limit as usize || self.calls > MOST_CALLS {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.calls -= oldest.calls().len() + oldest.below().count();
        }
    }

    /// All that are kept, the oldest first.
    pub(super) fn to_vec(&self) -> Vec<Trace> {
        self.kept.iter().cloned().collect()
    }
}

/// What people read of a trace.
fn finished(raw: Raw, number: u64, sites: &[&'static Site], time: Scale) -> Trace {
    let calls = laid_out(raw.calls);
    let name = |site: u32| Cow::Borrowed(sites.get(site as usize).map_or("(unknown)", |site| site.name()));
    // A trace begins with its first call.
    let first = calls.first().map_or(0, |call| call.start);
    let nanos = |ticks: u64| Duration::from_nanos(time.clock.delta_as_nanos(0, ticks));
    let call = |call: &Call| {
        let (start, end) = (nanos(call.start - first), nanos(call.end - first));
        TraceCall {
            name: name(call.site),
            parent: call.parent,
            start,
            duration: end.saturating_sub(start),
            is_poll: call.part != Part::Call,
            is_resumed: call.part == Part::LaterPoll,
            outcome: Outcome::of(call.ending),
        }
    };
    Trace(Arc::new(TraceParts {
        number,
        thread: String::from_utf8_lossy(&raw.name).into(),
        thread_number: raw.thread,
        start: Duration::from_nanos(time.clock.delta_as_nanos(time.origin, raw.began.saturating_add(first))),
        call: raw.call,
        trace_id: raw.id[1].zip(raw.id[0]).map(|(upper, lower)| u128::from(upper) << 64 | u128::from(lower)),
        weight: raw.weight,
        below: raw.below.into_iter().map(name).collect(),
        is_handed_over: raw.is_apart,
        calls: calls.iter().map(call).collect(),
    }))
}

/// Calls in the order of their beginnings, each with its parent, from those in the order of their ends.
///
/// All times are less what measuring cost until then, which is an estimate: where by that a call would not be within the
/// one around it, or not be over before the next one begins, it is cut.
fn laid_out(mut calls: Vec<Call>) -> Vec<Call> {
    // Backwards each call comes before those below it, of which the last comes first. So the first one found of
    // several is the one that the others have to be over before.
    let mut open: Vec<(usize, u64)> = Vec::with_capacity(16);
    // Of each call, and of the trace itself at the end: the first below it, and the one after it.
    let top = calls.len();
    let (mut below, mut next) = (vec![None; top + 1], vec![None; top]);
    let mut end = u64::MAX;
    for at in (0..top).rev() {
        // Who left without unwinding has no step of its own: its children are its parent's then.
        while open.last().is_some_and(|&(outer, _)| calls[outer].depth >= calls[at].depth) {
            open.pop();
        }
        let outer = open.last().map(|&(outer, _)| outer);
        let earliest = outer.map_or(0, |outer| calls[outer].start);
        let latest = open.last_mut().map_or(&mut end, |(_, latest)| latest);
        let call = &mut calls[at];
        call.end = call.end.clamp(earliest, *latest);
        call.start = call.start.clamp(earliest, call.end);
        *latest = call.start;
        call.parent = outer;
        next[at] = below[outer.unwrap_or(top)].replace(at);
        open.push((at, call.end));
    }
    in_order(&calls, &below, &next)
}

fn in_order(calls: &[Call], below: &[Option<usize>], next: &[Option<usize>]) -> Vec<Call> {
    let mut places = vec![0; calls.len()];
    let mut ordered: Vec<Call> = Vec::with_capacity(calls.len());
    let mut waiting: Vec<usize> = below[calls.len()].into_iter().collect();
    while let Some(at) = waiting.pop() {
        places[at] = ordered.len();
        ordered.push(Call { parent: calls[at].parent.map(|parent| places[parent]), ..calls[at] });
        waiting.extend(next[at]);
        waiting.extend(below[at]);
    }
    ordered
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn call(site: u32, depth: u32, start: u64, end: u64) -> Call {
        Call { site, depth, part: Part::Call, ending: None, start, end, parent: None }
    }

    /// A call and those below it, each after so much time of its own, and then as much again.
    #[derive(Clone, Debug)]
    struct Work {
        own: u64,
        below: Vec<Work>,
    }

    impl Work {
        /// Calls in the order of their ends, and the same in that of their beginnings. Gives the end.
        fn run(&self, at: (u32, u64), parent: Option<usize>, ends: &mut Vec<Call>, begins: &mut Vec<Call>) -> u64 {
            let (depth, start) = at;
            let place = begins.len();
            begins.push(Call { parent, ..call(place as u32, depth, start, 0) });
            let mut now = start;
            for work in &self.below {
                now = work.run((depth + 1, now + self.own), Some(place), ends, begins);
            }
            let end = now + self.own;
            begins[place].end = end;
            ends.push(Call { parent: None, ..begins[place] });
            end
        }
    }

    fn work() -> impl Strategy<Value = Work> {
        let leaf = (0_u64..50).prop_map(|own| Work { own, below: Vec::new() });
        leaf.prop_recursive(6, 60, 5, |inner| {
            (0_u64..50, prop::collection::vec(inner, 0..5)).prop_map(|(own, below)| Work { own, below })
        })
    }

    proptest! {
        #[test]
        fn calls_come_in_the_order_of_their_beginnings_with_their_parents(
            works in prop::collection::vec(work(), 1..4)
        ) {
            let (mut ends, mut begins, mut now) = (Vec::new(), Vec::new(), 0);
            for work in &works {
                now = work.run((0, now), None, &mut ends, &mut begins);
            }
            prop_assert_eq!(laid_out(ends), begins);
        }

        #[test]
        fn whatever_the_times_say_calls_are_within_those_around_them_and_one_after_the_other(
            calls in prop::collection::vec((0_u32..6, 0_u64..100, 0_u64..100), 0..40)
        ) {
            let calls: Vec<Call> =
                calls.into_iter().enumerate().map(|(at, (depth, start, ticks))| {
                    call(at as u32, depth, start, start + ticks)
                }).collect();
            let laid_out = laid_out(calls.clone());
            prop_assert_eq!(laid_out.len(), calls.len());
            for (at, call) in laid_out.iter().enumerate() {
                prop_assert!(call.start <= call.end);
                if let Some(parent) = call.parent {
                    prop_assert!(parent < at);
                    let parent = laid_out[parent];
                    prop_assert!(parent.start <= call.start && call.end <= parent.end && parent.depth < call.depth);
                }
                let next = laid_out[at + 1..].iter().find(|next| next.parent == call.parent);
                prop_assert!(next.is_none_or(|next| call.end <= next.start));
            }
        }

        #[test]
        fn what_is_kept_is_bounded_and_is_what_came_last(
            limit in 0_u32..6, batches in prop::collection::vec(prop::collection::vec(1_usize..40, 0..9), 0..6)
        ) {
            let (clock, _) = quanta::Clock::mock();
            let time = Scale { clock: Box::leak(Box::new(clock)), origin: 0, inside: 0 };
            let mut traces = Traces::default();
            traces.set_limit(limit);
            let mut all = Vec::new();
            for batch in batches {
                for calls in batch {
                    all.push(calls);
                    traces.take(Step::Weight { weight: 1, is_apart: false, is_alone: false }, 0);
                    traces.take(Step::Began { ticks: all.len() as u64 * 1000, thread: 1 }, 0);
                    for at in 0..calls as u64 {
                        let part = Part::Call;
                        traces.take(Step::Over { site: u32::MAX, depth: 0, part, ending: None, start: at, ticks: 1 }, 0);
                    }
                    traces.take(Step::End, 0);
                }
                traces.settle(time);
            }
            let known: Vec<(u64, usize)> =
                traces.to_vec().iter().map(|trace| (trace.number(), trace.calls().len())).collect();
            let last = all.len().saturating_sub(limit as usize);
            let expected: Vec<(u64, usize)> =
                all[last..].iter().enumerate().map(|(at, calls)| ((last + at) as u64 + 1, *calls)).collect();
            prop_assert_eq!(known, expected);
            prop_assert_eq!(traces.calls, all[last..].iter().sum::<usize>());
            traces.set_limit(0);
            prop_assert_eq!((traces.calls, traces.to_vec().len()), (0, 0));
        }
    }

    #[test]
    fn there_are_never_more_calls_than_there_is_room_for() {
        let mut traces = Traces::default();
        traces.set_limit(1000);
        let time = Scale { clock: Box::leak(Box::new(quanta::Clock::mock().0)), origin: 0, inside: 0 };
        for round in 0..50 {
            for _ in 0..round {
                traces.take(Step::Began { ticks: 1, thread: 1 }, 0);
                for start in 0..2000 {
                    traces.take(Step::Over { site: 0, depth: 0, part: Part::Call, ending: None, start, ticks: 1 }, 0);
                }
                traces.take(Step::End, 0);
                assert!(traces.fresh_calls <= MOST_CALLS);
            }
            traces.settle(time);
            assert!(traces.calls <= MOST_CALLS);
        }
        assert_eq!((traces.to_vec().len(), traces.to_vec().last().unwrap().number()), (32, 49 * 50 / 2));
    }
}
