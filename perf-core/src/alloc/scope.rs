use std::marker::PhantomData;

use super::counters::{self, Counters, Saved, Taken};
use crate::callsite::Site;

/// One call, whose allocations are counted from here until it is dropped, also by a panic.
///
/// All that it puts aside is in it: calls may be as deep as the stack is.
#[derive(Debug)]
pub struct Scope {
    site: &'static Site,
    open: Open,
}

/// A part of a thread's time: a call, or a poll of one.
pub(super) struct Open {
    /// None where the thread has no counters any more.
    saved: Option<Saved>,
    /// It is closed on the thread that opened it.
    thread: PhantomData<*const ()>,
}

impl Open {
    #[inline]
    pub(super) fn enter() -> Self {
        Self { saved: counters::with(Counters::enter), thread: PhantomData }
    }

    /// What happened since. Where it does not `count`, that belongs to the call around.
    #[inline]
    pub(super) fn leave(&mut self, counts: bool) -> Taken {
        let saved = self.saved.take();
        saved.and_then(|saved| counters::with(|counters| counters.leave(&saved, counts))).unwrap_or_default()
    }
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Open").finish_non_exhaustive()
    }
}

impl Scope {
    /// A call of `site`'s function begins.
    #[inline]
    #[must_use]
    pub fn enter(site: &'static Site) -> Self {
        Self { site, open: Open::enter() }
    }

    /// It only made a future, which is a call when it is polled.
    pub(crate) fn withdrawn(mut self) {
        self.open.leave(false);
        std::mem::forget(self);
    }
}

impl Drop for Scope {
    #[inline]
    fn drop(&mut self) {
        ended(self);
    }
}

/// Out of the functions that are measured, and unable to unwind.
#[inline(never)]
extern "C" fn ended(scope: &mut Scope) {
    let taken = scope.open.leave(true);
    record(scope.site, taken);
}

/// A call has ended that did this much.
pub(super) fn record(site: &'static Site, taken: Taken) {
    if let Some(totals) = site.totals() {
        totals.add(taken);
    }
}

/// Runs a body as a closure that is known to be called once, as [`invoke`](crate::call::invoke) does, in a scope.
#[inline(always)]
pub fn scoped<T>(site: &'static Site, body: impl FnOnce() -> T) -> T {
    let _scope = Scope::enter(site);
    body()
}
