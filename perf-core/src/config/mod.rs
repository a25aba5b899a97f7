//! Workload classes, environment presets, filters; the file and the variables that change them.

mod class;
#[cfg(feature = "file")]
mod file;
mod filter;
mod guards;
mod keys;
mod preset;
mod source;
mod variables;
mod windows;

use std::path::PathBuf;
#[cfg(unix)]
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use class::{Class, Classes};
pub use filter::{Filter, FilterError};
pub use guards::{GuardDefaults, GuardSettings, keys_of};
pub use keys::{duration, rate, share};
pub use preset::Environment;

use crate::call::OFF;
use crate::callsite::{Site, Workload};

/// Everything that can be set. Start from one of the presets and change what is to be different.
///
/// ```
/// use perf_runtime::Config;
///
/// let config = Config { budget: 0.02, ..Config::production() };
/// assert!(config.check().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Which calls are timed. Calls and outcomes are counted exactly whatever this says.
    pub sampling: Sampling,
    /// Share of the process' CPU time that measuring may cost, beyond the counting: 0.01 is a percent.
    pub budget: f64,
    /// Samples a second of one function that are taken even where the budget is spent: as many cost
    /// less than a thousandth of a core, all functions of a large program together. It is also how
    /// seldom a function must run to be timed always.
    pub floor: f64,
    /// Samples a second of one function, beyond which more would teach too little.
    pub ceiling: f64,
    /// What is expected of the four workload classes.
    pub classes: Classes,
    /// What is to be sampled otherwise, by name.
    pub filter: Filter,
    /// Numbers of guards, by name.
    pub guards: GuardSettings,
    /// What guards go by that are first used from now on, where neither an attribute nor a program says
    /// anything else.
    pub guard_defaults: GuardDefaults,
    /// Slots in which samples of one thread may wait while the background thread is late: rounded up
    /// to a power of two; 16 bytes each, which the system hands out when they are first used. What finds
    /// all of them taken is dropped, and counted as such. While the background thread is in time, an
    /// eighth of that, beside it, is enough, and stays in the processor's cache. Threads that have theirs
    /// keep them.
    pub ring_slots: u32,
    /// How often the background thread drains the rings and steers; it does at the end of each slice of
    /// time too.
    pub drain_every: Duration,
    /// The longest duration that a histogram tells apart; longer ones are counted as out of range.
    pub longest: Duration,
    /// How long the four [rolling windows](crate::Window) are: the shortest from 100 ms to a minute, each
    /// other a whole multiple of the one before, the second at least three times and the others at least
    /// twice. The three multiples add up to at most 32: so many slices of time are kept of each function.
    ///
    /// When this changes, windows and what is made of them begin anew; all else stays.
    pub windows: [Duration; 4],
    /// Whether some calls are traced with all that is below them, which is what [`Snapshot::tree`](crate::Snapshot::tree)
    /// is made from. Up to half of the [budget](Self::budget) may go into that.
    pub tree: bool,
    /// Whether the CPU time of sampled calls is read too, which is what [`FunctionStats::cpu`](crate::FunctionStats::cpu)
    /// is made from, and of sampled futures when they are woken ([`FunctionStats::scheduled`](crate::FunctionStats::scheduled)).
    /// Up to a quarter of the [budget](Self::budget) may go into reading the CPU clock, which is a system call. Sampled
    /// futures are polled with a waker of ours, which hands on to the executor's: executors that look into their wakers,
    /// as embassy's does, need this to be off.
    /// `#[profiled(cpu)]` asks for one function, whatever is set here.
    pub cpu_time: bool,
    /// Paths that a call tree tells apart, some 100 bytes each, from 1 to 65,536. What there is no room for is counted.
    pub tree_nodes: u32,
    /// How many of the traces that trees are made from are kept, when they began and all, for [`traces`](crate::traces): at
    /// most 4096; 0 keeps none. Where it is more, calls are traced whether or not there is to be a [tree](Self::tree);
    /// a file or a variable that says `tree = false` means these too, and sets this to 0 where it does not name it.
    pub traces: u32,
    /// Two values differ by less than this share of the larger one: that is no change to a
    /// [trend](crate::Series::trend).
    pub trend_threshold: f64,
    /// How many of its [slowest calls](crate::FunctionStats::slowest) are known of each function: since the start,
    /// and of each stretch as long as the [long window](crate::Window::Long). At most 100; 0 keeps none. Each takes some
    /// 140 bytes, and 260 more where the function captures arguments.
    pub tail: u32,
    /// How often the process is sampled once `perf_runtime::process::start` asks for that: from 10 ms to an hour, and not
    /// more often than [`drain_every`](Self::drain_every).
    pub process_every: Duration,
    /// Where a snapshot is written when the program ends in an orderly way: by returning from `main`, or by
    /// `std::process::exit`. Any `{pid}` in it is the number of the process; a forked child writes only where there is one.
    /// Needs the feature `json`, and Unix.
    pub snapshot_file: Option<std::path::PathBuf>,
}

/// Which calls are timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sampling {
    /// As many as the budget pays for.
    Adaptive,
    /// All.
    Always,
    /// One in so many, on average, at random.
    Every(u32),
    /// None.
    Off,
}

/// A value that cannot be: says which, where, and what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(String);

impl ConfigError {
    fn new(text: String) -> Self {
        Self(text)
    }

    /// All of them in one, each on a line.
    fn all(errors: &[Self]) -> Self {
        let mut text = String::new();
        for error in errors {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&error.0);
        }
        Self(text)
    }
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// The longest duration that a histogram may be asked to tell apart: its memory is bounded by it.
const LONGEST: Duration = Duration::from_secs(3600);

/// The most slow calls of a function that may be kept at a time: who enters looks at all of them.
const LONGEST_TAIL: u32 = 100;

/// The most traces that may be kept: the functions around them take room too.
const MOST_TRACES: u32 = 4096;

impl Config {
    /// Says what cannot be.
    ///
    /// # Errors
    ///
    /// Names the first value that is out of its range, and the range.
    pub fn check(&self) -> Result<(), ConfigError> {
        let fail = |text: String| Err(ConfigError(text));
        if !(self.budget > 0.0 && self.budget <= 1.0) {
            return fail(format!(
                "`budget` is {}, and must be more than 0 and at most 1: a share of the CPU time",
                self.budget
            ));
        }
        if self.ceiling.is_nan() || self.ceiling < 1.0 {
            return fail(format!("`ceiling` is {}, and must be at least 1: samples a second", self.ceiling));
        }
        if !(self.floor >= 0.0 && self.floor <= self.ceiling) {
            return fail(format!("`floor` is {}, and must be from 0 to `ceiling`, {}", self.floor, self.ceiling));
        }
        if !(8..=1 << 20).contains(&self.ring_slots) {
            return fail(format!("`ring_slots` is {}, and must be from 8 to 1048576", self.ring_slots));
        }
        if !(1..=1 << 16).contains(&self.tree_nodes) {
            return fail(format!("`tree_nodes` is {}, and must be from 1 to 65536", self.tree_nodes));
        }
        if self.traces > MOST_TRACES {
            return fail(format!("`traces` is {}, and must be from 0 to {MOST_TRACES}", self.traces));
        }
        if !(Duration::from_millis(1)..=Duration::from_secs(1)).contains(&self.drain_every) {
            return fail(format!("`drain_every` is {:?}, and must be from 1ms to 1s", self.drain_every));
        }
        if !(Duration::from_millis(1)..=LONGEST).contains(&self.longest) {
            return fail(format!("`longest` is {:?}, and must be from 1ms to 1h", self.longest));
        }
        if !(0.0..1.0).contains(&self.trend_threshold) {
            return fail(format!(
                "`trend_threshold` is {}, and must be at least 0 and less than 1: a share of the larger value",
                self.trend_threshold
            ));
        }
        if self.tail > LONGEST_TAIL {
            return fail(format!("`tail` is {}, and must be from 0 to {LONGEST_TAIL}", self.tail));
        }
        if !(Duration::from_millis(10)..=Duration::from_secs(3600)).contains(&self.process_every) {
            return fail(format!("`process_every` is {:?}, and must be from 10ms to 1h", self.process_every));
        }
        if self.snapshot_file.is_some() && !cfg!(all(unix, feature = "json")) {
            return fail("`snapshot_file` needs Unix, and perf-runtime built with its feature `json`".to_owned());
        }
        let max_load = self.guard_defaults.max_load;
        if !(max_load > 0.0 && max_load <= 1.0) {
            return fail(format!("`guards.max_load` is {max_load}, and must be more than 0 and at most 1"));
        }
        if self.sampling == Sampling::Every(0) {
            return fail("`sampling` is one in 0, and must be one in at least 1".to_owned());
        }
        windows::check(&self.windows).and_then(|()| self.classes.check()).map_err(ConfigError)
    }

    /// The values of a TOML file over those that are here: what [`Builder::file`](crate::Builder::file)
    /// does with its text. `name` is what errors call it.
    ///
    /// ```
    /// let config = perf_runtime::Config::production();
    /// let errors = config.clone().overlaid("perf.toml", "budgt = 0.1").unwrap_err();
    /// assert_eq!(errors[0].to_string(), "perf.toml:1: unknown key `budgt`; did you mean `budget`?");
    /// assert_eq!(config.overlaid("perf.toml", "budget = '2%'").unwrap().budget, 0.02);
    /// ```
    ///
    /// # Errors
    ///
    /// All that is wrong with the text, in the order of its lines.
    #[cfg(feature = "file")]
    pub fn overlaid(self, name: &str, text: &str) -> Result<Self, Vec<ConfigError>> {
        file::parse(name, text, self)
    }

    /// How `site` is sampled: by the filter, or else by its attribute, or else as set for all.
    fn sampling_of(&self, site: &Site) -> Sampling {
        if let Some(sampling) = self.filter.find(site.name()) {
            return sampling;
        }
        // Nothing at all is stronger than an attribute.
        match (self.sampling, site.every) {
            (Sampling::Off, _) => Sampling::Off,
            (sampling, 0) => sampling,
            (_, every) => Sampling::Every(every),
        }
    }

    /// The same, where one in so many is meant for all: what takes longer is timed more often, as
    /// its class says, or nothing would be known of what runs seldom.
    fn interval_of(&self, site: &Site) -> u32 {
        let sampling = self.sampling_of(site);
        match sampling {
            Sampling::Adaptive => 0,
            Sampling::Always => 1,
            Sampling::Off => OFF,
            Sampling::Every(every) if site.every == 0 && sampling == self.sampling => match site.workload {
                None | Some(Workload::Micro) => every.clamp(1, OFF - 1),
                Some(_) => every.clamp(1, self.classes.of(site.workload).first_interval),
            },
            Sampling::Every(every) => every.clamp(1, OFF - 1),
        }
    }

    /// Sets how a site is sampled.
    pub(crate) fn admit(&self, site: &Site) {
        site.limit_ramp(self.classes.of(site.workload).first_interval.max(1));
        site.steer(self.interval_of(site));
        site.tail.keep(if crate::aggregate::cost::is_ours(site) { 0 } else { self.tail });
        site.want_cpu((self.cpu_time || site.asks_for_cpu()) && !site.is_part());
    }

    /// Whether the controller sets the interval of `site`.
    pub(crate) fn steers(&self, site: &Site) -> bool {
        self.sampling_of(site) == Sampling::Adaptive
    }

    /// What a sample of `site` is worth, relative to others.
    pub(crate) fn priority(&self, site: &Site) -> f64 {
        self.classes.of(site.workload).priority
    }

    /// The budget, where anything is held to it.
    pub(crate) fn budget_in_force(&self) -> Option<f64> {
        (self.sampling == Sampling::Adaptive).then_some(self.budget)
    }
}

impl Default for Config {
    /// [`Config::production`].
    fn default() -> Self {
        Self::production()
    }
}

static CURRENT: Mutex<Option<Arc<Config>>> = Mutex::new(None);

/// The configuration in force: what was set, or what the environment says.
pub(crate) fn current() -> Arc<Config> {
    CURRENT
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get_or_insert_with(|| in_force(source::of_environment()))
        .clone()
}

/// Keeps anyone from changing the configuration for as long as it lives.
#[cfg(unix)]
pub(crate) type Hold = (MutexGuard<'static, Option<Arc<Config>>>, source::Hold);

/// Waits for the configuration and keeps it.
#[cfg(unix)]
pub(crate) fn hold() -> Hold {
    (CURRENT.lock().unwrap_or_else(PoisonError::into_inner), source::hold())
}

/// Whether guards have still to hear of a change.
static IS_NEWS: AtomicBool = AtomicBool::new(false);

/// Says what is wrong, and what has changed, to those who want to know. Called while nothing is locked.
pub(crate) fn tell() {
    source::tell();
    if IS_NEWS.swap(false, Relaxed) {
        crate::guards::reconfigure();
    }
}

fn in_force(config: Config) -> Arc<Config> {
    IS_NEWS.store(true, Relaxed);
    crate::call::strand::RING_SLOTS.store(config.ring_slots, Relaxed);
    Arc::new(config)
}

/// Puts a configuration in force, with the file's and the variables' values over it.
///
/// # Errors
///
/// All that is wrong, in one; nothing has changed then.
pub(crate) fn set(config: Config, file: Option<PathBuf>) -> Result<(), ConfigError> {
    config.check()?;
    let (config, errors) = source::start(config, file);
    if !errors.is_empty() {
        return Err(ConfigError::all(&errors));
    }
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Some(in_force(config));
    Ok(())
}

/// Looks whether the file has changed, and puts what it says in force.
pub(crate) fn reload() {
    if let Some(config) = source::reload() {
        *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Some(in_force(config));
    }
}

/// Reads ticks from `clock` from now on.
pub(crate) fn install_clock(clock: quanta::Clock) -> Result<(), ConfigError> {
    crate::call::clock::install(clock).map_err(|_| {
        ConfigError("another clock is in use already; set one before the first call is sampled".to_owned())
    })
}
