//! Calls that have begun and not ended, of functions that ask for it.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::task::{Context, Poll};

use super::outcome::Ended;

/// How many calls of a function are in flight, and how many there were at most.
///
/// Both are exact, so all threads share them: a call takes two atomic additions, and one more instruction
/// that writes where it makes a new peak.
#[derive(Debug)]
pub struct Flight {
    now: AtomicU64,
    peak: AtomicU64,
}

impl Flight {
    /// Nothing is in flight.
    #[must_use]
    pub const fn new() -> Self {
        Self { now: AtomicU64::new(0), peak: AtomicU64::new(0) }
    }

    /// A call begins.
    #[inline]
    pub fn begin(&'static self) -> Aloft {
        let now = self.now.fetch_add(1, SeqCst) + 1;
        if now > self.peak.load(SeqCst) {
            self.peak.fetch_max(now, SeqCst);
        }
        Aloft(self)
    }

    /// Calls in flight, and the most that there were since the start or the last [`reset`](Self::reset).
    pub(crate) fn read(&self) -> (u64, u64) {
        let now = self.now.load(SeqCst);
        // Who begins between the two has not told yet.
        (now, self.peak.load(SeqCst).max(now))
    }

    /// The peak begins anew. A call that begins meanwhile either finds the old peak gone, or is in `now`.
    pub(crate) fn reset(&self) {
        self.peak.store(0, SeqCst);
        self.peak.fetch_max(self.now.load(SeqCst), SeqCst);
    }
}

impl Default for Flight {
    fn default() -> Self {
        Self::new()
    }
}

/// A call in flight; it ends when this is dropped, as a panic does too.
#[derive(Debug)]
#[must_use = "the call ends when this is dropped"]
pub struct Aloft(&'static Flight);

impl Drop for Aloft {
    #[inline]
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, SeqCst);
    }
}

/// A future that is in flight from its first poll until it ends or is dropped.
pub struct Flying<F> {
    state: State,
    future: F,
}

enum State {
    New(&'static Flight),
    Aloft(#[expect(dead_code, reason = "dropped at the end")] Aloft),
    Over,
}

impl<F> Flying<F> {
    /// Counts `future`, once it is polled.
    pub fn new(flight: &'static Flight, future: F) -> Self {
        Self { state: State::New(flight), future }
    }
}

impl<F: Future> Future for Flying<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: nothing is moved out; `future` is pinned where it is, the rest is never pinned.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: as above.
        let future = unsafe { Pin::new_unchecked(&mut this.future) };
        if let State::New(flight) = this.state {
            this.state = State::Aloft(flight.begin());
        }
        // A panic ends the call, though nobody may drop the future for a while.
        let mut ends = Ends { state: &mut this.state, is_over: true };
        let poll = future.poll(context);
        ends.is_over = poll.is_ready();
        poll
    }
}

struct Ends<'a> {
    state: &'a mut State,
    is_over: bool,
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        if self.is_over {
            *self.state = State::Over;
        }
    }
}

impl<F> fmt::Debug for Flying<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flying").finish_non_exhaustive()
    }
}

/// The end of a call's flight where its value may be a boxed future.
pub trait Grounded {
    /// The type itself.
    type Value;
    /// The call is over.
    fn ground(self, aloft: Aloft) -> Self::Value;
}

impl<T> Grounded for Ended<T> {
    type Value = T;

    #[inline(always)]
    fn ground(self, aloft: Aloft) -> T {
        drop(aloft);
        self.0
    }
}

/// A boxed future is a call when it is polled; that it was made is none.
macro_rules! boxed {
    ($($auto:ident)*) => {
        impl<'a, T> Ended<Pin<Box<dyn Future<Output = T> $(+ $auto)* + 'a>>> {
            /// Counts the future instead of its making, for one allocation more.
            pub fn ground(self, aloft: Aloft) -> Pin<Box<dyn Future<Output = T> $(+ $auto)* + 'a>> {
                let flying: Pin<Box<dyn Future<Output = T> $(+ $auto)* + '_>> =
                    Box::pin(Flying::new(aloft.0, self.0));
                // SAFETY: only the lifetime changes, back to that of the future in it; all else in it lives
                // as long. Written without a detour, it would take `T: 'a`, which nobody has promised.
                unsafe { std::mem::transmute(flying) }
            }
        }
    };
}

boxed!();
boxed!(Send);
boxed!(Send Sync);
