use std::marker::PhantomData;
use std::mem;

use super::lane::Here;
use super::strand;
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
        let token = if lane.lane().tick() { strand::begin(lane, site) } else { 0 };
        Self { site, token, thread: PhantomData }
    }

    /// The body came to its end with something that is no error.
    #[inline(always)]
    pub fn returned(self) {
        if self.token != 0 {
            strand::finish_timed(self.token);
        }
        mem::forget(self);
    }

    /// The body came to its end; an error is counted.
    #[inline(always)]
    pub(super) fn ended(self, is_error: bool) {
        // One branch for both, into a function that cannot unwind.
        if (self.token != 0) | is_error {
            strand::finish(self.site, self.token, is_error);
        }
        mem::forget(self);
    }

    /// The body only made a future, which is a call when it is polled.
    #[cold]
    pub(super) fn withdrawn(self) -> &'static Site {
        strand::withdraw(self.site, self.token);
        let site = self.site;
        mem::forget(self);
        site
    }
}

impl Drop for Call {
    /// Every other way out forgets the guard, so this one is a panic's.
    #[inline(always)]
    fn drop(&mut self) {
        strand::unwound(self.site, self.token);
    }
}

/// One call of a function whose caller its panics should name (`#[track_caller]`), which no closure
/// may come between: how it ends is looked at when the guard is dropped.
#[derive(Debug)]
pub struct Tracked {
    call: mem::ManuallyDrop<Call>,
    /// Whether the thread was unwinding already, so that a panic inside can be told.
    was_panicking: bool,
    is_error: bool,
}

impl Tracked {
    /// As [`Call::enter`]. `is_error` is how a call counts that leaves without [`Self::ends`].
    #[inline(always)]
    #[must_use]
    pub fn enter(lane: Here, site: &'static Site, is_error: bool) -> Self {
        let was_panicking = std::thread::panicking();
        Self { call: mem::ManuallyDrop::new(Call::enter(lane, site)), was_panicking, is_error }
    }

    /// The body is about to end with this.
    #[inline(always)]
    pub fn ends(&mut self, is_error: bool) {
        self.is_error = is_error;
    }
}

impl Drop for Tracked {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: taken once, here.
        let call = unsafe { mem::ManuallyDrop::take(&mut self.call) };
        if std::thread::panicking() && !self.was_panicking {
            drop(call);
        } else {
            call.ended(self.is_error);
        }
    }
}

/// Runs a body as a closure that is known to be called once, so that what it borrows from its
/// arguments may leave with its value.
#[inline(always)]
pub fn invoke<T>(body: impl FnOnce() -> T) -> T {
    body()
}
