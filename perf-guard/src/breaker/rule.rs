//! When enough has gone wrong.

use super::outcomes::Sums;

/// One-sided confidence of 95 %, and of 80 %.
pub(super) const SURE: f64 = 1.645;
pub(super) const LIKELY: f64 = 0.842;

/// Whether a share of `part` in `whole` is too much.
///
/// Where the user says how many calls are enough, the share is compared with the rate as it is. Otherwise the
/// lower end of its confidence interval is (Wilson, "Probable inference, the law of succession, and statistical
/// inference", 1927): the breaker opens where it is 95 % sure that the true share is beyond the rate, be it after five failures in a
/// row or after hundreds of calls of which a few more failed than may.
pub(super) fn is_beyond(part: u64, whole: u64, rate: f64, enough: Enough) -> bool {
    match enough {
        Enough::Calls(calls) => whole >= calls && part as f64 >= rate * whole as f64,
        Enough::Sure(least, z) => whole >= least && lower_end(part as f64, whole as f64, z) >= rate,
    }
}

/// How many calls there have to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Enough {
    /// As many as the user says.
    Calls(u64),
    /// As many as it takes to be so sure, in standard deviations, and no fewer than these.
    Sure(u64, f64),
}

fn lower_end(part: f64, whole: f64, z: f64) -> f64 {
    if whole == 0.0 {
        return 0.0;
    }
    let share = part / whole;
    let centre = share + z * z / (2.0 * whole);
    let spread = z * (share * (1.0 - share) / whole + z * z / (4.0 * whole * whole)).sqrt();
    (centre - spread) / (1.0 + z * z / whole)
}

/// The share of a window that went wrong, for those who read it.
pub(super) fn share(part: u64, sums: &Sums) -> f64 {
    if sums.calls == 0 { 0.0 } else { part as f64 / sums.calls as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_error_out_of_ten_must_not_trip_micro() {
        assert!(!is_beyond(1, 10, 0.1, Enough::Sure(5, SURE)));
        assert!(!is_beyond(10, 100, 0.1, Enough::Sure(5, SURE)), "exactly the rate is not beyond it");
        assert!(is_beyond(16, 100, 0.1, Enough::Sure(5, SURE)));
        assert!(!is_beyond(1, 1, 0.1, Enough::Sure(5, SURE)), "one call says nothing");
    }

    #[test]
    fn where_health_is_falling_less_is_enough_and_one_error_of_ten_still_is_not() {
        let likely = Enough::Sure(5, LIKELY);
        assert!(!is_beyond(12, 80, 0.1, Enough::Sure(5, SURE)) && is_beyond(12, 80, 0.1, likely));
        assert!(!is_beyond(1, 10, 0.1, likely));
        assert!(!is_beyond(10, 100, 0.1, likely));
    }

    #[test]
    fn an_outage_is_told_from_a_few_calls() {
        for rate in [0.1, 0.2, 0.4, 0.6] {
            let is_told = |calls| is_beyond(calls, calls, rate, Enough::Sure(5, SURE));
            assert!(!is_told(4) && is_told(5), "at a rate of {rate}");
        }
    }

    #[test]
    fn a_number_of_calls_that_the_user_gives_is_enough() {
        assert!(is_beyond(1, 10, 0.1, Enough::Calls(10)));
        assert!(!is_beyond(1, 9, 0.1, Enough::Calls(10)));
    }
}
