//! What an answer says of how the request went.

use std::any::Any;

use super::BoxError;
use crate::rejected::{Reason, Rejected};
use crate::verdict::Verdict;

/// Says what the guards are to learn from an answer: [`Errors`], or any function of it that says whether it is a
/// failure, or a [`Verdict`].
pub trait Judge<Response, E> {
    /// How the request went.
    fn verdict(&self, answer: &Result<Response, E>) -> Verdict;
}

impl<Response, E, V: Into<Verdict>, F: Fn(&Result<Response, E>) -> V> Judge<Response, E> for F {
    #[inline]
    fn verdict(&self, answer: &Result<Response, E>) -> Verdict {
        self(answer).into()
    }
}

/// An error is a failure, and all else a success. But a [`Rejected`], by itself or in a [`BoxError`], is neither: another
/// guard further in refused the request, which so never reached what these guards protect.
#[derive(Clone, Copy, Debug, Default)]
pub struct Errors;

impl<Response, E: 'static> Judge<Response, E> for Errors {
    #[inline]
    fn verdict(&self, answer: &Result<Response, E>) -> Verdict {
        match answer {
            Ok(_) => Verdict::Success,
            Err(error) if is_refusal(error) => Verdict::Ignored,
            Err(_) => Verdict::Failure,
        }
    }
}

/// Whether a request was refused, and did not run at all.
fn is_refusal(error: &dyn Any) -> bool {
    let boxed = || error.downcast_ref::<BoxError>()?.downcast_ref::<Rejected>();
    let rejected = error.downcast_ref::<Rejected>().or_else(boxed);
    rejected.is_some_and(|rejected| rejected.reason() != Reason::TimedOut)
}
