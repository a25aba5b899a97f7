//! What a refused request is answered with.

use std::error::Error;

use crate::rejected::{Reason, Rejected};

/// An error of any type, as tower's own layers give it.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What becomes of a refusal, where the service answers with `Response` or fails with `E`.
#[diagnostic::on_unimplemented(
    message = "nothing says how a refused request is answered, where the service gives a `Result<{Response}, {E}>`",
    note = "answer it with `GuardLayer::on_rejected(|rejected| …)`, which gives a `{Response}`",
    note = "or let errors be in boxes: `GuardLayer::boxed_errors()`",
    note = "or let the service's error be `From<perf_runtime::Rejected>`"
)]
pub trait Refusal<Response, E> {
    /// What the guarded service fails with.
    type Error;

    /// The answer to a request that was refused.
    ///
    /// # Errors
    ///
    /// Where that is how it is told.
    fn refused(&self, rejected: Rejected) -> Result<Response, Self::Error>;

    /// An error of the service itself.
    fn error(&self, error: E) -> Self::Error;
}

/// A refusal is an error of the service's type.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsError;

#[diagnostic::do_not_recommend]
impl<Response, E: From<Rejected>> Refusal<Response, E> for AsError {
    type Error = E;

    fn refused(&self, rejected: Rejected) -> Result<Response, E> {
        Err(rejected.into())
    }

    fn error(&self, error: E) -> E {
        error
    }
}

/// A refusal is an error like any other, in a box.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsBoxError;

#[diagnostic::do_not_recommend]
impl<Response, E: Into<BoxError>> Refusal<Response, E> for AsBoxError {
    type Error = BoxError;

    fn refused(&self, rejected: Rejected) -> Result<Response, BoxError> {
        Err(rejected.into())
    }

    fn error(&self, error: E) -> BoxError {
        error.into()
    }
}

/// A refusal is a response.
#[derive(Clone, Copy, Debug)]
pub struct AsResponse<F>(pub(super) F);

#[diagnostic::do_not_recommend]
impl<Response, E, F: Fn(&Rejected) -> Response> Refusal<Response, E> for AsResponse<F> {
    type Error = E;

    fn refused(&self, rejected: Rejected) -> Result<Response, E> {
        Ok((self.0)(&rejected))
    }

    fn error(&self, error: E) -> E {
        error
    }
}

impl Rejected {
    /// The status that says so in HTTP: 429 where the caller sends too much (RFC 6585), 504 where the call took too
    /// long, and 503 otherwise (RFC 9110).
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match self.reason() {
            Reason::RateLimited | Reason::ExceedsBurst => 429,
            Reason::TimedOut => 504,
            Reason::CircuitOpen | Reason::TooManyKeys | Reason::BulkheadFull | Reason::Overloaded => 503,
        }
    }

    /// [`retry_after`](Self::retry_after) as the header `Retry-After` has it: whole seconds, rounded up.
    #[must_use]
    pub fn retry_after_secs(&self) -> Option<u64> {
        let wait = self.retry_after()?;
        Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;

    #[test]
    fn a_wait_is_told_in_whole_seconds_that_are_long_enough() {
        let limited = |nanos| Rejected::new(Name::NONE, Reason::RateLimited).retry_after_nanos(nanos);
        let told = |nanos| limited(nanos).retry_after_secs();
        assert_eq!([0, 1, 1_000_000_000, 1_000_000_001].map(told), [Some(0), Some(1), Some(1), Some(2)]);
        assert_eq!(told(u64::MAX - 1), Some(u64::MAX / 1_000_000_000 + 1));
        assert_eq!(Rejected::new(Name::NONE, Reason::BulkheadFull).retry_after_secs(), None);
    }
}
