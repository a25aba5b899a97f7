use crate::alloc;
use crate::alloc::totals::Sum;
use crate::callsite::Site;

/// What the calls of a `#[profiled(alloc)]` function allocated, exactly, of all that have ended.
///
/// [The module](crate::alloc) says what counts as an allocation, and whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Allocations {
    sum: Sum,
}

/// What is known of a function's allocations.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    /// Nobody asked.
    No,
    /// Somebody did, but nothing counts them.
    Unknown,
    Known(Allocations),
}

impl Asked {
    pub(super) fn of(site: &Site) -> Self {
        match site.totals() {
            None => Self::No,
            Some(totals) if alloc::is_installed() => Self::Known(Allocations { sum: totals.read() }),
            Some(_) => Self::Unknown,
        }
    }

    pub(super) fn known(&self) -> Option<&Allocations> {
        match self {
            Self::Known(allocations) => Some(allocations),
            Self::No | Self::Unknown => None,
        }
    }

    pub(super) fn count_from(&mut self, then: &Self) {
        if let (Self::Known(now), Some(then)) = (self, then.known()) {
            *now = now.since(then);
        }
    }
}

impl Allocations {
    /// Calls that have ended: those that the numbers are of.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.sum.calls
    }

    /// Allocations of all calls together, with those of the functions that they called. What a call allocates inside
    /// another of the same function is in both.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.sum.count
    }

    /// Bytes that these asked for.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.sum.bytes
    }

    /// Allocations of all calls together, without those of other `#[profiled(alloc)]` calls inside them. Added up over
    /// all functions, nothing is in it twice.
    #[must_use]
    pub fn own_count(&self) -> u64 {
        self.sum.own_count
    }

    /// Bytes that these asked for.
    #[must_use]
    pub fn own_bytes(&self) -> u64 {
        self.sum.own_bytes
    }

    /// Allocations of a call, on average; 0 before the first has ended.
    #[must_use]
    pub fn per_call(&self) -> f64 {
        self.each(self.sum.count)
    }

    /// Bytes that a call asked for, on average.
    #[must_use]
    pub fn bytes_per_call(&self) -> f64 {
        self.each(self.sum.bytes)
    }

    /// Its own allocations of a call, on average.
    #[must_use]
    pub fn own_per_call(&self) -> f64 {
        self.each(self.sum.own_count)
    }

    /// Bytes that these asked for, on average.
    #[must_use]
    pub fn own_bytes_per_call(&self) -> f64 {
        self.each(self.sum.own_bytes)
    }

    /// The most bytes by which live memory rose during any one call, above what it was when that began.
    ///
    /// Between two snapshots, this and the largest calls are of all calls so far where those before were larger.
    #[must_use]
    pub fn peak_live_bytes(&self) -> u64 {
        self.sum.peak
    }

    /// The most allocations that any one call made, with those of the functions that it called.
    #[must_use]
    pub fn most_per_call(&self) -> u64 {
        self.sum.most_count
    }

    /// The most bytes that any one call asked for in all.
    #[must_use]
    pub fn most_bytes_per_call(&self) -> u64 {
        self.sum.most_bytes
    }

    fn each(&self, sum: u64) -> f64 {
        if self.sum.calls == 0 { 0.0 } else { sum as f64 / self.sum.calls as f64 }
    }

    fn since(&self, then: &Self) -> Self {
        let (now, then) = (&self.sum, &then.sum);
        let calls = now.calls.saturating_sub(then.calls);
        if calls == 0 {
            return Self { sum: Sum::default() };
        }
        let sum = Sum {
            calls,
            count: now.count.saturating_sub(then.count),
            bytes: now.bytes.saturating_sub(then.bytes),
            own_count: now.own_count.saturating_sub(then.own_count),
            own_bytes: now.own_bytes.saturating_sub(then.own_bytes),
            ..*now
        };
        Self { sum }
    }
}
