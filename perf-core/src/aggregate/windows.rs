//! Rolling windows: of a second, and of ten, sixty and three hundred.
//!
//! Finished slices of one second are kept for ten seconds; each ten become a slice that is kept for
//! a minute, each six of those one that is kept for five. A window is the whole slices that cover
//! it; the longer ones reach back as far as needed to cover their full length, up to one slice more.

use super::slice::{Packed, Slice, Sums};

/// Slices of each size that are kept, and that make up one of the next size.
const SECONDS: usize = 10;
const TENS: usize = 6;
const MINUTES: usize = 5;

/// Numbers of one window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct WindowStats {
    pub(crate) sums: Sums,
    /// Seconds that it covers.
    pub(crate) seconds: f64,
    pub(crate) p50: u64,
    pub(crate) p95: u64,
    pub(crate) p99: u64,
    pub(crate) p999: u64,
}

impl WindowStats {
    pub(crate) fn of(slice: &Slice, seconds: f64) -> Self {
        Self {
            sums: slice.sums,
            seconds,
            p50: slice.quantile(0.5),
            p95: slice.quantile(0.95),
            p99: slice.quantile(0.99),
            p999: slice.quantile(0.999),
        }
    }
}

/// The slices of one function.
#[derive(Clone, Debug)]
pub(crate) struct Windows {
    seconds: Box<[Packed; SECONDS]>,
    tens: Box<[Packed; TENS]>,
    minutes: Box<[Packed; MINUTES]>,
    /// Which slices of `seconds` and `tens` hold anything: most functions rest most of the time.
    is_idle: bool,
}

impl Windows {
    /// What it keeps on the heap, itself included.
    #[cfg(test)]
    pub(super) const BYTES: usize = size_of::<Self>() + (SECONDS + TENS + MINUTES) * size_of::<Packed>();

    pub(crate) fn new() -> Self {
        Self {
            seconds: Box::new([const { Packed::EMPTY }; SECONDS]),
            tens: Box::new([const { Packed::EMPTY }; TENS]),
            minutes: Box::new([const { Packed::EMPTY }; MINUTES]),
            is_idle: true,
        }
    }

    /// Takes a finished second, the `number`-th of all, and clears it.
    pub(crate) fn finish_second(&mut self, number: u64, second: &mut Slice, scratch: &mut Slice) {
        let at = number as usize;
        let has_calls = second.sums.calls != 0 || second.sums.samples != 0;
        if has_calls || !self.is_idle {
            self.seconds[at % SECONDS] = Packed::of(second);
            second.clear();
            self.is_idle = false;
        }
        if self.is_idle {
            return;
        }
        if at % SECONDS == SECONDS - 1 {
            self.tens[at / SECONDS % TENS] = merged(self.seconds.iter(), scratch);
        }
        if at % (SECONDS * TENS) == SECONDS * TENS - 1 {
            self.minutes[at / SECONDS / TENS % MINUTES] = merged(self.tens.iter(), scratch);
            let empty = |packed: &Packed| packed.sums.calls == 0 && packed.sums.samples == 0;
            self.is_idle =
                self.seconds.iter().all(empty) && self.tens.iter().all(empty) && self.minutes.iter().all(empty);
        }
    }

    /// The four windows after `finished` seconds, shortest first. `scratch` is overwritten.
    pub(crate) fn read(&self, finished: u64, scratch: &mut Slice) -> [WindowStats; 4] {
        let done = finished as usize;
        let last = done.min(1);
        let in_ten = done % SECONDS;
        let tens = (done / SECONDS).min(TENS);
        let in_minute = done / SECONDS % TENS;
        let minutes = (done / SECONDS / TENS).min(MINUTES);
        let second = |back: usize| &self.seconds[(done - 1 - back) % SECONDS];
        let ten = |back: usize| &self.tens[(done / SECONDS - 1 - back) % TENS];
        let minute = |back: usize| &self.minutes[(done / SECONDS / TENS - 1 - back) % MINUTES];
        let of = |slices: &mut dyn Iterator<Item = &Packed>, seconds: usize, scratch: &mut Slice| {
            merge_into(slices, scratch);
            WindowStats::of(scratch, seconds as f64)
        };
        [
            of(&mut (0..last).map(second), last, scratch),
            of(&mut (0..done.min(SECONDS)).map(second), done.min(SECONDS), scratch),
            of(&mut (0..in_ten).map(second).chain((0..tens).map(ten)), in_ten + tens * SECONDS, scratch),
            of(
                &mut (0..in_ten).map(second).chain((0..in_minute.min(TENS)).map(ten)).chain((0..minutes).map(minute)),
                in_ten + in_minute * SECONDS + minutes * TENS * SECONDS,
                scratch,
            ),
        ]
    }

    /// Sums of the last ten seconds, oldest first: what trends are made of.
    pub(crate) fn recent(&self, finished: u64) -> impl Iterator<Item = &Sums> {
        let done = finished as usize;
        let known = done.min(SECONDS);
        (0..known).map(move |at| &self.seconds[(done - known + at) % SECONDS].sums)
    }
}

fn merge_into(slices: &mut dyn Iterator<Item = &Packed>, scratch: &mut Slice) -> Sums {
    scratch.clear();
    for slice in slices {
        scratch.add(slice);
    }
    scratch.sums
}

fn merged<'a>(slices: impl Iterator<Item = &'a Packed>, scratch: &mut Slice) -> Packed {
    merge_into(&mut { slices }, scratch);
    Packed::of(scratch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(seconds: u64) -> (Windows, Slice) {
        let (mut windows, mut second, mut scratch) = (Windows::new(), Slice::new(), Slice::new());
        for number in 0..seconds {
            for _ in 0..=number {
                second.record(1000, 1000.0, 1);
                second.sums.calls += 1;
            }
            windows.finish_second(number, &mut second, &mut scratch);
        }
        (windows, scratch)
    }

    /// What a window says, worked out from every call of the seconds that it covers.
    fn naive(seconds: &[Vec<u64>], covered: usize) -> (u64, f64, u64) {
        let calls: Vec<u64> = seconds[seconds.len() - covered..].iter().flatten().copied().collect();
        let max = calls.iter().copied().max().unwrap_or(0);
        (calls.len() as u64, calls.iter().sum::<u64>() as f64, max)
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

        #[test]
        fn windows_say_what_a_list_of_all_calls_says(
            seconds in proptest::collection::vec(proptest::collection::vec(1_u64..1_000_000_000, 0..4), 1..420)
        ) {
            let (mut windows, mut second, mut scratch) = (Windows::new(), Slice::new(), Slice::new());
            for (number, calls) in seconds.iter().enumerate() {
                for &nanos in calls {
                    second.record(nanos, nanos as f64, 1);
                    second.sums.calls += 1;
                }
                windows.finish_second(number as u64, &mut second, &mut scratch);
            }
            for window in windows.read(seconds.len() as u64, &mut scratch) {
                let (calls, nanos, max) = naive(&seconds, window.seconds as usize);
                assert_eq!((window.sums.calls, window.sums.samples, window.sums.max), (calls, calls, max));
                assert!((window.sums.nanos - nanos).abs() < 1.0);
                assert!(window.p50 <= window.p95 && window.p95 <= window.p99 && window.p99 <= window.p999);
                assert!(window.p999 <= max, "no percentile is above the longest call");
            }
        }
    }

    fn calls_of_last(seconds: u64, total: u64) -> u64 {
        (total - seconds..total).map(|number| number + 1).sum()
    }

    #[test]
    fn every_window_counts_exactly_the_seconds_that_it_says_it_covers() {
        for total in [1, 2, 9, 10, 11, 59, 60, 61, 299, 300, 301, 777] {
            let (windows, mut scratch) = run(total);
            for (window, length) in windows.read(total, &mut scratch).iter().zip([1, 10, 60, 300]) {
                let covered = window.seconds as u64;
                assert!(covered >= length.min(total), "{total}: {covered} of {length}");
                assert!(covered <= length + length / 5, "{total}: {covered} of {length}");
                assert_eq!(window.sums.calls, calls_of_last(covered, total), "after {total} s, {covered} s");
            }
        }
    }

    #[test]
    fn a_window_forgets_what_has_left_it() {
        let (mut windows, mut scratch) = run(5);
        let mut nothing = Slice::new();
        for number in 5..400 {
            windows.finish_second(number, &mut nothing, &mut scratch);
        }
        assert!(windows.read(400, &mut scratch).iter().all(|window| window.sums.calls == 0));
    }
}
