use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::error::GuardError;

/// So many calls in so much time.
///
/// ```
/// use std::time::Duration;
/// use perf_runtime::Rate;
///
/// assert_eq!("10_000/s".parse(), Ok(Rate::per_second(10_000)));
/// assert_eq!("10/250ms".parse(), Ok(Rate::new(10, Duration::from_millis(250))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    count: u64,
    nanos: u64,
}

impl Rate {
    /// `count` calls in each `per`. Neither less than one call nor less than a nanosecond is meant by any
    /// rate: what is less counts as that.
    #[must_use]
    pub const fn new(count: u64, per: Duration) -> Self {
        let nanos = per.as_nanos();
        let nanos = if nanos > u64::MAX as u128 { u64::MAX } else { nanos as u64 };
        Self { count: if count == 0 { 1 } else { count }, nanos: if nanos == 0 { 1 } else { nanos } }
    }

    /// `count` calls a second.
    #[must_use]
    pub const fn per_second(count: u64) -> Self {
        Self::new(count, Duration::from_secs(1))
    }

    /// `count` calls a minute.
    #[must_use]
    pub const fn per_minute(count: u64) -> Self {
        Self::new(count, Duration::from_secs(60))
    }

    /// `count` calls an hour.
    #[must_use]
    pub const fn per_hour(count: u64) -> Self {
        Self::new(count, Duration::from_secs(3600))
    }

    /// The calls of [`per`](Self::per).
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The time in which there are [`count`](Self::count).
    #[must_use]
    pub const fn per(&self) -> Duration {
        Duration::from_nanos(self.nanos)
    }

    pub(super) const fn nanos(&self) -> u64 {
        self.nanos
    }

    /// Calls a second.
    #[must_use]
    pub fn hertz(&self) -> f64 {
        self.count as f64 * 1e9 / self.nanos as f64
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nanos {
            1_000_000_000 => write!(f, "{}/s", self.count),
            60_000_000_000 => write!(f, "{}/min", self.count),
            3_600_000_000_000 => write!(f, "{}/h", self.count),
            nanos => write!(f, "{}/{:?}", self.count, Duration::from_nanos(nanos)),
        }
    }
}

impl FromStr for Rate {
    type Err = GuardError;

    fn from_str(text: &str) -> Result<Self, GuardError> {
        match perf_core::__guard::rate(text) {
            Some((count, per)) => Ok(Self::new(count, per)),
            None => Err(GuardError::new(format!(
                "`{text}` is no rate; write so many in so much time: \"100/s\", \"5/min\" or \"10/250ms\""
            ))),
        }
    }
}
