//! What calls tell an adaptive limit.

use std::sync::TryLockError;

use perf_core::__guard::nanos;

use super::Bulkhead;
use super::adaptive::{Adaptive, Sample};
use crate::verdict::Verdict;

impl Bulkhead {
    /// Tells an adaptive limit of a call that is about to leave.
    #[cold]
    #[inline(never)]
    pub(super) fn learn(&self, began: u64, verdict: Verdict) {
        let now = nanos();
        let in_flight = self.in_flight();
        let duration = now.saturating_sub(began);
        self.adapt(|adaptive| adaptive.take(Sample { now, duration, in_flight, verdict }));
    }

    /// Changes an adaptive limit. Does nothing where another thread is at it: one call tells as much as another.
    fn adapt(&self, change: impl FnOnce(&mut Adaptive)) {
        let mut adaptive = match self.0.adaptive.try_lock() {
            Ok(adaptive) => adaptive,
            Err(TryLockError::Poisoned(adaptive)) => adaptive.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let now = self.0.semaphore.word();
        if !now.is_adaptive() {
            return;
        }
        change(&mut adaptive);
        let limit = adaptive.limit();
        if limit != now.limit() {
            self.0.semaphore.set_limit(limit);
            drop(adaptive);
            self.0.semaphore.hand_out();
        }
    }

    /// Nothing may end while calls hang, so those who are refused look at the time too.
    #[cold]
    #[inline(never)]
    pub(super) fn learn_of_refusal(&self) {
        let now = nanos();
        self.adapt(|adaptive| adaptive.end_late_probe(now));
    }
}
