//! An average that forgets.

/// What is older than this counts for a third. Longer, and it takes too long to see an overload; shorter, and what is
/// refused and the load that it is decided by swing against each other, when many times too much is asked: see
/// `simulated.rs`.
const MEMORY_NANOS: f64 = 1e9;

/// An average over about a second. It begins at nothing, so that what a program does in its first moments is
/// no overload yet.
#[derive(Debug, Default)]
pub(super) struct Smooth {
    average: f64,
    at: u64,
}

impl Smooth {
    pub(super) fn new(now: u64) -> Self {
        Self { average: 0.0, at: now }
    }

    /// Adds what was so from the last time on until now. Time that stands still, or goes back, adds nothing.
    pub(super) fn add(&mut self, now: u64, value: f64) -> f64 {
        let elapsed = now.saturating_sub(self.at) as f64;
        self.at = now;
        self.average += (value - self.average) * -f64::exp_m1(-elapsed / MEMORY_NANOS);
        self.average
    }
}

/// For so many turns a value is taken to be what it was where it cannot be read, as when a clock went back.
pub(super) const HOLDS: u32 = 10;

/// An average of what is not always there.
#[derive(Debug)]
pub(super) struct Known {
    smooth: Smooth,
    average: Option<f64>,
    turns_without: u32,
}

impl Known {
    pub(super) fn new(now: u64) -> Self {
        Self { smooth: Smooth::new(now), average: None, turns_without: 0 }
    }

    /// Adds what was so from the last time on, if that is known.
    pub(super) fn add(&mut self, now: u64, value: Option<f64>) -> Option<f64> {
        match value {
            Some(value) => {
                self.average = Some(self.smooth.add(now, value));
                self.turns_without = 0;
            }
            None if self.turns_without < HOLDS => self.turns_without += 1,
            None => *self = Self::new(now),
        }
        self.average
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_same_however_often_it_is_told() {
        let (mut seldom, mut often) = (Smooth::new(0), Smooth::new(0));
        let once = seldom.add(1_000_000_000, 0.5);
        let last = (1..=1000).map(|i| often.add(i * 1_000_000, 0.5)).last().unwrap();
        assert!((once - last).abs() < 1e-9 && (once - 0.5 * 0.632).abs() < 1e-3, "{once} {last}");
    }

    #[test]
    fn time_that_stands_still_or_goes_back_changes_nothing() {
        let mut smooth = Smooth::new(5_000_000_000);
        let before = smooth.add(6_000_000_000, 1.0);
        let is_as_before = |average: f64| average.to_bits() == before.to_bits();
        assert!(is_as_before(smooth.add(6_000_000_000, 0.0)));
        assert!(is_as_before(smooth.add(1, 0.0)));
        assert!(smooth.add(1_000_000_001, 0.0) < before, "it goes on from there");
    }

    #[test]
    fn what_is_not_known_for_a_moment_is_as_it_was_and_then_nobody_knows() {
        let mut known = Known::new(0);
        assert_eq!(known.add(1, None), None);
        let average = known.add(1_000_000_000, Some(0.5));
        assert!((1..=HOLDS).all(|turn| known.add(1_000_000_000 + u64::from(turn), None) == average));
        assert_eq!(known.add(2_000_000_000, None), None);
    }
}
