//! When slices of time begin and end.

use std::ops::Range;
use std::time::Duration;

/// How long windows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Nanoseconds of a slice: the shortest window.
    slice: u64,
    /// How many times each other window is as long as the one before: so many slices are kept.
    multiples: [u8; 3],
}

impl Layout {
    /// Slices of so many nanoseconds, and how many make the next.
    #[must_use]
    pub const fn new(slice: u64, multiples: [u8; 3]) -> Self {
        Self { slice, multiples }
    }

    /// Of lengths that [`Config::check`](crate::Config::check) allows.
    #[must_use]
    pub fn of(lengths: &[Duration; 4]) -> Self {
        let multiple = |at: usize| (lengths[at + 1].as_nanos() / lengths[at].as_nanos()) as u8;
        Self::new(lengths[0].as_nanos() as u64, [multiple(0), multiple(1), multiple(2)])
    }

    /// How many slices of each size are kept.
    #[must_use]
    pub fn multiples(self) -> [u8; 3] {
        self.multiples
    }

    /// Of the slices of one size, the place of the first among all that are kept, and their number.
    #[must_use]
    pub fn ring(self, level: usize) -> (usize, usize) {
        let before: u8 = self.multiples[..level].iter().sum();
        (usize::from(before), usize::from(self.multiples[level]))
    }

    /// Nanoseconds that so many slices take.
    #[must_use]
    pub fn nanos(self, slices: u64) -> u64 {
        slices * self.slice
    }

    /// Slices after which nothing of before is in any window, nor in what windows will be made of.
    #[must_use]
    pub fn memory(self) -> u64 {
        let [first, second, third] = self.multiples.map(u64::from);
        first * second * (third + 1)
    }
}

/// The slices of all functions, one after the other.
#[derive(Debug)]
pub struct Timeline {
    layout: Layout,
    /// When the first slice began. Times are in nanoseconds since measuring did.
    begun: u64,
    finished: u64,
}

impl Timeline {
    /// One whose first slice begins then.
    #[must_use]
    pub fn new(layout: Layout, begun: u64) -> Self {
        Self { layout, begun, finished: 0 }
    }

    /// How long slices are.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Slices that were finished.
    #[must_use]
    pub fn finished(&self) -> u64 {
        self.finished
    }

    /// Slices that are over, finished or not.
    fn over(&self, now: u64) -> u64 {
        now.saturating_sub(self.begun) / self.layout.slice
    }

    /// Whether there is a slice to be finished.
    #[must_use]
    pub fn is_due(&self, now: u64) -> bool {
        self.over(now) > self.finished
    }

    /// Finishes what is over; gives the numbers of those slices. After a long sleep they are no more
    /// than all windows together remember.
    pub fn finish(&mut self, now: u64) -> Range<u64> {
        let over = self.over(now).max(self.finished);
        let first = self.finished.max(over.saturating_sub(self.layout.memory()));
        self.finished = over;
        first..over
    }

    /// Time since the first slice began.
    #[must_use]
    pub fn age(&self, now: u64) -> Duration {
        Duration::from_nanos(now.saturating_sub(self.begun))
    }

    /// Time until the running slice is over.
    #[must_use]
    pub fn left(&self, now: u64) -> Duration {
        let end = self.begun + self.layout.nanos(self.over(now) + 1);
        Duration::from_nanos(end.saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_is_that_of_its_lengths() {
        assert_eq!(Layout::of(&crate::Config::production().windows), Layout::new(1_000_000_000, [10, 6, 5]));
        assert_eq!(Layout::of(&[250, 750, 1500, 30_000].map(Duration::from_millis)).multiples(), [3, 2, 20]);
    }

    #[test]
    fn every_slice_is_finished_once_and_in_order() {
        let mut timeline = Timeline::new(Layout::new(500, [10, 6, 5]), 10_000);
        assert!(!timeline.is_due(10_499));
        assert_eq!(timeline.left(10_499), Duration::from_nanos(1));
        assert_eq!(timeline.finish(10_499), 0..0);
        assert!(timeline.is_due(11_000));
        assert_eq!(timeline.left(11_000), Duration::from_nanos(500));
        assert_eq!(timeline.finish(11_000), 0..2);
        assert_eq!(timeline.finish(11_700), 2..3);
        assert_eq!(timeline.finish(11_200), 3..3, "a clock that steps back finishes nothing again");
        assert_eq!(timeline.finish(10_000 + 500 * 1_000), 640..1_000, "360 are all that anything remembers");
        assert_eq!((timeline.finished(), timeline.age(12_300)), (1_000, Duration::from_nanos(2_300)));
    }
}
