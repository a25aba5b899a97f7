//! What expanded attributes name, but for the guards themselves. Not for use by hand; it changes without notice.

use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;

use once_cell::sync::OnceCell;
use perf_core::__guard::uncounted;
use perf_core::__private::{Call, Here, Site};

use crate::error::GuardError;
use crate::name::Name;
use crate::rejected::{Reason, Rejected};
use crate::stage::{Permit, Stage};
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
        // What guards are made of is none of what the call allocates in which they are.
        uncounted(|| {
            self.made.get_or_init(|| match make(Name::of(site)) {
                Ok(kept) => kept,
                Err(error) => panic!("the guards of {}: {error}", site.name()),
            })
        })
    }
}

/// What a guarded function is made of, beside its body.
struct Parts<G: 'static, Make, Lane, Settle, Judge> {
    kept: &'static Kept<G>,
    site: &'static Site,
    make: Make,
    lane: Lane,
    settle: Settle,
    judge: Judge,
}

/// Runs a body if the guards let it, measures it, and tells them how it ended.
///
/// The way of most calls is in a line, and calls nothing but the body: so nothing need be kept on the stack for it.
/// Wherever it turns off, it does not come back.
///
/// `make` makes the guards, `lane` finds the running thread's lane, `settle` ends the measured call with what the body
/// gave, `is_error` says whether that is an error, and `judge` what it is to the guards.
#[allow(clippy::too_many_arguments, reason = "closures are known for what they are only as arguments")]
#[inline(always)]
pub fn passed<G: Stage, T, V: Into<Verdict>>(
    kept: &'static Kept<G>,
    site: &'static Site,
    make: impl FnOnce(Name) -> Result<G, GuardError>,
    lane: impl Fn() -> Here,
    settle: impl Fn(T, Call) -> T,
    is_error: impl Fn(&T) -> bool,
    judge: impl Fn(&T) -> V,
    input: G::Input,
    body: impl FnOnce() -> T,
    refused: impl FnOnce(Rejected) -> T,
) -> T {
    let Some(stage) = kept.made.get() else {
        return slowly(Parts { kept, site, make, lane, settle, judge }, input, body, refused);
    };
    let Some(ticket) = stage.enter_fast(&input) else {
        return slowly(Parts { kept, site, make, lane, settle, judge }, input, body, refused);
    };
    let permit = Permit::of(stage, ticket);
    let here = lane();
    if here.count() {
        return timed(permit, here, site, settle, judge, body);
    }
    let call = Call::counted(site);
    let out = body();
    let verdict = judge(&out).into();
    if verdict == Verdict::Success && !is_error(&out) && permit.leaves_fast() {
        call.forgotten();
        permit.leave_fast();
        return out;
    }
    ended(permit, call, verdict, settle, out)
}

/// The guards have to be made, or asked at length.
#[cold]
#[inline(never)]
fn slowly<G, T, V, Make, Lane, Settle, Judge>(
    parts: Parts<G, Make, Lane, Settle, Judge>,
    input: G::Input,
    body: impl FnOnce() -> T,
    refused: impl FnOnce(Rejected) -> T,
) -> T
where
    G: Stage,
    V: Into<Verdict>,
    Make: FnOnce(Name) -> Result<G, GuardError>,
    Lane: Fn() -> Here,
    Settle: Fn(T, Call) -> T,
    Judge: Fn(&T) -> V,
{
    let stage = parts.kept.get(parts.site, parts.make);
    let permit = match stage.enter(input) {
        Err(rejected) => return refused(rejected),
        Ok(ticket) => Permit::of(stage, ticket),
    };
    let call = Call::enter((parts.lane)(), parts.site);
    let out = (parts.settle)(body(), call);
    permit.settle((parts.judge)(&out).into());
    out
}

/// The call is one of those that are timed.
#[cold]
#[inline(never)]
fn timed<G: Stage, T, V: Into<Verdict>>(
    permit: Permit<'_, G>,
    here: Here,
    site: &'static Site,
    settle: impl Fn(T, Call) -> T,
    judge: impl Fn(&T) -> V,
    body: impl FnOnce() -> T,
) -> T {
    let call = Call::due(here, site);
    let out = settle(body(), call);
    permit.settle(judge(&out).into());
    out
}

/// The call has not ended well, or there is more to do about it.
#[cold]
#[inline(never)]
fn ended<G: Stage, T>(permit: Permit<'_, G>, call: Call, verdict: Verdict, settle: impl Fn(T, Call) -> T, out: T) -> T {
    let out = settle(out, call);
    permit.settle(verdict);
    out
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
