use std::fmt;
use std::mem;

use super::{CircuitBreaker, Ticket, dropped};
use crate::verdict::Verdict;

/// A call that a breaker has let in. Dropped without a word, it says nothing, unless by a panic, which is a failure.
#[must_use = "dropped at once, the call says nothing"]
pub struct BreakerPermit<'a> {
    breaker: &'a CircuitBreaker,
    ticket: Ticket,
}

impl<'a> BreakerPermit<'a> {
    pub(super) fn new(breaker: &'a CircuitBreaker, ticket: Ticket) -> Self {
        Self { breaker, ticket }
    }

    /// The call did what it should.
    pub fn success(self) {
        self.settle(Verdict::Success);
    }

    /// What the call depends on is not well.
    pub fn failure(self) {
        self.settle(Verdict::Failure);
    }

    /// Says what the call is.
    #[inline]
    pub fn settle(self, verdict: Verdict) {
        self.breaker.leave(self.ticket, verdict);
        mem::forget(self);
    }
}

impl Drop for BreakerPermit<'_> {
    fn drop(&mut self) {
        self.breaker.leave(self.ticket, dropped());
    }
}

impl fmt::Debug for BreakerPermit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerPermit").finish_non_exhaustive()
    }
}
