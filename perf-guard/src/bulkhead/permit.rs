use std::fmt;
use std::mem;
use std::thread;

use super::Bulkhead;
use crate::verdict::Verdict;

/// A slot of a [`Bulkhead`]: dropped, it is given back, to whoever has waited longest.
///
/// One that is leaked keeps its slot.
#[must_use = "dropped at once, it holds no slot while the call runs"]
pub struct Permit<'a> {
    bulkhead: &'a Bulkhead,
    /// When the call began; 0 where nobody wants to know.
    began: u64,
}

impl<'a> Permit<'a> {
    #[inline(always)]
    pub(super) fn new(bulkhead: &'a Bulkhead, began: u64) -> Self {
        Self { bulkhead, began }
    }

    /// Gives the slot back, and says how the call went. That matters to an adaptive limit alone, which learns from
    /// each [`Success`](Verdict::Success); a permit that is dropped counts as one, unless its thread panics.
    #[inline]
    pub fn settle(self, verdict: Verdict) {
        self.bulkhead.leave(self.began, verdict);
        mem::forget(self);
    }

    /// What the slot is given back with, where somebody else sees to that.
    #[inline(always)]
    pub(super) fn into_ticket(self) -> u64 {
        let began = self.began;
        mem::forget(self);
        began
    }

    /// The same slot, to be kept for as long as one likes: by another task, or another thread.
    pub fn into_owned(self) -> OwnedPermit {
        let owned = OwnedPermit { bulkhead: self.bulkhead.clone(), began: self.began };
        mem::forget(self);
        owned
    }
}

impl Drop for Permit<'_> {
    #[inline]
    fn drop(&mut self) {
        self.bulkhead.leave_dropped(self.began);
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Permit").field(self.bulkhead).finish()
    }
}

/// A [`Permit`] that borrows nothing.
#[must_use = "dropped at once, it holds no slot while the call runs"]
#[derive(Debug)]
pub struct OwnedPermit {
    bulkhead: Bulkhead,
    began: u64,
}

impl OwnedPermit {
    /// As [`Permit::settle`].
    pub fn settle(mut self, verdict: Verdict) {
        let began = mem::take(&mut self.began);
        self.bulkhead.learn(began, verdict);
    }
}

impl Drop for OwnedPermit {
    fn drop(&mut self) {
        self.bulkhead.leave_dropped(self.began);
    }
}

/// How a call went whose permit was dropped.
pub(super) fn dropped() -> Verdict {
    if thread::panicking() { Verdict::Failure } else { Verdict::Success }
}
