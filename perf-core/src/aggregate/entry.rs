//! What the aggregator knows of one site.

use std::sync::Arc;

use super::budget::Rate;
use super::cpu_time::{Asked, CpuClock};
use super::function::Function;
use super::objective::Kept;
use super::slowest::Slowest;
use super::timeline::Layout;
use crate::call::tally::Counts;
use crate::callsite::{Site, UNDECIDED};
use crate::config::Config;

/// Nanoseconds after which it is tried again whether calls that were too long to be traced as a whole still are. Once in
/// so long one trace is lost where they are.
const LONG_FOR: u64 = 60_000_000_000;

/// One site and what is known of it, at the site's index.
pub(super) struct Entry {
    pub(super) site: &'static Site,
    pub(super) function: Option<Box<Function>>,
    /// How its objective is kept, where it has one.
    pub(super) objective: Option<Box<Kept>>,
    pub(super) slowest: Arc<Slowest>,
    /// Counts at the last tick, for the slice that they fell into.
    pub(super) seen: Counts,
    /// Counts at the last steering.
    pub(super) steered: Counts,
    pub(super) rate: Rate,
    /// Samples a second.
    pub(super) sample_rate: Rate,
    /// Samples since the last tick.
    pub(super) burst: u32,
    /// Calls while trees were wanted, until they were not; and where they are, calls until then.
    pub(super) watched: u64,
    pub(super) watched_from: Option<u64>,
    /// Since when it is known that its calls are too long to be traced as a whole, if they are.
    pub(super) long_since: Option<u64>,
    /// Whether the controller sets the interval, and the priority: what the configuration says.
    pub(super) is_steered: bool,
    pub(super) priority: f64,
}

impl Entry {
    /// Of a site that has just been seen.
    pub(super) fn new(site: &'static Site, config: &Config, are_trees_wanted: bool, now: u64) -> Self {
        Self {
            site,
            function: None,
            objective: site.slo.as_ref().map(|slo| Box::new(Kept::new(slo, now))),
            slowest: Arc::default(),
            seen: Counts::default(),
            steered: Counts::default(),
            rate: Rate::default(),
            sample_rate: Rate::default(),
            burst: 0,
            watched: 0,
            watched_from: are_trees_wanted.then_some(0),
            long_since: None,
            is_steered: config.steers(site),
            priority: config.priority(site),
        }
    }

    /// Calls while trees were wanted, given all.
    pub(super) fn watched(&self, calls: u64) -> u64 {
        self.watched + self.watched_from.map_or(0, |from| calls.saturating_sub(from))
    }

    /// Asks no more calls for their CPU time that are too short for that.
    pub(super) fn decide_cpu_time(&self, clock: &CpuClock) {
        match self.site.cpu_every() {
            0 => {}
            _ if !clock.is_worth(&self.asked(0.0)) => self.site.set_cpu_every(0),
            UNDECIDED if self.is_sampled() => self.site.set_cpu_every(1),
            _ => {}
        }
    }

    /// Whether a call of it was timed yet.
    pub(super) fn is_sampled(&self) -> bool {
        self.function.as_ref().is_some_and(|function| function.lifetime().samples > 0)
    }

    /// What there is to know before its CPU time is read.
    pub(super) fn asked(&self, samples: f64) -> Asked {
        let Some(function) = &self.function else { return Asked { samples, readings: 1.0, busy: None } };
        let future = &function.future;
        let sums = function.lifetime();
        let (readings, busy) = if future.weight > 0.0 {
            (future.polls / future.weight, future.busy / future.weight)
        } else {
            (1.0, sums.mean())
        };
        Asked { samples, readings, busy: (sums.samples > 0).then_some(busy) }
    }

    /// Trees are wanted from now on, or no more.
    pub(super) fn watch(&mut self, is_wanted: bool, calls: u64) {
        self.watched = self.watched(calls);
        self.watched_from = is_wanted.then_some(calls);
        self.site.forget_long();
    }

    /// Forgets after a time that calls were too long to be traced as a whole.
    pub(super) fn forget_long(&mut self, now: u64) {
        if !self.site.is_long() {
            self.long_since = None;
        } else if now.saturating_sub(*self.long_since.get_or_insert(now)) >= LONG_FOR {
            self.site.forget_long();
            self.long_since = None;
        }
    }

    #[inline(always)]
    pub(super) fn function(&mut self, config: &Config, layout: Layout) -> &mut Function {
        self.function.get_or_insert_with(|| Box::new(Function::new(config.longest.as_nanos() as u64, layout)))
    }
}
