//! Never more than so many in any window of a length: strictly, because the time of each of the last calls
//! is kept. A call may run if the one so many before it began a window ago.
//!
//! The times are in a ring. A call claims the next place by putting its time there, and only then does
//! the head move on, helped by whoever finds it behind. So nobody waits for anybody, and a time is there before
//! it is needed.

use super::Rate;
use super::token_bucket::Denied;
use crate::error::GuardError;
use crate::primitive::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed},
};

#[derive(Debug)]
pub(super) struct SlidingWindow {
    limit: AtomicU64,
    nanos: AtomicU64,
    /// Calls so far.
    head: AtomicU64,
    /// When each of the last calls began: its lowest bit tells the laps apart.
    times: Box<[AtomicU64]>,
}

/// Calls whose times are kept, at most: eight bytes each.
const MOST: u64 = 1 << 20;

/// The lowest bit of a time of this lap.
fn lap_bit(index: u64, length: u64) -> u64 {
    1 ^ ((index / length) & 1)
}

impl SlidingWindow {
    /// # Errors
    ///
    /// The limit is more than times can be kept for.
    pub(super) fn new(rate: Rate) -> Result<Self, GuardError> {
        let limit = rate.count();
        if limit > MOST {
            return Err(GuardError::new(format!(
                "`rate` is {rate}, and a sliding window keeps the time of each call: at most {MOST} a window\n\
                 take `algorithm = \"token_bucket\"` for more"
            )));
        }
        // Room for a limit that is doubled while it runs.
        let length = (limit * 2).min(MOST);
        let times = (0..length).map(|_| AtomicU64::new(0)).collect();
        let nanos = AtomicU64::new(rate.nanos());
        Ok(Self { limit: AtomicU64::new(limit), nanos, head: AtomicU64::new(0), times })
    }

    /// Takes one permit.
    pub(super) fn take(&self, now: u64) -> Result<(), Denied> {
        let length = self.times.len() as u64;
        loop {
            let (limit, nanos) = (self.limit.load(Relaxed), self.nanos.load(Relaxed));
            let head = self.head.load(Acquire);
            let place = &self.times[(head % length) as usize];
            let seen = place.load(Acquire);
            if seen & 1 == lap_bit(head, length) {
                // Somebody has claimed it, and not moved on yet.
                let _ = self.head.compare_exchange(head, head + 1, AcqRel, Relaxed);
                continue;
            }
            let before = |by: u64| {
                let at = head.checked_sub(by)?;
                Some(self.times[(at % length) as usize].load(Acquire) & !1)
            };
            // Of two calls the later one never has the earlier time, whatever the clocks say.
            let time = (now.saturating_add(1) & !1).max(before(1).unwrap_or(0));
            let free = before(limit).map_or(0, |oldest| oldest.saturating_add(nanos));
            if now < free {
                // Unless what was read belongs to another lap by now.
                if self.head.load(Acquire) == head {
                    return Err(Denied::For(free - now));
                }
                continue;
            }
            let stamp = time | lap_bit(head, length);
            if place.compare_exchange(seen, stamp, AcqRel, Relaxed).is_ok() {
                let _ = self.head.compare_exchange(head, head + 1, AcqRel, Relaxed);
                return Ok(());
            }
        }
    }

    /// Takes several, one by one. Where others are quicker, those that were taken stay taken.
    pub(super) fn take_all(&self, permits: u64, now: u64) -> Result<(), Denied> {
        let limit = self.limit.load(Relaxed);
        if permits > limit {
            return Err(Denied::Forever);
        }
        if permits > 1 {
            let head = self.head.load(Acquire);
            let length = self.times.len() as u64;
            // The last of them is the first to be refused.
            if let Some(at) = (head + permits - 1).checked_sub(limit) {
                let oldest = self.times[(at % length) as usize].load(Acquire) & !1;
                let free = oldest.saturating_add(self.nanos.load(Relaxed));
                if now < free {
                    return Err(Denied::For(free - now));
                }
            }
        }
        (0..permits).try_for_each(|_| self.take(now))
    }

    /// Goes by another rate; the times stay.
    ///
    /// # Errors
    ///
    /// There is no room for the times of so many.
    pub(super) fn set(&self, rate: Rate) -> Result<(), GuardError> {
        let most = self.times.len() as u64;
        if rate.count() > most {
            return Err(GuardError::new(format!(
                "`rate` is {rate}, and this sliding window has room for {most} calls: twice what it was made for"
            )));
        }
        self.limit.store(rate.count(), Relaxed);
        self.nanos.store(rate.nanos(), Relaxed);
        Ok(())
    }

    /// The rate in force.
    pub(super) fn rate(&self) -> Rate {
        Rate::new(self.limit.load(Relaxed), std::time::Duration::from_nanos(self.nanos.load(Relaxed)))
    }

    /// Permits that can be had now, at least.
    pub(super) fn available(&self, now: u64) -> u64 {
        let (limit, nanos) = (self.limit.load(Relaxed), self.nanos.load(Relaxed));
        let (head, length) = (self.head.load(Acquire), self.times.len() as u64);
        let is_in = |by: &u64| {
            head.checked_sub(*by)
                .is_some_and(|at| (self.times[(at % length) as usize].load(Acquire) & !1).saturating_add(nanos) > now)
        };
        limit - (1..=limit).take_while(is_in).count() as u64
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::time::Duration;

    use super::*;

    proptest::proptest! {
        #[test]
        fn no_window_wherever_it_begins_has_more_than_the_limit(
            limit in 1_u64..10, halves in 1_u64..500, steps in proptest::collection::vec(0_u64..150, 1..300)
        ) {
            let nanos = halves * 2;
            let window = SlidingWindow::new(Rate::new(limit, Duration::from_nanos(nanos))).unwrap();
            let mut now = 0;
            let mut admitted: Vec<u64> = Vec::new();
            for step in steps {
                // A time is kept to two nanoseconds.
                now += step * 2;
                let in_window = admitted.iter().filter(|then| now - **then < nanos).count() as u64;
                match window.take(now) {
                    Ok(()) => {
                        assert!(in_window < limit);
                        admitted.push(now);
                    }
                    Err(Denied::For(wait)) => {
                        assert!(in_window >= limit, "refused without need");
                        assert!(window.take(now + wait - 1).is_err());
                        now += wait;
                        assert_eq!(window.take(now), Ok(()));
                        admitted.push(now);
                    }
                    Err(_) => unreachable!(),
                }
            }
        }

        #[test]
        fn time_that_goes_back_lets_in_no_more(times in proptest::collection::vec(0_u64..2000, 1..200)) {
            let window = SlidingWindow::new(Rate::new(3, Duration::from_nanos(100))).unwrap();
            let (mut latest, mut admitted) = (0, 0);
            for now in times {
                latest = latest.max(now);
                admitted += u64::from(window.take(now).is_ok());
                assert!(admitted <= 3 * (latest / 100 + 1));
            }
        }
    }

    #[test]
    fn it_goes_round_its_ring_many_times() {
        let window = SlidingWindow::new(Rate::new(3, Duration::from_nanos(100))).unwrap();
        for lap in 0..50 {
            let now = lap * 100 + 2;
            assert_eq!((0..10).filter(|_| window.take(now).is_ok()).count(), 3, "{lap}");
        }
    }

    #[test]
    fn another_limit_keeps_what_was_counted() {
        let window = SlidingWindow::new(Rate::new(2, Duration::from_nanos(100))).unwrap();
        assert_eq!((0..10).filter(|_| window.take(2).is_ok()).count(), 2);
        window.set(Rate::new(4, Duration::from_nanos(100))).unwrap();
        assert_eq!((0..10).filter(|_| window.take(4).is_ok()).count(), 2);
        window.set(Rate::new(1, Duration::from_nanos(100))).unwrap();
        assert_eq!(window.take(101), Err(Denied::For(3)));
        assert!(window.set(Rate::new(5, Duration::from_nanos(100))).is_err(), "no room");
    }
}

#[cfg(all(test, loom))]
mod models {
    use std::time::Duration;

    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    #[test]
    fn threads_that_claim_at_once_never_get_more_than_the_limit() {
        crate::primitive::model(|| {
            let window = Arc::new(SlidingWindow::new(Rate::new(1, Duration::from_nanos(100))).unwrap());
            let other = thread::spawn({
                let window = window.clone();
                move || usize::from(window.take(2).is_ok()) + usize::from(window.take(4).is_ok())
            });
            let own = usize::from(window.take(2).is_ok());
            assert_eq!(own + other.join().unwrap(), 1);
        });
    }
}
