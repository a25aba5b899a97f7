use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::counters::Taken;
use super::scope::{Open, record};
use crate::call::{Here, Measured};
use crate::callsite::Site;

/// A future whose polls are scopes, polled in place: 64 bytes more than `F`.
///
/// It is a call from its first poll on. What it has done so far is in it, so that it may be polled by any thread. A
/// future that is dropped before its end has done what it has done.
pub struct Scoped<F> {
    site: &'static Site,
    so_far: SoFar,
    future: F,
}

/// The sums over a future's polls.
#[derive(Default)]
struct SoFar {
    taken: Taken,
    stage: Stage,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Stage {
    /// Not polled yet.
    #[default]
    New,
    Begun,
    /// It has ended, in whatever way, and is recorded.
    Over,
}

impl SoFar {
    fn add(&mut self, poll: Taken) {
        let Self { taken, .. } = self;
        taken.all = taken.all.plus(poll.all);
        taken.own = taken.own.plus(poll.own);
        // The poll began with what was left of those before it.
        taken.peak = taken.peak.max(taken.live.saturating_add(poll.peak));
        taken.live = taken.live.wrapping_add(poll.live);
    }

    fn end(&mut self, site: &'static Site) {
        self.stage = Stage::Over;
        record(site, self.taken);
    }
}

/// Sees a poll that panics.
struct Polling<'a> {
    open: Open,
    site: &'static Site,
    so_far: &'a mut SoFar,
}

impl Polling<'_> {
    fn close(&mut self) {
        let poll = self.open.leave(true);
        self.so_far.add(poll);
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        self.close();
        self.so_far.end(self.site);
    }
}

impl<F> Scoped<F> {
    pub(crate) fn new(site: &'static Site, future: F) -> Self {
        Self { site, so_far: SoFar::default(), future }
    }
}

/// Measures `future` once it is polled, as [`Measured::new`] does, and what it allocates.
#[inline(always)]
pub fn measured<S, F, P>(site: S, future: F, probe: P) -> Scoped<Measured<S, F, P>>
where
    S: Fn() -> (&'static Site, Here),
    F: Future,
    P: Fn(&F::Output) -> bool,
{
    let (of, _) = site();
    Scoped::new(of, Measured::new(site, future, probe))
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: nothing is moved out; `future` is pinned where it is, the rest is never pinned.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: as above.
        let future = unsafe { Pin::new_unchecked(&mut this.future) };
        if this.so_far.stage == Stage::Over {
            // Polled again after its end: a call ends once.
            return future.poll(context);
        }
        this.so_far.stage = Stage::Begun;
        let mut polling = Polling { open: Open::enter(), site: this.site, so_far: &mut this.so_far };
        let poll = future.poll(context);
        polling.close();
        std::mem::forget(polling);
        if poll.is_ready() {
            this.so_far.end(this.site);
        }
        poll
    }
}

impl<F> Drop for Scoped<F> {
    fn drop(&mut self) {
        if self.so_far.stage == Stage::Begun {
            self.so_far.end(self.site);
        }
    }
}

impl<F> fmt::Debug for Scoped<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scoped").finish_non_exhaustive()
    }
}
