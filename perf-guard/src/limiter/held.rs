//! What each thread has of a limiter: a lease of permits, if it is a bucket that lends some, and its counts.

use perf_core::__guard::PerThread;

use crate::primitive::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

#[derive(Debug)]
pub(super) struct Held {
    /// Counts changes of the limits: a lease is good under those that it was taken under.
    pub(super) version: AtomicU32,
    of_threads: PerThread<Own>,
}

/// What a thread has.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// The version of the limits in the upper half, permits left of its lease in the lower.
    lease: AtomicU64,
    /// Permits that it took, of which those that are left in the lease were not used.
    taken: AtomicU64,
    /// Whether it is one of those that lease, and since when, in nanoseconds.
    pub(super) is_leasing: AtomicU32,
    /// Calls that took a permit by themselves since it last leased.
    pub(super) singles: AtomicU32,
    pub(super) since: AtomicU64,
    pub(super) counts: Counts,
}

/// What is counted of calls that were refused, or waited.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) limited: AtomicU64,
    pub(super) exceeding: AtomicU64,
    /// Those whose key found no room.
    pub(super) strangers: AtomicU64,
    pub(super) waits: AtomicU64,
    /// Nanoseconds.
    pub(super) waited: AtomicU64,
}

/// Adds to a number that only this thread writes.
#[inline(always)]
pub(super) fn add(number: &AtomicU64, more: u64) {
    number.store(number.load(Relaxed).wrapping_add(more), Relaxed);
}

impl Held {
    pub(super) fn new() -> Self {
        Self { version: AtomicU32::new(0), of_threads: PerThread::new() }
    }

    /// Takes a permit of the thread's lease: true where it has one.
    #[inline(always)]
    pub(super) fn take_leased(&self) -> bool {
        self.of_threads.get().is_some_and(|own| self.take_leased_of(own))
    }

    /// The same, where that can be told without a call.
    #[inline(always)]
    pub(super) fn take_leased_near(&self) -> bool {
        self.of_threads.near().is_some_and(|own| self.take_leased_of(own))
    }

    #[inline(always)]
    fn take_leased_of(&self, own: &Own) -> bool {
        let lease = own.lease.load(Relaxed);
        let is_good = lease as u32 != 0 && (lease >> 32) as u32 == self.version.load(Relaxed);
        if is_good {
            own.lease.store(lease - 1, Relaxed);
        }
        is_good
    }

    /// Puts a permit back into the thread's lease, if that is good and not whole: there it is what it was. Otherwise it is
    /// nobody's any more.
    pub(super) fn put_back_leased(&self, whole: u64) {
        self.with(|own| {
            let lease = own.lease.load(Relaxed);
            let is_good = (lease >> 32) as u32 == self.version.load(Relaxed);
            if is_good && u64::from(lease as u32) < whole.saturating_sub(1) {
                own.lease.store(lease + 1, Relaxed);
            } else {
                add(&own.taken, 1_u64.wrapping_neg());
            }
        });
    }

    /// The running thread's own; none in a thread's last destructors.
    #[inline(always)]
    pub(super) fn own(&self) -> Option<&Own> {
        self.of_threads.get()
    }

    /// Lends the running thread's own, or what serves those that have none.
    #[inline]
    pub(super) fn with(&self, work: impl Fn(&Own)) {
        match self.of_threads.get() {
            Some(own) => work(own),
            None => self.of_threads.shared(work),
        }
    }

    /// A call took a permit, or its like, by itself.
    #[inline]
    pub(super) fn count_taken(&self) {
        self.with(|own| add(&own.taken, 1));
    }

    /// A call that was admitted never ran.
    pub(super) fn count_given_back(&self) {
        self.with(|own| add(&own.taken, 1_u64.wrapping_neg()));
    }

    /// Calls that were admitted.
    pub(super) fn admitted(&self) -> u64 {
        let mut admitted = 0_u64;
        self.each(|own| {
            let left = u64::from(own.lease.load(Acquire) as u32);
            admitted = admitted.wrapping_add(own.taken.load(Relaxed)).wrapping_sub(left);
        });
        admitted
    }

    pub(super) fn each(&self, each: impl FnMut(&Own)) {
        self.of_threads.each(each);
    }
}

impl Own {
    /// The first permit of a new lease is used at once; what is left of the old one never was.
    pub(super) fn renew(&self, version: u32, permits: u64) {
        let left = u64::from(self.lease.load(Relaxed) as u32);
        add(&self.taken, permits.wrapping_sub(left));
        self.lease.store(u64::from(version) << 32 | permits.saturating_sub(1), Release);
    }
}
