//! A token bucket of which busy threads hold a few permits each, so that most calls touch nothing that
//! another thread writes.
//!
//! A thread that was admitted often takes a *lease*: `lease` permits at once, which it then spends one by
//! one, with a load and a store. So that the bound `burst + rate · w` stays strict, what threads may hold is kept
//! out of the burst meanwhile: with `n` threads leasing, nobody takes from the bucket what would move it
//! further ahead than `burst - n · lease`. In any window the permits that were held when it began are at most
//! `n · lease`, and all others were taken inside it.
//!
//! A thread that leases keeps its share of the burst. It gives that back where it finds the bucket empty soon after it
//! began, as in a burst of calls: then what it spent is still owed, but for what has come in since, which is taken from the
//! bucket once more. Later, giving it back would cost as much as it brings.
//!
//! Leases end with the limits that they were taken under; so does what threads that are gone still held.

use super::Rate;
use super::held::{Held, Own};
use super::scale::Scale;
use super::token_bucket::{Denied, Limits, TokenBucket};
use crate::error::GuardError;
use crate::primitive::{
    AtomicU32, AtomicU64, Mutex,
    Ordering::{Acquire, Relaxed, Release},
    lock,
};

/// A burst is at least so many leases.
const LEASES: u64 = 64;

/// Threads that may lease at a time: a quarter of a burst, all together.
const THREADS: u32 = 16;

/// The largest lease: what finding a new one costs is nothing beside so many calls.
const LARGEST: u64 = 256;

/// The smallest that is worth it.
const SMALLEST: u64 = 8;

/// Calls a second from which on a shared word costs more than it is worth.
const FAST: f64 = 10_000.0;

/// Calls that a thread makes by itself before it takes a lease.
const OFTEN: u32 = 64;

/// Buckets that take turns where the limits change: a call would have to sleep through as many changes less
/// one to meet a bucket that has been put to another use.
const TURNS: usize = 4;

#[derive(Debug)]
pub(super) struct LeasedBucket {
    turns: [Turn; TURNS],
    /// Threads that lease.
    leasing: AtomicU32,
    /// What was set last; held while it is changed.
    set: Mutex<(Rate, u64)>,
}

/// A bucket and its limits.
#[derive(Debug)]
struct Turn {
    limits: LimitsInForce,
    lease: AtomicU64,
    bucket: TokenBucket,
}

/// Limits that are read and set a number at a time: whoever reads them has to see to it that nobody sets them meanwhile.
#[derive(Debug)]
pub(super) struct LimitsInForce {
    scale: [AtomicU64; 3],
    burst: AtomicU64,
}

impl LimitsInForce {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { scale: limits.scale.numbers().map(AtomicU64::new), burst: AtomicU64::new(limits.burst) }
    }

    #[inline(always)]
    pub(super) fn get(&self) -> Limits {
        let [up, shift, permit] = [0, 1, 2].map(|at| self.scale[at].load(Relaxed));
        Limits { scale: Scale::from_numbers([up, shift, permit]), burst: self.burst.load(Relaxed) }
    }

    pub(super) fn set(&self, limits: &Limits) {
        for (number, value) in self.scale.iter().zip(limits.scale.numbers()) {
            number.store(value, Relaxed);
        }
        self.burst.store(limits.burst, Relaxed);
    }
}

impl Turn {
    fn new(limits: &Limits, lease: u64, now: u64) -> Self {
        let (lease, bucket) = (AtomicU64::new(lease), TokenBucket::new(limits, now));
        Self { limits: LimitsInForce::new(limits), lease, bucket }
    }

    #[inline(always)]
    fn limits(&self) -> Limits {
        self.limits.get()
    }
}

/// The limits and the lease that a rate and a burst make.
pub(super) fn limits(rate: Rate, burst: u64) -> Result<(Limits, u64), GuardError> {
    if burst == 0 {
        return Err(GuardError::new("`burst` is 0, and must be at least 1"));
    }
    let scale = Scale::of(rate, burst)?;
    let lease = (burst / LEASES).min(LARGEST);
    let lease = if rate.hertz() < FAST || lease < SMALLEST { 0 } else { lease };
    Ok((Limits { scale, burst: scale.units(burst) }, lease))
}

impl LeasedBucket {
    pub(super) fn new(rate: Rate, burst: u64, now: u64) -> Result<Self, GuardError> {
        let (limits, lease) = limits(rate, burst)?;
        Ok(Self {
            turns: std::array::from_fn(|_| Turn::new(&limits, lease, now)),
            leasing: AtomicU32::new(0),
            set: Mutex::new((rate, burst)),
        })
    }

    /// Takes permits that will be there within `most` nanoseconds. Gives the wait for them.
    #[inline]
    pub(super) fn take(&self, held: &Held, permits: u64, now: u64, most: u64) -> Result<u64, Denied> {
        let turn = &self.turns[held.version.load(Acquire) as usize % TURNS];
        if turn.lease.load(Relaxed) != 0 || self.leasing.load(Acquire) != 0 {
            return self.take_or_lease(held, permits, now, most);
        }
        // Nobody holds anything, and nobody will under these limits.
        match turn.bucket.take_ahead(&turn.limits(), permits, now, most, || 0) {
            Ok(wait) => {
                held.count_taken();
                Ok(wait)
            }
            Err(Denied::Sealed) => self.take_or_lease(held, permits, now, most),
            denied => denied,
        }
    }

    #[inline(never)]
    fn take_or_lease(&self, held: &Held, permits: u64, now: u64, most: u64) -> Result<u64, Denied> {
        let own = held.own();
        loop {
            let version = held.version.load(Acquire);
            let turn = &self.turns[version as usize % TURNS];
            let limits = turn.limits();
            let lease = turn.lease.load(Relaxed);
            let reserved = || limits.scale.units(lease).saturating_mul(u64::from(self.leasing.load(Acquire)));
            if let Some(own) = own.filter(|_| permits == 1 && lease != 0)
                && self.may_lease(own, now)
                && turn.bucket.take_ahead(&limits, lease, now, 0, reserved).is_ok()
            {
                own.renew(version, lease);
                return Ok(0);
            }
            if let Some(own) = own {
                self.stop_leasing(own, turn, &limits, lease, now);
            }
            let taken = turn.bucket.take_ahead(&limits, permits, now, most, reserved);
            if taken == Err(Denied::Sealed) {
                std::hint::spin_loop();
                continue;
            }
            if taken.is_ok() {
                held.count_taken();
                if let Some(own) = own {
                    own.singles.store(own.singles.load(Relaxed).saturating_add(1), Relaxed);
                }
            }
            return taken;
        }
    }

    /// Whether the thread is one of those that lease; it may become one.
    fn may_lease(&self, own: &Own, now: u64) -> bool {
        if own.is_leasing.load(Relaxed) != 0 {
            return true;
        }
        if own.singles.load(Relaxed) < OFTEN {
            return false;
        }
        own.singles.store(0, Relaxed);
        // Seen by all who take from the bucket after this thread has taken its lease.
        let is_free = |leasing| (leasing < THREADS).then_some(leasing + 1);
        let may = self.leasing.fetch_update(Release, Relaxed, is_free).is_ok();
        own.is_leasing.store(u32::from(may), Relaxed);
        own.since.store(now, Relaxed);
        may
    }

    /// The thread's share of the burst is everybody's again, if that is worth what it costs: what has come in since the
    /// thread began to lease, for in some window that may have been spent twice. Its lease is used up.
    #[inline]
    fn stop_leasing(&self, own: &Own, turn: &Turn, limits: &Limits, lease: u64, now: u64) {
        if own.is_leasing.load(Relaxed) == 0 {
            return;
        }
        let since = limits.scale.at(own.since.load(Relaxed));
        let come_in = limits.scale.at(now).wrapping_sub(since);
        if come_in < limits.scale.units(lease) / 2 {
            own.renew(0, 0);
            own.is_leasing.store(0, Relaxed);
            turn.bucket.owe_more(limits, come_in, now);
            self.leasing.fetch_sub(1, Release);
        }
    }

    /// Gives back what a call took that never ran: `since`, or, where that is none, of a lease.
    pub(super) fn give_back(&self, held: &Held, permits: u64, since: Option<u64>, now: u64) {
        let turn = &self.turns[held.version.load(Acquire) as usize % TURNS];
        match since {
            None => held.put_back_leased(turn.lease.load(Relaxed)),
            Some(since) => {
                turn.bucket.give_back(&turn.limits(), permits, since, now);
                held.count_given_back();
            }
        }
    }

    /// The rate and the burst.
    pub(super) fn get(&self) -> (Rate, u64) {
        *lock(&self.set)
    }

    /// Changes them. What is owed stays owed, in permits: nothing is free, and nobody is locked out.
    pub(super) fn set(&self, held: &Held, change: impl FnOnce(&mut (Rate, u64)), now: u64) -> Result<(), GuardError> {
        let mut set = lock(&self.set);
        let mut changed = *set;
        change(&mut changed);
        let (after, lease) = limits(changed.0, changed.1)?;
        let version = held.version.load(Relaxed);
        let turn = &self.turns[version as usize % TURNS];
        let before = turn.limits();
        let next = &self.turns[(version as usize + 1) % TURNS];
        next.limits.set(&after);
        next.lease.store(lease, Relaxed);
        let debt = turn.bucket.seal(&before, now);
        // A smaller burst is owed at most once: more would lock out for longer than it takes to fill.
        next.bucket.owe(&after, after.scale.convert(debt, &before.scale).min(after.burst), now);
        held.version.store(version.wrapping_add(1), Release);
        *set = changed;
        Ok(())
    }

    /// Permits that can be had now, those that threads hold left out.
    pub(super) fn available(&self, held: &Held, now: u64) -> u64 {
        let turn = &self.turns[held.version.load(Acquire) as usize % TURNS];
        let limits = turn.limits();
        limits.burst.saturating_sub(turn.bucket.debt(&limits, now)) / limits.scale.units(1)
    }
}
