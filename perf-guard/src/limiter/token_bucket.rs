//! The generic cell rate algorithm (ITU-T I.371, as a virtual scheduling algorithm) in one atomic word.
//!
//! The word is the moment at which the bucket is full again, in the units of [`Scale`]. A call moves it by
//! what it costs, and may run if that does not move it further than a burst beyond now. So over any time
//! `w`, no more than `burst + rate · w` are admitted: the moment is never less than now before a call, and
//! never more than now and a burst after it.

use super::scale::Scale;
use crate::primitive::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

/// How far ahead of now the word may be at most, a burst and what the clock has jumped back. What seems
/// further ahead is behind: the bucket has not been used for years.
const AHEAD: u64 = 1 << 62;

/// What the word is of a bucket that is out of use.
const SEALED: u64 = u64::MAX;

/// The state of a bucket; what it goes by is handed in.
#[derive(Debug)]
pub(super) struct TokenBucket {
    full_at: AtomicU64,
}

/// What a bucket goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) scale: Scale,
    /// In units of the scale.
    pub(super) burst: u64,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// The same call, alone, is admitted after so many nanoseconds, and not one earlier.
    For(u64),
    /// It costs more than a burst.
    Forever,
    /// The bucket is out of use; there is another.
    Sealed,
}

impl TokenBucket {
    /// A full one.
    pub(super) fn new(limits: &Limits, now: u64) -> Self {
        Self { full_at: AtomicU64::new(limits.scale.at(now)) }
    }

    /// Takes `permits`, or leaves all as it is.
    #[cfg(test)]
    pub(super) fn take(&self, limits: &Limits, permits: u64, now: u64) -> Result<(), Denied> {
        self.take_ahead(limits, permits, now, 0, || 0).map(|_| ())
    }

    /// Takes `permits` that will be there within `most` nanoseconds. Gives the wait for them: until then they are
    /// nobody's, but nobody else can have them.
    ///
    /// `reserved` tells the units of the burst that are spoken for. It is asked after the word was read, so that
    /// whoever reserves more before he takes from it is seen by all who take after him.
    #[inline(always)]
    pub(super) fn take_ahead(
        &self,
        limits: &Limits,
        permits: u64,
        now: u64,
        most: u64,
        reserved: impl Fn() -> u64,
    ) -> Result<u64, Denied> {
        let units = limits.scale.units(permits);
        if units > limits.burst {
            return Err(Denied::Forever);
        }
        let at = limits.scale.at(now);
        let mut full_at = self.full_at.load(Acquire);
        loop {
            if full_at == SEALED {
                return Err(Denied::Sealed);
            }
            let burst = limits.burst.saturating_sub(reserved());
            let next = later(full_at, at).wrapping_add(units);
            let ahead = next.wrapping_sub(at);
            let mut wait = 0;
            if ahead > burst {
                wait = limits.scale.nanos_until(now, ahead - burst);
                if wait > most {
                    return Err(Denied::For(wait));
                }
            }
            match self.full_at.compare_exchange_weak(full_at, next, AcqRel, Acquire) {
                Ok(_) => return Ok(wait),
                Err(others) => full_at = others,
            }
        }
    }

    /// Gives back what was taken `since` for a call that never ran, less what has come in in the meantime: that has paid for
    /// it, and might be spent twice.
    pub(super) fn give_back(&self, limits: &Limits, permits: u64, since: u64, now: u64) {
        let come_in = limits.scale.at(now.max(since)).wrapping_sub(limits.scale.at(since));
        let units = limits.scale.units(permits).saturating_sub(come_in);
        // Nothing is given back to a bucket that is out of use: what it was owed was owed to the next one too.
        let less = |full_at: u64| (full_at != SEALED).then(|| full_at.wrapping_sub(units));
        let _ = self.full_at.fetch_update(AcqRel, Acquire, less);
    }

    /// Takes units out of it, whether they are there or not.
    pub(super) fn owe_more(&self, limits: &Limits, units: u64, now: u64) {
        let at = limits.scale.at(now);
        let more = |full_at: u64| (full_at != SEALED).then(|| later(full_at, at).wrapping_add(units));
        let _ = self.full_at.fetch_update(AcqRel, Acquire, more);
    }

    /// Takes the bucket out of use. Gives how many units ahead of now it was: none if it was full.
    pub(super) fn seal(&self, limits: &Limits, now: u64) -> u64 {
        ahead(limits, self.full_at.swap(SEALED, AcqRel), now)
    }

    /// Takes the bucket out of use, if it is full and nobody else has done so.
    pub(super) fn seal_if_full(&self, limits: &Limits, now: u64) -> bool {
        let full_at = self.full_at.load(Acquire);
        let is_full = full_at != SEALED && ahead(limits, full_at, now) == 0;
        is_full && self.full_at.compare_exchange(full_at, SEALED, AcqRel, Relaxed).is_ok()
    }

    /// How many units ahead of now it is: none if it is full.
    pub(super) fn debt(&self, limits: &Limits, now: u64) -> u64 {
        ahead(limits, self.full_at.load(Acquire), now)
    }

    /// Makes it one of other limits that owes as many permits.
    pub(super) fn owe(&self, limits: &Limits, debt: u64, now: u64) {
        self.full_at.store(limits.scale.at(now).wrapping_add(debt), Release);
    }
}

fn ahead(limits: &Limits, full_at: u64, now: u64) -> u64 {
    let at = limits.scale.at(now);
    later(full_at, at).wrapping_sub(at)
}

/// The later of two moments, of which the first is at most [`AHEAD`] ahead.
#[inline(always)]
fn later(full_at: u64, at: u64) -> u64 {
    if full_at.wrapping_sub(at) <= AHEAD { full_at } else { at }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::limiter::Rate;

    fn limits(rate: Rate, burst: u64) -> Limits {
        let scale = Scale::of(rate, burst).unwrap();
        Limits { scale, burst: scale.units(burst) }
    }

    fn bucket(limits: &Limits) -> TokenBucket {
        TokenBucket::new(limits, 0)
    }

    proptest! {
        /// For every admitted call and every one before it: no more between them than `burst + rate · w`.
        #[test]
        fn no_window_ever_has_more_than_a_burst_and_the_rate(
            count in 1_u64..1000, nanos in 1_000_u64..10_000_000_000, burst in 1_u64..20,
            steps in prop::collection::vec((0_u64..1 << 36, 1_u64..5), 1..200)
        ) {
            let limits = limits(Rate::new(count, Duration::from_nanos(nanos)), burst);
            let bucket = bucket(&limits);
            let mut now = 0;
            let mut admitted: Vec<(u64, u64)> = Vec::new();
            for (step, cost) in steps {
                // Many short steps, some long ones.
                now += step >> (step % 37);
                if bucket.take(&limits, cost, now).is_ok() {
                    admitted.push((now, cost));
                    let mut sum = 0;
                    for (then, cost) in admitted.iter().rev() {
                        sum += cost;
                        let by_rate = u128::from(now - then) * u128::from(count);
                        prop_assert!(u128::from(sum - burst.min(sum)) * u128::from(nanos) <= by_rate);
                    }
                }
            }
        }

        #[test]
        fn the_wait_it_tells_is_exact_and_being_refused_changes_nothing(
            count in 1_u64..1000, nanos in 1_000_u64..10_000_000_000, burst in 1_u64..20, steps in prop::collection::vec((0_u64..1 << 34, 1_u64..25), 1..50)
        ) {
            let limits = limits(Rate::new(count, Duration::from_nanos(nanos)), burst);
            let bucket = bucket(&limits);
            let mut now = 0;
            for (step, cost) in steps {
                now += step >> (step % 35);
                let before = bucket.full_at.load(Relaxed);
                match bucket.take(&limits, cost, now) {
                    Ok(()) => {}
                    Err(Denied::Sealed) => unreachable!("nobody has sealed it"),
                    Err(Denied::Forever) => prop_assert!(cost > burst && bucket.full_at.load(Relaxed) == before),
                    Err(Denied::For(wait)) => {
                        prop_assert_eq!(bucket.full_at.load(Relaxed), before);
                        prop_assert_eq!(bucket.take(&limits, cost, now + wait - 1), Err(Denied::For(1)));
                        now += wait;
                        prop_assert_eq!(bucket.take(&limits, cost, now), Ok(()));
                    }
                }
            }
        }

        #[test]
        fn a_clock_that_stands_still_or_jumps_admits_no_more_than_a_burst_ahead_of_its_latest_time(
            burst in 1_u64..20, times in prop::collection::vec(0_u64..1 << 40, 1..100)
        ) {
            let limits = limits(Rate::per_second(1000), burst);
            let bucket = bucket(&limits);
            let mut latest = 0;
            let mut admitted = 0;
            for now in times {
                latest = latest.max(now);
                while bucket.take(&limits, 1, now).is_ok() {
                    admitted += 1;
                }
                prop_assert!(admitted <= burst + latest / 1_000_000);
                // However far back it jumped, once it is where it was the bucket is as it was.
                prop_assert!(bucket.debt(&limits, latest) <= limits.burst);
            }
        }
    }

    #[test]
    fn fractions_lost_on_refill_when_polled_often() {
        // Three a second, asked every nanosecond thousand: as many as if asked seldom.
        let limits = limits(Rate::per_second(3), 1);
        let bucket = bucket(&limits);
        let admitted = (0..10_000_000_u64).filter(|step| bucket.take(&limits, 1, step * 1000).is_ok()).count();
        assert_eq!(admitted, 30);
    }

    #[test]
    fn unlimited_tokens_after_long_idle() {
        let limits = limits(Rate::per_second(600_000_000), 5);
        let bucket = bucket(&limits);
        for now in [0, 3_600_000_000_000, u64::MAX / 8] {
            assert_eq!((0..100).filter(|_| bucket.take(&limits, 1, now).is_ok()).count(), 5);
        }
    }

    #[test]
    fn the_long_run_rate_is_right_whatever_the_interval_of_asking() {
        for rate in [Rate::per_second(7), Rate::per_second(123_457), Rate::per_minute(1_000_003)] {
            for interval in [997, 10_007, 1_000_003] {
                let limits = limits(rate, 1000);
                let bucket = bucket(&limits);
                let (mut now, mut admitted) = (0, 0_u64);
                for _ in 0..200_000 {
                    now += interval;
                    while bucket.take(&limits, 1, now).is_ok() {
                        admitted += 1;
                    }
                }
                // It was full until it was first asked.
                let expected = rate.hertz() * (now - interval) as f64 / 1e9 + 1000.0;
                assert!((admitted as f64 - expected).abs() <= expected * 1e-6 + 1.0, "{rate}: {admitted}, {expected}");
            }
        }
    }

    #[test]
    fn a_permit_that_is_given_back_late_is_no_second_one() {
        let limits = limits(Rate::per_second(10), 1);
        let bucket = bucket(&limits);
        let tenth = 100_000_000;
        assert_eq!(bucket.take(&limits, 1, 0), Ok(()));
        // What it took has come in again, and is spent.
        assert_eq!(bucket.take(&limits, 1, tenth), Ok(()));
        bucket.give_back(&limits, 1, 0, tenth);
        assert_eq!(bucket.take(&limits, 1, tenth), Err(Denied::For(tenth)));
        // Half of what this one took has.
        bucket.give_back(&limits, 1, tenth, tenth * 3 / 2);
        assert_eq!(bucket.take(&limits, 1, tenth * 3 / 2), Ok(()));
        assert_eq!(bucket.take(&limits, 1, tenth * 2), Err(Denied::For(tenth / 2)));
    }

    #[test]
    fn permits_taken_ahead_are_there_when_the_wait_is_over_and_given_back_they_are_anybodys() {
        let limits = limits(Rate::per_second(10), 1);
        let bucket = bucket(&limits);
        let tenth = 100_000_000;
        assert_eq!(bucket.take_ahead(&limits, 1, 0, u64::MAX, || 0), Ok(0));
        assert_eq!(bucket.take_ahead(&limits, 1, 0, u64::MAX, || 0), Ok(tenth));
        assert_eq!(bucket.take_ahead(&limits, 1, 0, u64::MAX, || 0), Ok(2 * tenth), "in turn");
        assert_eq!(bucket.take_ahead(&limits, 1, 0, tenth, || 0), Err(Denied::For(3 * tenth)), "too long to wait for");
        bucket.give_back(&limits, 1, 0, 0);
        assert_eq!(bucket.take_ahead(&limits, 1, 0, u64::MAX, || 0), Ok(2 * tenth));
    }
}

#[cfg(all(test, loom))]
mod models {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;
    use crate::limiter::Rate;

    #[test]
    fn two_threads_never_take_more_than_there_is() {
        crate::primitive::model(|| {
            let scale = Scale::of(Rate::per_second(1), 3).unwrap();
            let limits = Limits { scale, burst: scale.units(3) };
            let bucket = Arc::new(TokenBucket::new(&limits, 0));
            let take = move |bucket: Arc<TokenBucket>| (0..2).filter(|_| bucket.take(&limits, 1, 0).is_ok()).count();
            let other = thread::spawn({
                let bucket = bucket.clone();
                move || take(bucket)
            });
            assert_eq!(take(bucket) + other.join().unwrap(), 3);
        });
    }
}
