use std::borrow::Cow;
use std::time::Duration;

/// What a guard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum GuardKind {
    /// Answers from memory.
    Cache,
    /// Refuses where the system is overloaded.
    LoadShedder,
    /// Tries again.
    Retry,
    /// Refuses while what it protects is not well.
    CircuitBreaker,
    /// Admits so many calls in so much time.
    RateLimiter,
    /// Stops calls that take too long.
    Timeout,
    /// Admits so many calls at a time.
    Bulkhead,
}

/// One guard in a snapshot.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GuardStats {
    /// The name it was given, or the path of the function whose attribute made it.
    pub name: Cow<'static, str>,
    /// What it is.
    pub kind: GuardKind,
    /// A word for what it is doing: `closed`, `open`, `half_open`, `admitting`, `shedding`, …
    pub state: Cow<'static, str>,
    /// Since when; none where it has but one state.
    pub since: Option<Duration>,
    /// Calls it let through, exact.
    pub admitted: u64,
    /// Calls it refused, exact, by reason (`circuit_open`, `rate_limited`, …); reasons that never arose are left out.
    pub refused: Vec<(Cow<'static, str>, u64)>,
    /// Calls that had to wait, exact, and how long, all together.
    pub waits: u64,
    /// See [`waits`](Self::waits).
    pub waited: Duration,
    /// Calls it let through that have not ended, where it knows.
    pub in_flight: Option<u64>,
    /// The numbers it goes by, and what it measures, by name: `rate`, `burst`, `limit`, `failure_rate`, `hits`, …; durations
    /// in seconds, rates in calls a second.
    pub numbers: Vec<(Cow<'static, str>, f64)>,
}

impl GuardStats {
    /// A guard that has done nothing.
    #[must_use]
    pub fn new(name: &'static str, kind: GuardKind, state: &'static str) -> Self {
        Self {
            name: name.into(),
            kind,
            state: state.into(),
            since: None,
            admitted: 0,
            refused: Vec::new(),
            waits: 0,
            waited: Duration::ZERO,
            in_flight: None,
            numbers: Vec::new(),
        }
    }

    /// Calls it refused, for whatever reason, exact.
    #[must_use]
    pub fn refusals(&self) -> u64 {
        self.refused.iter().map(|(_, count)| count).sum()
    }

    /// One of the [numbers](Self::numbers).
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        self.numbers.iter().find(|(known, _)| known == name).map(|(_, number)| *number)
    }
}
