//! Starting, stopping and changing what runs by itself otherwise.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::{Config, ConfigError, Environment};
use crate::{Snapshot, aggregate, config};

/// Holds the background thread; optional. Measuring starts by itself with the first sampled call,
/// under [`Config::production`].
///
/// Dropped, it stops the thread and takes in what is left in the rings, within the deadline. Calls
/// go on being counted afterwards.
///
/// ```
/// use perf_runtime::{Environment, Perf, profiled};
///
/// #[profiled]
/// fn work() {}
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let _perf = Perf::builder().environment(Environment::Testing).start()?;
///     work();
///     assert_eq!(perf_runtime::snapshot().function("work").unwrap().samples(), 1);
///     Ok(())
/// }
/// ```
#[derive(Debug)]
#[must_use = "dropped at once, it stops measuring at once; bind it to `_perf`"]
pub struct Perf {
    flush_within: Duration,
}

/// How to start. Made by [`Perf::builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing happens before `start`"]
pub struct Builder {
    config: Config,
    clock: Option<quanta::Clock>,
    flush_within: Duration,
    is_manual: bool,
    file: Option<PathBuf>,
}

/// How long a dropped [`Perf`] waits for the background thread unless told otherwise.
const FLUSH_WITHIN: Duration = Duration::from_secs(1);

impl Perf {
    /// Starts from [`Config::production`]. The file that `PERF_CONFIG` names, and `PERF_*` variables, are
    /// stronger than all that is set here.
    pub fn builder() -> Builder {
        Builder { config: Config::production(), clock: None, flush_within: FLUSH_WITHIN, is_manual: false, file: None }
    }
}

impl Builder {
    /// Takes all values from the preset of an environment.
    pub fn environment(self, environment: Environment) -> Self {
        self.config(Config::of(environment))
    }

    /// Takes all values from `config`.
    pub fn config(self, config: Config) -> Self {
        Self { config, ..self }
    }

    /// Sets the share of the CPU time that measuring may cost: 0.01 is a percent.
    pub fn budget(mut self, share: f64) -> Self {
        self.config.budget = share;
        self
    }

    /// Lays the values of a TOML file over those set here, and reads it again whenever it changes.
    /// `PERF_*` variables are stronger still. Needs the feature `file`.
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// Reads ticks from this clock, a mock for instance. Only before the first call is sampled.
    pub fn clock(mut self, clock: quanta::Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Starts no thread: [`drain`](crate::drain) and [`snapshot`](crate::snapshot()) do its work.
    pub fn manual(mut self) -> Self {
        self.is_manual = true;
        self
    }

    /// How long the handle may take to flush when it is dropped; a second unless set.
    pub fn flush_within(mut self, deadline: Duration) -> Self {
        self.flush_within = deadline;
        self
    }

    /// Puts the configuration in force and starts the background thread.
    ///
    /// # Errors
    ///
    /// A value that cannot be, here or in a file that was set here, or a clock that comes too late;
    /// nothing has changed then. What is wrong with the variables is told through `tracing`.
    pub fn start(self) -> Result<Perf, ConfigError> {
        self.config.check()?;
        if let Some(clock) = self.clock {
            config::install_clock(clock)?;
        }
        config::set(self.config, self.file)?;
        if self.is_manual {
            aggregate::stop(self.flush_within);
        } else {
            aggregate::set_manual(false);
            aggregate::start();
        }
        let config = config::current();
        if config.tree || aggregate::traces_kept(&config) > 0 {
            // So that the first call is in the tree, and not only those after the first tick.
            aggregate::lock().drain();
        }
        config::tell();
        Ok(Perf { flush_within: self.flush_within })
    }
}

impl Drop for Perf {
    fn drop(&mut self) {
        if aggregate::stop(self.flush_within) {
            aggregate::lock().drain();
        }
        aggregate::set_manual(false);
    }
}

/// Everything that all annotated functions did, at this moment.
///
/// Counts are exact; timings include every sampled call that has ended. Takes in what the rings
/// hold, and less than a millisecond for a thousand functions beyond that; calls go on meanwhile.
#[must_use]
pub fn snapshot() -> Snapshot {
    let snapshot = crate::snapshot::take();
    config::tell();
    snapshot
}

/// How well the program is at this moment: [`Snapshot::health`], for short.
#[must_use]
pub fn health() -> crate::Health {
    snapshot().health()
}

/// Lets later snapshots count from here. What is running keeps running, windows keep what they have.
pub fn reset() {
    crate::snapshot::reset();
}

/// Takes in what the rings hold: the background thread's work, for programs that have none.
pub fn drain() {
    aggregate::lock().drain();
    config::tell();
    crate::guards::tick();
    crate::parts::tick();
    #[cfg(feature = "json")]
    crate::snapshot::file::tick();
}

/// Changes which calls are timed, from now on; all else stays, but that windows of other lengths begin
/// anew.
///
/// # Errors
///
/// All that is wrong, also with the file, which stays stronger, as the variables do; nothing has
/// changed then.
pub fn set_config(config: Config) -> Result<(), ConfigError> {
    config::set(config, None)?;
    // So that it holds before this returns, and not only at the next tick.
    aggregate::lock().drain();
    config::tell();
    Ok(())
}

/// The configuration in force.
#[must_use]
pub fn current_config() -> Config {
    (*config::current()).clone()
}
