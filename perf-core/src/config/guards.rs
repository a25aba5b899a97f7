//! Numbers of guards, by name: what the file says of them, kept until there are such guards.

use std::time::Duration;

use super::ConfigError;
use super::filter::matches;
use super::keys::{
    COUNT, COUNT_OR_ADAPTIVE, DURATION, DURATION_OR_ADAPTIVE, FACTOR, RATE, SHARE, TRUTH, is_of, nearest_of,
};
use crate::snapshot::GuardKind;

/// What guards go by where nothing else is said. Each [environment](super::Environment) has its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GuardDefaults {
    /// Breakers count, open and tell as they would, and refuse nothing: in `benchmark`, where what is refused is not
    /// measured.
    pub shadow: bool,
    /// Limits and timeouts that are `"adaptive"` adapt; otherwise they stay what they begin with, as in
    /// `benchmark`.
    pub adapt: bool,
    /// The load above which calls are shed: 0.8 in `production`, 0.95 in `development`, where compilers run beside
    /// the program, and none in `testing` and `benchmark`: 1.
    pub max_load: f64,
    /// The longest pause before the second attempt of a retry: 50 ms; 1 ms in `testing`, which need not wait.
    pub backoff: Duration,
}

impl GuardDefaults {
    pub(super) const PRODUCTION: Self =
        Self { shadow: false, adapt: true, max_load: 0.8, backoff: Duration::from_millis(50) };
}

/// Numbers of guards by their names, in rising strength: what is in the configuration goes before what an
/// attribute or a program says, also of guards that are made later. A number of which nothing is said any more stays what it
/// was last.
///
/// ```
/// use perf_runtime::{Config, GuardKind, GuardSettings};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let guards = GuardSettings::default().with("shop::*", GuardKind::CircuitBreaker, "open_for", "2s")?;
/// let config = Config { guards, ..Config::production() };
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuardSettings {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    pattern: String,
    kind: GuardKind,
    key: &'static str,
    value: String,
}

impl GuardSettings {
    /// Sets a number of all guards of a kind whose names fit `pattern`, as those of a
    /// [`Filter`](super::Filter) do; it goes before what is there. Keys and values are the options of the guard's attribute.
    ///
    /// # Errors
    ///
    /// There is no such number, or this cannot be its value: says what can.
    pub fn with(mut self, pattern: &str, kind: GuardKind, key: &str, value: &str) -> Result<Self, ConfigError> {
        self.set(pattern, kind, key, value).map_err(ConfigError::new)?;
        Ok(self)
    }

    pub(super) fn set(&mut self, pattern: &str, kind: GuardKind, key: &str, value: &str) -> Result<(), String> {
        let keys = keys_of(kind);
        let Some((key, form)) = keys.iter().find(|(name, _)| *name == key) else {
            let names: Vec<&str> = keys.iter().map(|(name, _)| *name).collect();
            let attribute = kind.as_str();
            return Err(match nearest_of(key, &names) {
                Some(near) => format!("unknown key `{key}` of a `{attribute}`; did you mean `{near}`?"),
                None => format!("unknown key `{key}` of a `{attribute}`; there are {}", names.join(", ")),
            });
        };
        if !is_of(form, value) {
            return Err(format!("`{key}` does not take `{value}`; write {form}"));
        }
        self.rules.push(Rule { pattern: pattern.to_owned(), kind, key, value: value.to_owned() });
        Ok(())
    }

    /// What is said of a guard, the strongest last.
    pub fn of<'a>(&'a self, kind: GuardKind, name: &'a str) -> impl Iterator<Item = (&'static str, &'a str)> {
        let fits = move |rule: &&Rule| rule.kind == kind && matches(&rule.pattern, name);
        self.rules.iter().filter(fits).map(|rule| (rule.key, rule.value.as_str()))
    }
}

/// The kind of guard that an attribute makes.
#[cfg(feature = "file")]
pub(super) fn kind(attribute: &str) -> Result<GuardKind, String> {
    KINDS.into_iter().find(|kind| kind.as_str() == attribute).ok_or_else(|| {
        let names = KINDS.map(GuardKind::as_str);
        match nearest_of(attribute, &names) {
            Some(near) => format!("unknown guard `{attribute}`; did you mean `{near}`?"),
            None => format!("unknown guard `{attribute}`; there are {}", names.join(", ")),
        }
    })
}

#[cfg(feature = "file")]
const KINDS: [GuardKind; 7] = [
    GuardKind::Cache,
    GuardKind::LoadShedder,
    GuardKind::Retry,
    GuardKind::CircuitBreaker,
    GuardKind::RateLimiter,
    GuardKind::Timeout,
    GuardKind::Bulkhead,
];

/// What can be set of a guard, and what may be written for it.
#[must_use]
pub fn keys_of(kind: GuardKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        GuardKind::Cache => &[("capacity", COUNT), ("ttl", DURATION), ("stale_while_revalidate", DURATION)],
        GuardKind::LoadShedder => &[("max_load", SHARE), ("max_queueing", DURATION)],
        GuardKind::Retry => &[
            ("attempts", COUNT),
            ("backoff", DURATION),
            ("max_backoff", DURATION),
            ("budget", SHARE),
            ("reserve", COUNT),
            ("deadline", DURATION),
        ],
        GuardKind::CircuitBreaker => &[
            ("failure_rate", SHARE),
            ("slow_call", DURATION),
            ("slow_rate", SHARE),
            ("min_calls", COUNT),
            ("open_for", DURATION),
            ("max_open", DURATION),
            ("backoff", FACTOR),
            ("probes", COUNT),
            ("shadow", TRUTH),
        ],
        GuardKind::RateLimiter => &[("rate", RATE), ("burst", COUNT), ("max_wait", DURATION)],
        GuardKind::Timeout => {
            &[("timeout", DURATION_OR_ADAPTIVE), ("min_timeout", DURATION), ("max_timeout", DURATION)]
        }
        GuardKind::Bulkhead => &[
            ("max_concurrent", COUNT_OR_ADAPTIVE),
            ("min_limit", COUNT),
            ("max_limit", COUNT),
            ("max_wait", DURATION),
            ("max_waiting", COUNT),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_last_is_strongest_and_patterns_choose_the_guards() {
        let settings = GuardSettings::default()
            .with("*", GuardKind::CircuitBreaker, "open_for", "1s")
            .and_then(|settings| settings.with("shop", GuardKind::CircuitBreaker, "open_for", "2s"))
            .unwrap();
        let of = |name| settings.of(GuardKind::CircuitBreaker, name).map(|(_, value)| value).collect::<Vec<_>>();
        assert_eq!(of("shop::quote"), ["1s", "2s"]);
        assert_eq!(of("mail"), ["1s"]);
        assert_eq!(settings.of(GuardKind::Retry, "mail").count(), 0);
    }

    #[test]
    fn what_is_wrong_names_the_way_out() {
        let error = |key, value| {
            GuardSettings::default().with("*", GuardKind::RateLimiter, key, value).unwrap_err().to_string()
        };
        assert_eq!(error("rat", "1/s"), "unknown key `rat` of a `rate_limited`; did you mean `rate`?");
        assert_eq!(
            error("rate", "fast"),
            "`rate` does not take `fast`; write a rate such as \"100/s\", \"5/min\" or \"10/250ms\""
        );
        for wrong in ["0", "-1", "many", "1.5"] {
            assert_eq!(
                error("burst", wrong),
                format!("`burst` does not take `{wrong}`; write a whole number of at least 1")
            );
        }
    }
}
