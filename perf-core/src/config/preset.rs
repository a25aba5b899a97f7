use std::time::Duration;

use super::{Classes, Config, Filter, GuardSettings, Sampling};

/// What a program runs for. Each is a complete [`Config`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Least overhead: half a percent of the CPU time.
    Production,
    /// Balanced: five percent.
    Development,
    /// Everything is recorded.
    Testing,
    /// One call in 64 is timed, more of those that are declared to take longer, whatever it costs: no
    /// adaptation, raw numbers.
    Benchmark,
}

impl Config {
    /// Least overhead: half a percent of the CPU time.
    #[must_use]
    pub fn production() -> Self {
        Self {
            sampling: Sampling::Adaptive,
            budget: 0.005,
            floor: 10.0,
            ceiling: 1_000.0,
            classes: Classes::default(),
            filter: Filter::default(),
            guards: GuardSettings::default(),
            ring_slots: 131_072,
            drain_every: Duration::from_millis(100),
            longest: Duration::from_secs(3600),
            windows: [1, 10, 60, 300].map(Duration::from_secs),
            trend_threshold: 0.1,
        }
    }

    /// Balanced: five percent of the CPU time.
    #[must_use]
    pub fn development() -> Self {
        Self { budget: 0.05, ceiling: 10_000.0, ..Self::production() }
    }

    /// Everything is recorded.
    #[must_use]
    pub fn testing() -> Self {
        Self { sampling: Sampling::Always, budget: 1.0, ..Self::production() }
    }

    /// One call in 64 is timed, more of those that are declared to take longer, whatever it costs: no
    /// adaptation, raw numbers.
    #[must_use]
    pub fn benchmark() -> Self {
        Self { sampling: Sampling::Every(64), budget: 1.0, ..Self::production() }
    }

    /// The preset of an environment.
    #[must_use]
    pub fn of(environment: Environment) -> Self {
        match environment {
            Environment::Production => Self::production(),
            Environment::Development => Self::development(),
            Environment::Testing => Self::testing(),
            Environment::Benchmark => Self::benchmark(),
        }
    }
}
