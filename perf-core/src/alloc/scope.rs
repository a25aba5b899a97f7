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
    #[inline(always)]
    pub(super) fn enter() -> Self {
        Self { saved: counters::with(Counters::enter), thread: PhantomData }
    }

    /// What happened since; the last that is done with it. Where it does not `count`, that belongs to the call around.
    #[inline(always)]
    pub(super) fn leave(&self, counts: bool) -> Taken {
        let saved = self.saved.as_ref();
        saved.and_then(|saved| counters::with(|counters| counters.leave(saved, counts))).unwrap_or_default()
    }
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Open").finish_non_exhaustive()
    }
}

impl Scope {
    /// A call of `site`'s function begins.
    #[inline(always)]
    #[must_use]
    pub fn enter(site: &'static Site) -> Self {
        Self { site, open: Open::enter() }
    }

    /// It only made a future, which is a call when it is polled.
    pub(crate) fn withdrawn(self) {
        self.open.leave(false);
        std::mem::forget(self);
    }
}

impl Drop for Scope {
    #[inline(always)]
    fn drop(&mut self) {
        ended(self);
    }
}

/// Out of the functions that are measured, and unable to unwind.
#[inline(never)]
extern "C" fn ended(scope: &Scope) {
    let taken = scope.open.leave(true);
    record(scope.site, taken);
}

/// A call has ended that did this much.
#[inline(always)]
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
