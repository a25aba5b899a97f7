use std::time::Duration;

use super::{Classes, Config, Filter, GuardDefaults, GuardSettings, Sampling};

/// What a program runs for. Each is a complete [`Config`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Least overhead: half a percent of the CPU time.
    Production,
    /// Balanced: five percent, a call tree, recent traces, and CPU time.
    Development,
    /// Everything is recorded; nothing is shed, and retries do not wait for long.
    Testing,
    /// One call in 64 is timed, more of those that are declared to take longer, whatever it costs: no
    /// adaptation, raw numbers. Breakers refuse nothing, and nothing is shed.
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
            guard_defaults: GuardDefaults::PRODUCTION,
            ring_slots: 131_072,
            drain_every: Duration::from_millis(100),
            longest: Duration::from_secs(3600),
            windows: [1, 10, 60, 300].map(Duration::from_secs),
            tree: false,
            cpu_time: false,
            tree_nodes: 4096,
            traces: 0,
            trend_threshold: 0.1,
            tail: 4,
            process_every: Duration::from_secs(1),
            snapshot_file: None,
        }
    }

    /// Balanced: five percent of the CPU time.
    #[must_use]
    pub fn development() -> Self {
        let guard_defaults = GuardDefaults { max_load: 0.95, ..GuardDefaults::PRODUCTION };
        Self {
            budget: 0.05,
            ceiling: 10_000.0,
            tail: 10,
            tree: true,
            traces: 100,
            cpu_time: true,
            guard_defaults,
            ..Self::production()
        }
    }

    /// Everything is recorded.
    #[must_use]
    pub fn testing() -> Self {
        let guard_defaults =
            GuardDefaults { max_load: 1.0, backoff: Duration::from_millis(1), ..GuardDefaults::PRODUCTION };
        Self {
            sampling: Sampling::Always,
            budget: 1.0,
            tail: 10,
            tree: true,
            traces: 100,
            cpu_time: true,
            guard_defaults,
            ..Self::production()
        }
    }

    /// One call in 64 is timed, more of those that are declared to take longer, whatever it costs: no
    /// adaptation, raw numbers, and no slowest calls.
    #[must_use]
    pub fn benchmark() -> Self {
        let guard_defaults = GuardDefaults { shadow: true, adapt: false, max_load: 1.0, ..GuardDefaults::PRODUCTION };
        Self { sampling: Sampling::Every(64), budget: 1.0, tail: 0, guard_defaults, ..Self::production() }
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
