//! Rolling windows, each a whole multiple of the one before: by default of a second, and of ten, sixty
//! and three hundred.
//!
//! How they are made of slices, [`Rings`] knows.

use std::ops::Range;
use std::time::Duration;

use super::rings::Rings;
use super::slice::{Packed, Slice, Sums};
use super::timeline::Layout;

/// Numbers of one window.
#[derive(Clone, Copy, Default)]
pub(crate) struct WindowStats {
    pub(crate) sums: Sums,
    /// The time that it covers.
    pub(crate) span: Duration,
    pub(crate) p50: u64,
    pub(crate) p95: u64,
    pub(crate) p99: u64,
    pub(crate) p999: u64,
}

impl WindowStats {
    pub(crate) fn of(slice: &Slice, span: Duration) -> Self {
        let [p50, p95, p99, p999] = slice.quantiles([0.5, 0.95, 0.99, 0.999]);
        Self { sums: slice.sums, span, p50, p95, p99, p999 }
    }
}

/// The slices of one function.
#[derive(Clone, Debug)]
pub(crate) struct Windows {
    rings: Rings<Packed>,
    /// All of them are empty: most functions rest most of the time.
    is_idle: bool,
}

impl Windows {
    pub(crate) fn new(layout: Layout) -> Self {
        Self { rings: Rings::new(layout, Packed::EMPTY), is_idle: true }
    }

    pub(crate) fn layout(&self) -> Layout {
        self.rings.layout()
    }

    /// What it keeps on the heap, itself included.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(self.rings.all())
    }

    /// Takes a finished slice, the `number`-th of all, and clears it.
    pub(crate) fn finish_slice(&mut self, number: u64, slice: &mut Slice, scratch: &mut Slice) {
        let has_calls = slice.sums.calls != 0 || slice.sums.samples != 0;
        if !has_calls && self.is_idle {
            return;
        }
        let finished = Packed::of(slice);
        slice.clear();
        self.rings.finish(number, finished, &mut |slices| {
            scratch.clear();
            for slice in slices {
                scratch.add(slice);
            }
            Packed::of(scratch)
        });
        self.is_idle = self.rings.all().iter().all(|slice| slice.sums.calls == 0 && slice.sums.samples == 0);
    }

    /// The four windows after `finished` slices, shortest first. `scratch` is overwritten.
    pub(crate) fn read(&self, finished: u64, scratch: &mut Slice) -> [WindowStats; 4] {
        let mut stats = [WindowStats::default(); 4];
        for (window, stats) in stats.iter_mut().enumerate() {
            scratch.clear();
            let covered = self.rings.window(window, finished, &mut |slice| scratch.add(slice));
            *stats = WindowStats::of(scratch, Duration::from_nanos(covered));
        }
        stats
    }

    /// The slices that the longest window is made of, oldest first: when each began and ended, in nanoseconds since windows
    /// did, and what is in it.
    pub(crate) fn parts(&self, finished: u64) -> Vec<(Range<u64>, &Packed)> {
        let nanos = |slices: u64| self.layout().nanos(slices);
        let parts = self.rings.parts(finished).into_iter();
        parts.map(|(covers, slice)| (nanos(covers.start)..nanos(covers.end), slice)).collect()
    }

    /// Sums of the shortest slices that are kept, oldest first: what trends are made of.
    pub(crate) fn recent(&self, finished: u64) -> impl Iterator<Item = &Sums> {
        let (ring, done) = (self.rings.ring(0), finished as usize);
        let known = done.min(ring.len());
        (0..known).map(move |at| &ring[(done - known + at) % ring.len()].sums)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DEFAULT: Layout = Layout::new(1_000_000_000, [10, 6, 5]);

    fn run(layout: Layout, slices: u64) -> (Windows, Slice) {
        let (mut windows, mut running, mut scratch) = (Windows::new(layout), Slice::new(), Slice::new());
        for number in 0..slices {
            for _ in 0..=number {
                running.record(1000, 1000.0, 1);
                running.sums.calls += 1;
            }
            windows.finish_slice(number, &mut running, &mut scratch);
        }
        (windows, scratch)
    }

    /// What a window says, worked out from every call of the slices that it covers.
    fn naive(slices: &[Vec<u64>], covered: usize) -> (u64, f64, u64) {
        let calls: Vec<u64> = slices[slices.len() - covered..].iter().flatten().copied().collect();
        let max = calls.iter().copied().max().unwrap_or(0);
        (calls.len() as u64, calls.iter().sum::<u64>() as f64, max)
    }

    /// Windows as short as they may be, and a few times as long.
    fn layouts() -> impl Strategy<Value = Layout> {
        (100_000_000..3_000_000_000_u64, 3..12_u8, 2..8_u8, 2..8_u8)
            .prop_map(|(slice, a, b, c)| Layout::new(slice, [a, b, c]))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn windows_say_what_a_list_of_all_calls_says(
            layout in layouts(),
            slices in prop::collection::vec(prop::collection::vec(1_u64..1_000_000_000, 0..4), 1..420)
        ) {
            let (mut windows, mut running, mut scratch) = (Windows::new(layout), Slice::new(), Slice::new());
            for (number, calls) in slices.iter().enumerate() {
                for &nanos in calls {
                    running.record(nanos, nanos as f64, 1);
                    running.sums.calls += 1;
                }
                windows.finish_slice(number as u64, &mut running, &mut scratch);
            }
            let [a, b, c] = layout.multiples().map(usize::from);
            let lengths = [(1, 0), (a, 0), (a * b, a), (a * b * c, a * b)];
            for (window, (length, more)) in windows.read(slices.len() as u64, &mut scratch).iter().zip(lengths) {
                let covered = (window.span.as_nanos() / u128::from(layout.nanos(1))) as usize;
                prop_assert_eq!(window.span, Duration::from_nanos(layout.nanos(covered as u64)));
                prop_assert!(covered >= length.min(slices.len()) && covered <= length + more);
                let (calls, nanos, max) = naive(&slices, covered);
                prop_assert_eq!((window.sums.calls, window.sums.samples, window.sums.max), (calls, calls, max));
                prop_assert!((window.sums.nanos - nanos).abs() < 1.0);
                prop_assert!(window.p50 <= window.p95 && window.p95 <= window.p99 && window.p99 <= window.p999);
                prop_assert!(window.p999 <= max, "no percentile is above the longest call");
            }
            let parts = windows.parts(slices.len() as u64);
            let longest = windows.read(slices.len() as u64, &mut scratch)[3];
            prop_assert_eq!(parts.iter().map(|(when, _)| when.end - when.start).sum::<u64>(), longest.span.as_nanos() as u64);
            prop_assert!(parts.windows(2).all(|pair| pair[0].0.end == pair[1].0.start), "one follows the other");
            for (when, slice) in parts {
                let [from, to] = [when.start, when.end].map(|nanos| (nanos / layout.nanos(1)) as usize);
                let calls = slices[from..to].iter().map(|calls| calls.len() as u64).sum::<u64>();
                prop_assert_eq!(slice.sums.calls, calls, "what happened then, and nothing else");
                prop_assert_eq!(slice.ranges().map(|(_, weight)| weight).sum::<u64>(), calls);
            }
            let recent: Vec<u64> = windows.recent(slices.len() as u64).map(|sums| sums.calls).collect();
            let expected: Vec<u64> = slices.iter().rev().take(a).rev().map(|calls| calls.len() as u64).collect();
            prop_assert_eq!(recent, expected);
        }
    }

    fn calls_of_last(slices: u64, total: u64) -> u64 {
        (total - slices..total).map(|number| number + 1).sum()
    }

    #[test]
    fn every_window_counts_exactly_the_seconds_that_it_says_it_covers() {
        for total in [1, 2, 9, 10, 11, 59, 60, 61, 299, 300, 301, 777] {
            let (windows, mut scratch) = run(DEFAULT, total);
            for (window, length) in windows.read(total, &mut scratch).iter().zip([1, 10, 60, 300]) {
                let covered = window.span.as_secs();
                assert!(covered >= length.min(total), "{total}: {covered} of {length}");
                assert!(covered <= length + length / 5, "{total}: {covered} of {length}");
                assert_eq!(window.sums.calls, calls_of_last(covered, total), "after {total} s, {covered} s");
            }
        }
    }

    #[test]
    fn a_window_forgets_what_has_left_it() {
        for layout in [DEFAULT, Layout::new(100_000_000, [3, 2, 20])] {
            let (mut windows, mut scratch) = run(layout, 5);
            let mut nothing = Slice::new();
            let until = 5 + layout.memory();
            for number in 5..until {
                windows.finish_slice(number, &mut nothing, &mut scratch);
            }
            assert!(windows.read(until, &mut scratch).iter().all(|window| window.sums.calls == 0));
        }
    }
}
