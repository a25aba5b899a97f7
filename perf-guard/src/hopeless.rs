//! Failures that another attempt cannot mend: a guard has refused, or somebody further in has tried again
//! already, and given up.
//!
//! What a failed call gives is the user's own error by then, which need not say where it comes from. So such
//! failures are counted per thread, and whoever wants to try again looks whether there was one meanwhile.

use std::cell::Cell;

thread_local! {
    static COUNT: Cell<u32> = const { Cell::new(0) };
}

/// One came to pass on this thread.
#[inline]
pub(crate) fn note() {
    // A thread that is torn down tries nothing again.
    _ = COUNT.try_with(|count| count.set(count.get().wrapping_add(1)));
}

/// One was answered: nobody further out hears of it.
#[inline]
pub(crate) fn forget() {
    _ = COUNT.try_with(|count| count.set(count.get().wrapping_sub(1)));
}

/// Those of this thread that were not answered: for comparing, it may wrap.
#[inline]
pub(crate) fn noted() -> u32 {
    COUNT.try_with(Cell::get).unwrap_or(0)
}
