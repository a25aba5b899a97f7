use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use once_cell::race::OnceBox;

use super::adaptive::Rule;
use super::{Core, Timeout};
use crate::error::GuardError;
use crate::name::Name;
use crate::registry;
use crate::steer;
use crate::sum::Sum;

/// Builds a [`Timeout`].
#[derive(Clone, Debug)]
#[must_use = "it builds nothing until `build`"]
pub struct TimeoutBuilder {
    name: Name,
    /// None where it adapts.
    timeout: Option<Duration>,
    min: Duration,
    max: Duration,
    quantile: f64,
    headroom: f64,
}

impl TimeoutBuilder {
    pub(super) fn new(timeout: Option<Duration>) -> Self {
        Self {
            name: Name::NONE,
            timeout,
            min: Duration::from_millis(1),
            max: Duration::from_secs(30),
            quantile: 0.99,
            headroom: 2.0,
        }
    }

    /// What it is called in refusals and snapshots.
    pub fn name(mut self, name: impl Into<Name>) -> Self {
        self.name = name.into();
        self
    }

    /// The shortest adaptive timeout; 1 ms where nothing is said.
    pub fn min_timeout(mut self, min: Duration) -> Self {
        self.min = min;
        self
    }

    /// The longest adaptive timeout, which is also the first; 30 s where nothing is said.
    pub fn max_timeout(mut self, max: Duration) -> Self {
        self.max = max;
        self
    }

    /// The share of calls that an adaptive timeout follows, from 0.5 to 0.9999; 0.99 where nothing is said.
    pub fn quantile(mut self, share: f64) -> Self {
        self.quantile = share;
        self
    }

    /// How many times as long as that share takes an adaptive timeout is, from 1.1 to 100; 2 where nothing is said.
    pub fn headroom(mut self, times: f64) -> Self {
        self.headroom = times;
        self
    }

    /// Makes it.
    ///
    /// # Errors
    ///
    /// Where a number is out of its range, or the shortest timeout is above the longest.
    pub fn build(self) -> Result<Timeout, GuardError> {
        let rule = Rule {
            min: nanos_of("min_timeout", self.min)?,
            max: nanos_of("max_timeout", self.max)?,
            quantile: self.quantile,
            headroom: self.headroom,
        };
        check(&rule)?;
        let timeout = self.timeout.map_or(Ok(rule.max), |timeout| nanos_of("timeout", timeout))?;
        let is_adaptive = self.timeout.is_none() && perf_core::current_config().guard_defaults.adapt;
        Ok(registry::known(Timeout(Arc::new(Core {
            name: self.name,
            timeout: AtomicU64::new(timeout),
            is_adaptive: AtomicBool::new(is_adaptive),
            rule: Mutex::new(rule),
            learnt: OnceBox::new(),
            begun: Sum::default(),
            ended: Sum::default(),
            timed_out: AtomicU64::new(0),
        }))))
    }
}

pub(super) fn check(rule: &Rule) -> Result<(), GuardError> {
    if rule.min > rule.max {
        let (min, max) = (Duration::from_nanos(rule.min), Duration::from_nanos(rule.max));
        let text = format!("min_timeout = {min:?} is above max_timeout = {max:?}: the shortest timeout comes first");
        return Err(GuardError::new(text));
    }
    if !(0.5..=0.9999).contains(&rule.quantile) {
        let text = format!("quantile = {}: a timeout follows a share of calls from 0.5 to 0.9999", rule.quantile);
        return Err(GuardError::new(text));
    }
    if !(1.1..=100.0).contains(&rule.headroom) {
        let text = format!("headroom = {}: a timeout is from 1.1 to 100 times as long as calls take", rule.headroom);
        return Err(GuardError::new(text));
    }
    Ok(())
}

/// As many as there are; more than 584 years are as many.
pub(super) fn nanos_of(what: &str, duration: Duration) -> Result<u64, GuardError> {
    if duration.is_zero() {
        return Err(GuardError::new(format!("{what} = 0: a call needs some time, a nanosecond at least")));
    }
    Ok(steer::nanos_of(duration))
}
