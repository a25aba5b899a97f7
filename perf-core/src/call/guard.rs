use std::marker::PhantomData;
use std::mem;

use super::lane::Here;
use super::slow;
use crate::callsite::Site;

/// One call of a synchronous function, from entry to exit.
///
/// All that is live across an unsampled body is `token`, which is zero. The guard's address never
/// escapes on that path, so it stays in a register.
#[derive(Debug)]
pub struct Call {
    site: &'static Site,
    /// The frame that this call opened, counted from one; 0 where it is not timed.
    token: u32,
    /// A call ends on the thread that began it.
    thread: PhantomData<*const ()>,
}

impl Call {
    /// Counts the call and, where it is one of the sampled, starts its clock.
    ///
    /// `lane` must be the calling thread's lane of `site`, which is what the attribute passes.
    #[inline(always)]
    #[must_use]
    pub fn enter(lane: Here, site: &'static Site) -> Self {
        let token = if lane.lane().tick() { slow::begin(lane, site) } else { 0 };
        Self { site, token, thread: PhantomData }
    }

    /// A call that `lane` has counted already, and [found due](Here::count).
    #[must_use]
    pub fn due(lane: Here, site: &'static Site) -> Self {
        Self { site, token: slow::begin(lane, site), thread: PhantomData }
    }

    /// A call that `lane` has counted already, and that is not timed.
    #[inline(always)]
    #[must_use]
    pub fn counted(site: &'static Site) -> Self {
        Self { site, token: 0, thread: PhantomData }
    }

    /// It has ended well, and was not timed: there is nothing to be told.
    #[inline(always)]
    pub fn forgotten(self) {
        debug_assert!(self.token == 0, "a timed call has to be told");
        mem::forget(self);
    }

    /// The body came to its end with something that is no error.
    #[inline(always)]
    pub fn returned(self) {
        if self.token != 0 {
            slow::finish_timed(self.token);
        }
        mem::forget(self);
    }

    /// The body came to its end; an error is counted.
    #[inline(always)]
    pub(super) fn ended(self, is_error: bool) {
        // One branch for both, into a function that cannot unwind.
        if (self.token != 0) | is_error {
            slow::finish(self.site, self.token, is_error);
        }
        mem::forget(self);
    }

    /// The body only made a future, which is a call when it is polled.
    #[cold]
    pub(super) fn withdrawn(self) -> &'static Site {
        slow::withdraw(self.site, self.token);
        let site = self.site;
        mem::forget(self);
        site
    }
}

impl Drop for Call {
    /// Every other way out forgets the guard, so this one is a panic's.
    #[inline(always)]
    fn drop(&mut self) {
        slow::unwound(self.site, self.token);
    }
}

/// One call of a function that no closure may surround, be it that its panics should name its
/// caller (`#[track_caller]`), be it that only its signature tells what it gives back. The call ends
/// when the guard is dropped, unless it was taken before.
#[derive(Debug)]
pub struct Tracked {
    call: Option<Call>,
    /// Whether the thread was unwinding already, so that a panic inside can be told.
    was_panicking: bool,
    is_error: bool,
}

impl Tracked {
    /// As [`Call::enter`]. `is_error` is how a call counts that leaves without [`Self::take`].
    #[inline(always)]
    #[must_use]
    pub fn enter(lane: Here, site: &'static Site, is_error: bool) -> Self {
        let was_panicking = std::thread::panicking();
        Self { call: Some(Call::enter(lane, site)), was_panicking, is_error }
    }

    /// The call itself, to be ended with what the body gave back.
    ///
    /// # Panics
    ///
    /// If it was taken before, which no body can bring about: it returns once.
    #[inline(always)]
    pub fn take(&mut self) -> Call {
        self.call.take().expect("a body returns once")
    }
}

impl Drop for Tracked {
    #[inline(always)]
    fn drop(&mut self) {
        let Some(call) = self.call.take() else { return };
        if std::thread::panicking() && !self.was_panicking {
            drop(call);
        } else {
            call.ended(self.is_error);
        }
    }
}

/// What the branch gives that is never taken.
///
/// # Panics
///
/// Always, were it called.
#[cold]
#[must_use]
pub fn never<T>() -> T {
    unreachable!("the other branch is taken")
}

/// Runs a body as a closure that is known to be called once, so that what it borrows from its
/// arguments may leave with its value.
#[inline(always)]
pub fn invoke<T>(body: impl FnOnce() -> T) -> T {
    body()
}
