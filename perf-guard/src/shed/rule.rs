//! How much is refused: arithmetic on loads.

use super::Priority;

/// So many of all calls are refused at most, whatever their priority: the others are how a recovery is seen.
pub(super) const MOST_REFUSED: f64 = 0.99;

/// Shedding ends where the load is lower than `max_load` by this share of it.
const BAND: f64 = 0.1;

/// The severity grows over a range of loads of at least this, where `max_load` is close to 1 itself.
const NARROWEST: f64 = 0.05;

/// How severe the overload is, from 0, none, to 1, all that there can be; `before` is what it was.
///
/// It grows with the load from 0 at `max_load` to 1 at a load of 1, and falls to 0 at nine tenths of `max_load`; what
/// lies between these two lines it stays at, as a gear with play between its teeth does. So a load that swings within
/// the band changes nothing, and neither is there a jump at its ends.
pub(super) fn severity(before: f64, load: f64, max_load: f64) -> f64 {
    let full = f64::max(1.0, max_load + NARROWEST);
    let rising_from = |start: f64| ((load - start) / (full - start)).clamp(0.0, 1.0);
    let (least, most) = (rising_from(max_load), rising_from(max_load * (1.0 - BAND)));
    before.max(least).min(most)
}

/// The share of calls of a priority that is refused.
///
/// Lines through the severities at which each priority is first and wholly refused: low from 0 to 2/3, normal from 0 to
/// 1, high from 1/3 to 1, critical from 2/3 to 1. They are no steeper, because what is refused lowers the load that
/// it is decided by: the steeper, the more the two swing.
pub(super) fn refused(priority: Priority, severity: f64) -> f64 {
    let share = match priority {
        Priority::Low => 1.5 * severity,
        Priority::Normal => severity,
        Priority::High => 1.5 * severity - 0.5,
        Priority::Critical => 3.0 * severity - 2.0,
    };
    share.clamp(0.0, MOST_REFUSED)
}

/// What calls go by: how many of 65,536 calls are refused, for each priority 16 bits, the lowest first. Zero where no
/// call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(pub(super) u64);

impl Word {
    pub(super) fn of(severity: f64) -> Self {
        let part = |priority: Priority| u64::from((refused(priority, severity) * 65_536.0) as u16) << shift(priority);
        Self(Priority::ALL.into_iter().map(part).fold(0, |word, part| word | part))
    }

    /// How many of 65,536 calls.
    #[inline]
    pub(super) fn refused(self, priority: Priority) -> u16 {
        (self.0 >> shift(priority)) as u16
    }
}

#[inline]
fn shift(priority: Priority) -> u32 {
    16 * priority as u32
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn share() -> impl Strategy<Value = f64> {
        prop_oneof![0.0..=1.0_f64, Just(0.0), Just(1.0)]
    }

    fn max_load() -> impl Strategy<Value = f64> {
        prop_oneof![0.001..=1.0_f64, Just(0.8), Just(1.0), Just(f64::MIN_POSITIVE)]
    }

    fn loads() -> impl Strategy<Value = f64> {
        prop_oneof![0.0..=2.0_f64, 0.6..=1.0_f64]
    }

    /// The nearest to `before` of all severities, in steps of 1/10,000, that one might have at this load.
    fn reference(before: f64, load: f64, max_load: f64) -> f64 {
        let full = if max_load > 0.95 { max_load + 0.05 } else { 1.0 };
        // At a severity the load is at most where a rising one brings it about, and at least where a falling one does.
        let fits = |severity: f64| {
            let rising = max_load + severity * (full - max_load);
            let falling = 0.9 * max_load + severity * (full - 0.9 * max_load);
            // The steps are too long for where the lines meet.
            let step = (full - 0.9 * max_load) / 10_000.0;
            (load <= rising + step || severity >= 1.0) && (load >= falling - step || severity <= 0.0)
        };
        let all = (0..=10_000).map(|step| f64::from(step) / 10_000.0).filter(|severity| fits(*severity));
        all.min_by(|one, other| (one - before).abs().total_cmp(&(other - before).abs())).unwrap_or(before)
    }

    proptest! {
        #[test]
        fn the_severity_is_the_nearest_to_the_last_that_fits_the_load(
            before in share(), loads in prop::collection::vec(loads(), 1..5), max_load in 0.05..=1.0_f64
        ) {
            let (mut ours, mut theirs) = (before, before);
            for load in loads {
                ours = severity(ours, load, max_load);
                theirs = reference(theirs, load, max_load);
                prop_assert!((ours - theirs).abs() <= 1e-3, "{ours} for {theirs} at {load}");
                theirs = ours;
            }
        }

        #[test]
        fn more_load_is_never_refused_less(
            before in share(), one in loads(), other in loads(), max_load in max_load()
        ) {
            let (low, high) = (one.min(other), one.max(other));
            let (low, high) = (severity(before, low, max_load), severity(before, high, max_load));
            prop_assert!(low <= high);
            for priority in Priority::ALL {
                prop_assert!(refused(priority, low) <= refused(priority, high));
            }
        }

        #[test]
        fn a_lower_priority_is_never_refused_less(severity in share()) {
            prop_assert!(Priority::ALL.is_sorted_by(|low, high| refused(*low, severity) >= refused(*high, severity)));
            let word = Word::of(severity);
            prop_assert!(Priority::ALL.is_sorted_by(|low, high| word.refused(*low) >= word.refused(*high)));
        }

        #[test]
        fn one_of_a_hundred_is_admitted_whatever_the_load_and_the_priority(
            loads in prop::collection::vec(prop_oneof![loads(), Just(f64::INFINITY), Just(f64::MAX)], 1..20),
            max_load in max_load(),
        ) {
            let mut now = 0.0;
            for load in loads {
                now = severity(now, load, max_load);
                for priority in Priority::ALL {
                    prop_assert!(f64::from(Word::of(now).refused(priority)) <= 65_536.0 * 0.99);
                }
            }
        }

        #[test]
        fn a_load_that_swings_within_the_band_changes_nothing(
            before in share(), swings in prop::collection::vec(0.0..=1.0_f64, 1..50), max_load in max_load()
        ) {
            // The loads that fit a severity, from where it would fall to where it would rise.
            let full = f64::max(1.0, max_load + 0.05);
            let falls = 0.9 * max_load + before * (full - 0.9 * max_load);
            let rises = max_load + before * (full - max_load);
            let mut now = before;
            for swing in swings {
                now = severity(now, falls + swing * (rises - falls), max_load);
                prop_assert!((now - before).abs() < 1e-9);
            }
        }

        #[test]
        fn what_a_word_says_is_the_share_that_was_put_in(severity in share()) {
            for priority in Priority::ALL {
                let share = f64::from(Word::of(severity).refused(priority)) / 65_536.0;
                prop_assert!((share - refused(priority, severity)).abs() < 1.0 / 65_536.0);
            }
        }
    }

    #[test]
    fn refusing_begins_above_max_load_and_ends_a_tenth_below() {
        let refuses = |before, load| severity(before, load, 0.8) > 0.0;
        assert!(!refuses(0.0, 0.79) && !refuses(0.0, 0.8));
        assert!(refuses(0.0, 0.81));
        assert!(refuses(0.05, 0.75) && refuses(0.05, 0.73));
        assert!(!refuses(0.05, 0.72) && !refuses(1.0, 0.72));
    }

    #[test]
    fn at_all_that_there_is_all_but_a_trickle_is_refused() {
        for max_load in [0.1, 0.8, 0.95] {
            let worst = severity(0.0, 1.0, max_load);
            assert!((worst - 1.0).abs() < 1e-9);
            assert!(Priority::ALL.into_iter().all(|priority| (refused(priority, worst) - 0.99).abs() < 1e-9));
        }
    }

    #[test]
    fn priorities_are_refused_one_after_the_other() {
        let at =
            |load| Priority::ALL.map(|priority| (100.0 * refused(priority, severity(0.0, load, 0.8))).round() as u32);
        assert_eq!(at(0.80), [0, 0, 0, 0]);
        assert_eq!(at(0.84), [30, 20, 0, 0]);
        assert_eq!(at(0.90), [75, 50, 25, 0]);
        assert_eq!(at(0.96), [99, 80, 70, 40]);
        assert_eq!(at(1.00), [99, 99, 99, 99]);
    }

    #[test]
    fn all_of_a_machine_in_use_is_not_too_much_where_all_may_be_used() {
        assert!(severity(0.0, 1.0, 1.0) <= 0.0);
        assert!(severity(0.0, 2.0, 1.0) >= 1.0);
    }
}
