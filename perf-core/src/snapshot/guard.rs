use std::borrow::Cow;
use std::time::Duration;

use super::format::{count, duration};

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

impl GuardKind {
    /// The name of the attribute.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cache => "cached",
            Self::LoadShedder => "load_shed",
            Self::Retry => "retry",
            Self::CircuitBreaker => "circuit_breaker",
            Self::RateLimiter => "rate_limited",
            Self::Timeout => "timeout",
            Self::Bulkhead => "bulkhead",
        }
    }
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
    /// Calls it let through, exact. A breaker counts them when they end.
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
        self.refused.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// One of the [numbers](Self::numbers).
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        self.numbers.iter().find(|(known, _)| known == name).map(|(_, number)| *number)
    }
}

impl GuardStats {
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.name == other.name
    }

    /// What it has done since; what it is doing stays as it is now.
    pub(super) fn since(&self, then: &Self) -> Self {
        let before =
            |reason: &str| then.refused.iter().find(|(known, _)| known == reason).map_or(0, |(_, count)| *count);
        let refused = self.refused.iter().map(|(reason, count)| (reason.clone(), count.saturating_sub(before(reason))));
        Self {
            admitted: self.admitted.saturating_sub(then.admitted),
            refused: refused.filter(|(_, count)| *count != 0).collect(),
            waits: self.waits.saturating_sub(then.waits),
            waited: self.waited.saturating_sub(then.waited),
            ..self.clone()
        }
    }

    /// What a table says of it, beside its name and kind.
    pub(super) fn cells(&self) -> [String; 4] {
        let since = self.since.map_or(String::new(), |since| format!(" {}", duration(since)));
        let refused: Vec<String> =
            self.refused.iter().map(|(reason, number)| format!("{} {reason}", count(*number))).collect();
        let mut now = Vec::new();
        if self.waits > 0 {
            now.push(format!("{} waited {}", count(self.waits), duration(self.waited)));
        }
        if let Some(in_flight) = self.in_flight {
            now.push(format!("{} in flight", count(in_flight)));
        }
        let telling: &[(&str, &str)] = match self.kind {
            GuardKind::Cache => &[("hits", "hits"), ("entries", "kept")],
            GuardKind::Retry => &[("recovered", "recovered"), ("out_of_budget", "out of budget")],
            _ => &[],
        };
        for (name, word) in telling {
            if let Some(number) = self.number(name).filter(|number| *number > 0.0) {
                now.push(format!("{} {word}", count(number as u64)));
            }
        }
        [format!("{}{since}", self.state), count(self.admitted), refused.join(", "), now.join(", ")]
    }
}
