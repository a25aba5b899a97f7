use std::fmt;
use std::time::Duration;

use crate::name::Name;

/// A call that a guard refused, and why. Its body did not run, unless the [reason](Reason::TimedOut) says so.
///
/// Functions under a guard's attribute that return a `Result<_, E>` need an `E: From<Rejected>`: `anyhow`'s
/// error, `Box<dyn Error>`, and enums with a `#[from] Rejected` are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    guard: Name,
    reason: Reason,
    /// [`u64::MAX`] where nobody knows.
    retry_after_nanos: u64,
}

/// Why a guard refused a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// A circuit breaker is open, or half-open with all of its probes out.
    CircuitOpen,
    /// A rate limiter has no permit now.
    RateLimited,
    /// A call costs more than a rate limiter's burst: it can never be admitted.
    ExceedsBurst,
    /// A rate limiter has no memory left for another key.
    TooManyKeys,
    /// All slots of a bulkhead are taken.
    BulkheadFull,
    /// The system has more load than it can carry.
    Overloaded,
    /// The call began, and was stopped when its time was over.
    TimedOut,
}

impl Reason {
    /// A word for tables and labels: `circuit_open`, `rate_limited`, …
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CircuitOpen => "circuit_open",
            Self::RateLimited => "rate_limited",
            Self::ExceedsBurst => "exceeds_burst",
            Self::TooManyKeys => "too_many_keys",
            Self::BulkheadFull => "bulkhead_full",
            Self::Overloaded => "overloaded",
            Self::TimedOut => "timed_out",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::CircuitOpen => "the circuit is open",
            Self::RateLimited => "the rate limit is reached",
            Self::ExceedsBurst => "the call costs more than the rate limiter's burst",
            Self::TooManyKeys => "the rate limiter knows as many keys as it may",
            Self::BulkheadFull => "as many calls run as may at a time",
            Self::Overloaded => "the system is overloaded",
            Self::TimedOut => "the call took too long",
        }
    }
}

impl Rejected {
    #[inline]
    pub(crate) fn new(guard: Name, reason: Reason) -> Self {
        if reason != Reason::TimedOut {
            crate::hopeless::note();
        }
        Self { guard, reason, retry_after_nanos: u64::MAX }
    }

    /// With the time after which the same call, alone, would be admitted.
    #[inline]
    pub(crate) const fn retry_after_nanos(self, nanos: u64) -> Self {
        Self { retry_after_nanos: nanos, ..self }
    }

    /// The name of the guard: the one it was given, or its function's path.
    #[must_use]
    pub fn guard(&self) -> &'static str {
        self.guard.get()
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// How long to wait before the same call, alone, would be admitted; none where that is not known, or
    /// where it never would.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        (self.retry_after_nanos != u64::MAX).then(|| Duration::from_nanos(self.retry_after_nanos))
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.guard().is_empty() {
            write!(f, "{}: ", self.guard)?;
        }
        f.write_str(self.reason.sentence())?;
        match self.retry_after() {
            Some(wait) => write!(f, "; try again in {wait:?}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Rejected {}
