use std::sync::{Arc, Weak};
use std::time::Duration;

use perf_core::__guard::nanos;
use perf_core::Workload;

use super::CircuitBreaker;
use super::core::{Core, MOST_PROBES};
use super::outcomes::BreakerWindow;
use super::settings::{Defaults, Settings, defaults};
use crate::error::GuardError;
use crate::name::Name;
use crate::primitive::Ordering::Relaxed;
use crate::registry;
use crate::steer::nanos_of;

/// All that can be set of a [`CircuitBreaker`].
#[derive(Clone, Debug)]
#[must_use = "nothing happens before `build`"]
pub struct CircuitBreakerBuilder {
    name: Name,
    workload: Option<Workload>,
    failure_rate: Option<f64>,
    slow_call: Option<Duration>,
    slow_rate: Option<f64>,
    window: BreakerWindow,
    min_calls: Option<u64>,
    open_for: Duration,
    max_open: Duration,
    backoff: f64,
    probes: Option<u64>,
    is_shadow: Option<bool>,
}

/// Outcomes that a window of calls may look back on.
const MOST_CALLS: u32 = 1 << 20;

impl CircuitBreakerBuilder {
    pub(super) fn new() -> Self {
        Self {
            name: Name::NONE,
            workload: None,
            failure_rate: None,
            slow_call: None,
            slow_rate: None,
            window: BreakerWindow::Time(Duration::from_secs(10)),
            min_calls: None,
            open_for: Duration::from_secs(1),
            max_open: Duration::from_secs(60),
            backoff: 2.0,
            probes: None,
            is_shadow: None,
        }
    }

    /// What it is called in snapshots, refusals and events. Where there is a breaker of this name already, that is what
    /// [`build`](Self::build) gives.
    pub fn name(mut self, name: impl Into<Name>) -> Self {
        self.name = name.into();
        self
    }

    /// What calls are expected to take, on which the failure rate (10, 20, 40, 60 %), the number of probes (10, 5, 3, 1) and, with
    /// a `slow_rate`, what is slow (the class's bound) depend where they are not set.
    pub fn workload(mut self, workload: Workload) -> Self {
        self.workload = Some(workload);
        self
    }

    /// The share of failures that is too much.
    pub fn failure_rate(mut self, rate: f64) -> Self {
        self.failure_rate = Some(rate);
        self
    }

    /// A call that takes at least this long is slow. Unless set, none is, but with a workload and a slow rate.
    pub fn slow_call(mut self, slow: Duration) -> Self {
        self.slow_call = Some(slow);
        self
    }

    /// The share of slow calls that is too much: all, unless set.
    pub fn slow_rate(mut self, rate: f64) -> Self {
        self.slow_rate = Some(rate);
        self
    }

    /// How far back it looks: ten seconds, unless set.
    pub fn window(mut self, window: BreakerWindow) -> Self {
        self.window = window;
        self
    }

    /// So many calls in the window are enough to decide, by their share as it is. Unless set, as many as make sure.
    pub fn min_calls(mut self, calls: u64) -> Self {
        self.min_calls = Some(calls);
        self
    }

    /// How long it stays open the first time: a second, unless set. A tenth more or less is left to chance, so that
    /// breakers that opened together do not probe together.
    pub fn open_for(mut self, open: Duration) -> Self {
        self.open_for = open;
        self
    }

    /// How long it stays open at most, however often it has in a row: a minute, unless set.
    pub fn max_open(mut self, open: Duration) -> Self {
        self.max_open = open;
        self
    }

    /// How many times as long it stays open each further time in a row: twice, unless set. In a row are those between
    /// which it was not closed for as long as it had been open.
    pub fn backoff(mut self, backoff: f64) -> Self {
        self.backoff = backoff;
        self
    }

    /// Calls that may run while it is half-open.
    pub fn probes(mut self, probes: u64) -> Self {
        self.probes = Some(probes);
        self
    }

    /// Counts, opens and tells as it would, and refuses nothing. Unless set, as the
    /// [environment](perf_core::GuardDefaults::shadow) has it.
    pub fn shadow(mut self, is_shadow: bool) -> Self {
        self.is_shadow = Some(is_shadow);
        self
    }

    /// The breaker, closed.
    ///
    /// # Errors
    ///
    /// A number cannot be: says which, and what it may be.
    pub fn build(self) -> Result<CircuitBreaker, GuardError> {
        let of_class = defaults(self.workload.unwrap_or(Workload::Micro));
        check_window(self.window)?;
        let settings = self.settings(&of_class)?;
        let core = Core::new(self.name, settings, self.window, nanos());
        let breaker = registry::known(CircuitBreaker { core: Arc::new(core) });
        let core: Weak<Core> = Arc::downgrade(&breaker.core);
        registry::tick_along(core);
        Ok(breaker)
    }

    fn settings(&self, of_class: &Defaults) -> Result<Settings, GuardError> {
        let settings = Settings::new(of_class);
        if let Some(rate) = self.failure_rate {
            settings.set_failure_rate(share("failure_rate", rate)?);
        }
        if let Some(rate) = self.slow_rate {
            settings.set_slow_rate(share("slow_rate", rate)?);
        }
        let by_class = self.workload.and(self.slow_rate).map(|_| of_class.slow_call);
        let slow = self.slow_call.map(nanos_of).or(by_class);
        if self.slow_rate.is_some() && slow.is_none() {
            return Err(GuardError::new(
                "`slow_rate` needs to know which calls are slow: set `slow_call`, or a `workload`",
            ));
        }
        if slow == Some(0) {
            return Err(GuardError::new("`slow_call` is 0, which every call takes; set more"));
        }
        settings.slow_call.store(slow.unwrap_or(0), Relaxed);
        if self.min_calls == Some(0) {
            return Err(GuardError::new("`min_calls` is 0, and must be at least 1; unset, it is as many as make sure"));
        }
        settings.min_calls.store(self.min_calls.unwrap_or(0), Relaxed);
        if let Some(probes) = self.probes {
            settings.probes.store(check_probes(probes)?, Relaxed);
        }
        settings.set_backoff(factor(self.backoff)?);
        settings.open_for.store(nanos_of(self.open_for), Relaxed);
        settings.max_open.store(nanos_of(self.max_open), Relaxed);
        let is_shadow = self.is_shadow.unwrap_or_else(|| perf_core::current_config().guard_defaults.shadow);
        settings.is_shadow.store(u64::from(is_shadow), Relaxed);
        if self.max_open < self.open_for {
            let (most, first) = (self.max_open, self.open_for);
            return Err(GuardError::new(format!("`max_open` is {most:?}, and must be at least `open_for`, {first:?}")));
        }
        Ok(settings)
    }
}

fn check_window(window: BreakerWindow) -> Result<(), GuardError> {
    match window {
        BreakerWindow::Time(length) if length < Duration::from_millis(1) => {
            Err(GuardError::new(format!("`window` is {length:?}, and must be at least 1ms")))
        }
        BreakerWindow::Calls(count) if !(1..=MOST_CALLS).contains(&count) => {
            Err(GuardError::new(format!("`window` is {count} calls, and must be from 1 to {MOST_CALLS}")))
        }
        _ => Ok(()),
    }
}

pub(super) fn share(key: &str, rate: f64) -> Result<f64, GuardError> {
    if rate > 0.0 && rate <= 1.0 {
        return Ok(rate);
    }
    Err(GuardError::new(format!("`{key}` is {rate}, and must be more than 0 and at most 1: a share of the calls")))
}

pub(super) fn factor(backoff: f64) -> Result<f64, GuardError> {
    if backoff >= 1.0 && backoff.is_finite() {
        return Ok(backoff);
    }
    Err(GuardError::new(format!("`backoff` is {backoff}, and must be at least 1")))
}

pub(super) fn check_probes(probes: u64) -> Result<u64, GuardError> {
    if (1..=MOST_PROBES).contains(&probes) {
        return Ok(probes);
    }
    Err(GuardError::new(format!("`probes` is {probes}, and must be from 1 to {MOST_PROBES}")))
}
