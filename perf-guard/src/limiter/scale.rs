//! Time in permits: exact arithmetic for rates from one a year to a thousand million a second.

use super::rate::Rate;
use crate::error::GuardError;

/// Of a time that is given as `nanos × up >> shift`, a permit is `permit` units: chosen for a rate so that the
/// rate is never exceeded, and missed by less than a millionth.
///
/// Rates whose period is a fraction with a small denominator are exact: `up` is that denominator, and a unit is
/// a part of a nanosecond. Others are taken for the nearest lower one of those. Where a burst takes longer to fill than
/// seventy years, units are coarser, so that it fits; rounding against the caller makes up for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    up: u64,
    shift: u32,
    permit: u64,
}

/// The largest denominator: what is nearer to no fraction has a rate that is missed by 4 · 10⁻⁷ at most.
const DENOMINATORS: u128 = 1024;

/// Units of a permit that are enough for a millionth.
const FINE: u64 = 1 << 22;

/// Units that a burst may be, so that differences of times keep their sign.
const LARGEST_BURST: u64 = 1 << 61;

/// A thousand million a second: faster than anything that could be limited.
const FASTEST_PER_NANO: u128 = 1;

impl Scale {
    /// # Errors
    ///
    /// The rate is beyond what a clock of nanoseconds can tell, or the burst beyond what any clock will see.
    pub(super) fn of(rate: Rate, burst: u64) -> Result<Self, GuardError> {
        let (count, nanos) = (u128::from(rate.count()), u128::from(rate.nanos()));
        if count > nanos * FASTEST_PER_NANO {
            return Err(GuardError::new(format!("`rate` is {rate}, and must be at most 1000000000/s")));
        }
        let (mut up, mut permit, mut best) = (1, 1_u64, f64::INFINITY);
        for denominator in 1..=DENOMINATORS {
            let units = (denominator * nanos).div_ceil(count);
            let missed = (units * count - denominator * nanos) as f64 / (denominator * nanos) as f64;
            if missed < best {
                (up, permit, best) = (denominator as u64, units as u64, missed);
            }
            if missed < 4e-7 {
                break;
            }
        }
        let fits = |permit: u64| permit.checked_mul(burst).is_some_and(|units| units <= LARGEST_BURST);
        if fits(permit) {
            return Ok(Self { up, shift: 0, permit });
        }
        let coarser = |shift: u32| permit.div_ceil(1 << shift) + 1;
        let coarsest = (permit / FINE).max(1).ilog2();
        if let Some(shift) = (1..=coarsest).find(|shift| fits(coarser(*shift))) {
            return Ok(Self { up, shift, permit: coarser(shift) });
        }
        let most = LARGEST_BURST / if coarsest == 0 { permit } else { coarser(coarsest) };
        Err(GuardError::new(format!("`burst` is {burst}, and must be at most {most} at this rate")))
    }

    /// The numbers that make it, to be kept one by one.
    pub(super) fn numbers(&self) -> [u64; 3] {
        [self.up, u64::from(self.shift), self.permit]
    }

    /// One of such numbers.
    #[inline(always)]
    pub(super) fn from_numbers([up, shift, permit]: [u64; 3]) -> Self {
        Self { up, shift: shift as u32 & 63, permit }
    }

    /// The units of so many permits; more than any burst where they are more.
    #[inline(always)]
    pub(super) fn units(&self, permits: u64) -> u64 {
        if permits == 1 { self.permit } else { self.permit.saturating_mul(permits) }
    }

    /// A moment. It wraps where nanoseconds times `up` do: after 584 years for most rates, and half a year for
    /// some above a hundred million a second. Differences stay right beyond.
    #[inline(always)]
    pub(super) fn at(&self, nanos: u64) -> u64 {
        if self.shift == 0 {
            return nanos.wrapping_mul(self.up);
        }
        ((u128::from(nanos) * u128::from(self.up)) >> self.shift) as u64
    }

    /// Nanoseconds from `now` until `units` more have passed than at `now`: not one less.
    #[inline]
    pub(super) fn nanos_until(&self, now: u64, units: u64) -> u64 {
        if self.up == 1 && self.shift == 0 { units } else { self.nanos_of(now, units) }
    }

    fn nanos_of(&self, now: u64, units: u64) -> u64 {
        let (now, up) = (u128::from(now), u128::from(self.up));
        let then = ((now * up) >> self.shift) + u128::from(units);
        let nanos = (then << self.shift).div_ceil(up) - now;
        u64::try_from(nanos).unwrap_or(u64::MAX - 1)
    }

    /// So many units of another scale, in this one's: rounded against the caller.
    pub(super) fn convert(&self, units: u64, from: &Self) -> u64 {
        let units = (u128::from(units) * u128::from(self.permit)).div_ceil(u128::from(from.permit));
        u64::try_from(units).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Permits a second over the units of a permit, against the rate.
    fn missed(rate: Rate) -> f64 {
        let scale = Scale::of(rate, 1).unwrap();
        let hertz = scale.up as f64 * 1e9 / (scale.permit as f64 * f64::from(scale.shift).exp2());
        1.0 - hertz / rate.hertz()
    }

    proptest::proptest! {
        #[test]
        fn no_rate_is_exceeded_or_missed_by_a_millionth(count in 1_u64..2_000_000_000, nanos in 1_u64..u64::MAX / 4) {
            let rate = Rate::new(count.min(nanos), Duration::from_nanos(nanos));
            let missed = missed(rate);
            assert!((-1e-12..1e-6).contains(&missed), "{rate}: {missed:e}");
        }

        #[test]
        fn the_wait_is_exact_to_the_nanosecond(
            count in 1_u64..1_000_000, nanos in 1_000_000_u64..u64::MAX / 1024, now in 0..u64::MAX / 1024, units in 1_u64..1 << 40,
            burst in 1_u64..1000
        ) {
            let scale = Scale::of(Rate::new(count, Duration::from_nanos(nanos)), burst).unwrap();
            let wait = scale.nanos_until(now, units);
            if let Some(then) = now.checked_add(wait).filter(|then| *then < u64::MAX / 1024) {
                assert!(scale.at(then) - scale.at(now) >= units);
                assert!(scale.at(then - 1) - scale.at(now) < units, "not a nanosecond too late");
            }
        }
    }

    #[test]
    fn integer_nanosecond_truncation_at_600_million_a_second() {
        assert!(missed(Rate::per_second(600_000_000)).abs() < 1e-12, "5/3 of a nanosecond is exact");
    }

    #[test]
    fn one_an_hour_is_as_right_as_a_thousand_million_a_second() {
        assert!(missed(Rate::per_hour(1)).abs() < 1e-6);
        assert!(missed(Rate::per_second(1_000_000_000)).abs() < 1e-12);
        assert!(Scale::of(Rate::per_second(1_000_000_001), 1).is_err());
    }

    #[test]
    fn burst_times_period_overflowing_64_bits() {
        // A million permits of a day each are more nanoseconds than 64 bits hold.
        let daily = Rate::new(1, Duration::from_secs(86_400));
        let scale = Scale::of(daily, 1_000_000).unwrap();
        assert!(scale.units(1_000_000) <= LARGEST_BURST);
        assert!(scale.nanos_until(0, scale.units(1)).abs_diff(86_400_000_000_000) < 86_400_000_000_000 / 1_000_000);
        let error = Scale::of(daily, u64::MAX).unwrap_err().to_string();
        assert!(error.starts_with("`burst` is 18446744073709551615, and must be at most "), "{error}");
    }
}
