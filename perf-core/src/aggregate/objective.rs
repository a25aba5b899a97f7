//! How what was promised of a function is kept: since the start, and minute by minute for six hours.
//!
//! Failures are counted exactly. Of durations, what was sampled stands for the rest, each sample held against the
//! promised duration itself and not against a bucket.

use std::time::Duration;

use crate::callsite::{Promise, Slo};

const MINUTE: u64 = 60_000_000_000;

/// Minutes that the four windows reach back, beside the running one: two pairs of a long and a short one, see
/// [`Clause::is_burning`](crate::Clause::is_burning).
pub(crate) const WINDOWS: [usize; 4] = [5, 30, 60, 360];

/// Finished minutes that are kept.
const KEPT: usize = WINDOWS[3];

/// Calls, and those of them that broke the promise.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Outcomes {
    pub(crate) calls: f64,
    /// Of the weights' squares: how much `calls` is worth as evidence.
    pub(crate) squares: f64,
    pub(crate) broken: f64,
}

impl Outcomes {
    fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.squares += other.squares;
        self.broken += other.broken;
    }
}

/// One promise.
struct Track {
    promise: Promise,
    all: Outcomes,
    running: Outcomes,
    /// Finished minutes, in a ring by their number: calls, squares, broken. 12 bytes each.
    minutes: Box<[[f32; 3]]>,
}

/// All that is promised of one function.
pub(crate) struct Kept {
    tracks: Box<[Track]>,
    /// The number of the running minute.
    minute: u64,
    /// Minutes before it that are known.
    known: u64,
}

/// One promise, as a reader gets it.
pub(crate) struct Held {
    pub(crate) promise: Promise,
    pub(crate) all: Outcomes,
    /// The time that each of [`WINDOWS`] covers, and what was in it.
    pub(crate) windows: [(Duration, Outcomes); WINDOWS.len()],
}

impl Kept {
    /// Nothing has happened; it is `now`, in nanoseconds since measuring began.
    pub(crate) fn new(slo: &Slo, now: u64) -> Self {
        let track = |promise| Track {
            promise,
            all: Outcomes::default(),
            running: Outcomes::default(),
            minutes: vec![[0.0; 3]; KEPT].into(),
        };
        Self { tracks: slo.promises().into_iter().map(track).collect(), minute: now / MINUTE, known: 0 }
    }

    /// A sample of `nanos`, which stands for `weight` calls.
    pub(crate) fn timed(&mut self, nanos: u64, weight: u32) {
        let weight = f64::from(weight);
        for track in &mut self.tracks {
            if let Promise::Latency { below, .. } = track.promise {
                let broken = if nanos < below { 0.0 } else { weight };
                track.add(Outcomes { calls: weight, squares: weight * weight, broken });
            }
        }
    }

    /// Exact counts of the running minute.
    pub(crate) fn counted(&mut self, calls: u64, failed: u64) {
        for track in &mut self.tracks {
            if let Promise::Errors { .. } = track.promise {
                track.add(Outcomes { calls: calls as f64, squares: calls as f64, broken: failed as f64 });
            }
        }
    }

    /// Ends the minutes that are over.
    pub(crate) fn turn(&mut self, now: u64) {
        let over = (now / MINUTE).saturating_sub(self.minute);
        // After a long sleep all that is kept is empty, but for the minute that ran when it began.
        for passed in 0..over.min(KEPT as u64 + 1) {
            let at = ((self.minute + passed) % KEPT as u64) as usize;
            for track in &mut self.tracks {
                let Outcomes { calls, squares, broken } = std::mem::take(&mut track.running);
                track.minutes[at] = [calls as f32, squares as f32, broken as f32];
            }
        }
        self.minute += over;
        self.known += over;
    }

    /// How each promise is kept. `calls` and `failed` were not yet counted.
    pub(crate) fn read(&self, now: u64, calls: u64, failed: u64) -> Vec<Held> {
        let late = Outcomes { calls: calls as f64, squares: calls as f64, broken: failed as f64 };
        let running = now.saturating_sub(self.minute * MINUTE);
        let held = |track: &Track| {
            let late = if matches!(track.promise, Promise::Errors { .. }) { late } else { Outcomes::default() };
            let mut all = track.all;
            all.add(late);
            let windows = WINDOWS.map(|minutes| {
                let known = self.known.min(minutes as u64);
                let mut sum = track.running;
                sum.add(late);
                for back in 1..=known {
                    let [calls, squares, broken] = track.minutes[((self.minute - back) % KEPT as u64) as usize];
                    sum.add(Outcomes { calls: calls.into(), squares: squares.into(), broken: broken.into() });
                }
                (Duration::from_nanos(running + known * MINUTE), sum)
            });
            Held { promise: track.promise, all, windows }
        };
        self.tracks.iter().map(held).collect()
    }
}

impl Track {
    fn add(&mut self, more: Outcomes) {
        self.all.add(more);
        self.running.add(more);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SLO: Slo = Slo::new().p95(1_000).errors(0.01);

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn windows_say_what_a_list_of_all_calls_says(
            start in 0..10_000_u64,
            steps in prop::collection::vec((0..400_u64, prop::collection::vec(0..2_000_u64, 0..4), 0..3_u64), 1..40),
        ) {
            // Times in tenths of a minute.
            let tenth = MINUTE / 10;
            let mut now = start * tenth;
            let mut kept = Kept::new(&SLO, now);
            let first = now / MINUTE;
            let (mut calls, mut failures) = (Vec::new(), Vec::new());
            for (pause, durations, failed) in steps {
                now += pause * tenth;
                kept.turn(now);
                for &nanos in &durations {
                    kept.timed(nanos, 1);
                    calls.push((now / MINUTE, nanos >= 1_000));
                }
                let number = durations.len() as u64;
                kept.counted(number, failed.min(number));
                failures.extend((0..number).map(|at| (now / MINUTE, at < failed)));
            }
            let held = kept.read(now, 3, 1);
            for (held, (calls, late)) in held.iter().zip([(&calls, (0, 0)), (&failures, (3, 1))]) {
                for (minutes, (span, sum)) in WINDOWS.into_iter().zip(held.windows) {
                    let from = (now / MINUTE).saturating_sub(minutes as u64).max(first);
                    let inside = calls.iter().filter(|(minute, _)| *minute >= from);
                    let expected = (inside.clone().count() + late.0, inside.filter(|call| call.1).count() + late.1);
                    prop_assert_eq!((sum.calls as usize, sum.broken as usize), expected);
                    prop_assert_eq!(span, Duration::from_nanos(now - from * MINUTE));
                }
                let broken = calls.iter().filter(|call| call.1).count() + late.1;
                prop_assert_eq!((held.all.calls as usize, held.all.broken as usize), (calls.len() + late.0, broken));
            }
        }
    }

    #[test]
    fn a_promise_takes_less_than_five_kibibytes() {
        let kept = Kept::new(&SLO, 0);
        let bytes: usize = kept.tracks.iter().map(|track| size_of::<Track>() + size_of_val(&*track.minutes)).sum();
        assert!(bytes <= 2 * 5 * 1024, "{bytes}");
    }
}
