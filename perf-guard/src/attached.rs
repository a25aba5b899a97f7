//! What expanded attributes name, but for the guards themselves. Not for use by hand; it changes without notice.

use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;

use once_cell::sync::OnceCell;
use perf_core::__private::Site;

use crate::error::GuardError;
use crate::name::Name;
use crate::rejected::{Reason, Rejected};
use crate::verdict::Verdict;

/// What a function keeps between calls: a guard, or several, made by the first call.
#[derive(Debug)]
pub struct Kept<T> {
    made: OnceCell<T>,
}

impl<T> Kept<T> {
    /// Not made yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { made: OnceCell::new() }
    }

    /// The guards, made by `make` the first time.
    ///
    /// # Panics
    ///
    /// If an option is an expression whose value cannot be.
    #[inline(always)]
    pub fn get(&self, site: &'static Site, make: impl FnOnce(Name) -> Result<T, GuardError>) -> &T {
        match self.made.get() {
            Some(kept) => kept,
            None => self.make(site, make),
        }
    }

    #[cold]
    #[inline(never)]
    fn make(&self, site: &'static Site, make: impl FnOnce(Name) -> Result<T, GuardError>) -> &T {
        self.made.get_or_init(|| match make(Name::of(site)) {
            Ok(kept) => kept,
            Err(error) => panic!("the guards of {}: {error}", site.name()),
        })
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// A type that can say that a call was refused.
#[diagnostic::on_unimplemented(
    message = "a refused call has to give something back, and `{Self}` cannot say that it was refused",
    label = "cannot say that a call was refused",
    note = "return a `Result<_, E>` where `E: From<perf_runtime::Rejected>`",
    note = "or write `fallback = path` in the attribute: a function of the same arguments"
)]
pub trait Refusable {
    /// The value that says so.
    fn refused(rejected: Rejected) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E: From<Rejected>> Refusable for Result<T, E> {
    #[inline]
    fn refused(rejected: Rejected) -> Self {
        Err(rejected.into())
    }
}

/// A call was refused, and its fallback answers.
#[inline]
pub fn answered(rejected: &Rejected) {
    if rejected.reason() != Reason::TimedOut {
        crate::hopeless::forget();
    }
}

/// What an output is to the guards, as the predicate says.
#[inline(always)]
pub fn verdict_of<T, V: Into<Verdict>>(out: &T, predicate: impl FnOnce(&T) -> V) -> Verdict {
    predicate(out).into()
}

/// The same where the call may have been stopped instead, which is a failure.
#[inline(always)]
pub fn verdict_of_attempt<T, V: Into<Verdict>>(out: &Result<T, Rejected>, predicate: impl FnOnce(&T) -> V) -> Verdict {
    match out {
        Ok(out) => predicate(out).into(),
        Err(_) => Verdict::Failure,
    }
}

/// A boxed future, of the kind that is asked for.
pub fn boxed<F: Future>(future: F) -> Pin<Box<F>> {
    Box::pin(future)
}

/// What a call costs, whatever whole number it is counted in; less than none is none.
#[inline(always)]
pub fn cost(cost: impl TryInto<u64>) -> u64 {
    cost.try_into().unwrap_or(0)
}

/// A key as the limiter of keys tells it from others.
pub fn key_of<K: Hash + ?Sized>(key: &K) -> u64 {
    crate::limiter::key_of(key)
}
