//! Call trees: whether they are wanted, what they cost, and what was traced.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use quanta::Clock;

use super::attention::{Attention, Prices};
use super::cost::Costs;
use super::slowest::Scale;
use super::traces::{self, Traces};
use super::tree::{Node, Tree};
use crate::call::step::Step;
use crate::call::{attention, census};
use crate::callsite::Site;
use crate::config::Config;
use crate::snapshot::Trace;

/// How long calls last at most that nobody sees begin, because there are so many of them.
const GRACE: Duration = Duration::from_millis(2);

/// Nanoseconds in an epoch: what is open for longer than one of them, and less than two, is not waited for.
const EPOCH: u64 = 1_000_000_000;

/// See the module.
pub(super) struct Trees {
    attention: Attention,
    tree: Tree,
    recent: Traces,
    /// What they have cost callers, in nanoseconds.
    cost: f64,
    lost: u64,
    /// Ticks that it took to set lanes for traces.
    arming: u64,
}

impl Trees {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            attention: Attention::default(),
            tree: Tree::new(config.tree_nodes),
            recent: Traces::default(),
            cost: 0.0,
            lost: 0,
            arming: 0,
        }
    }

    /// Whether somebody wants calls to be traced: for the tree, or to see the traces.
    pub(super) fn are_wanted_by(config: &Config) -> bool {
        config.tree || traces::kept(config) > 0
    }

    /// Whether what is wanted is not what it was when [`Self::set`] was called.
    pub(super) fn are_out_of_date(&self, config: &Config) -> bool {
        self.are_wanted() != Self::are_wanted_by(config) || self.recent.limit() != traces::kept(config)
    }

    /// Those that are kept.
    pub(super) fn recent(&self) -> Vec<Trace> {
        self.recent.to_vec()
    }

    pub(super) fn are_wanted(&self) -> bool {
        self.attention.is_on()
    }

    /// Makes them from now on, or no more. The first time it is measured what they cost.
    pub(super) fn set(&mut self, config: &Config, costs: &mut Costs, clock: &Clock) {
        self.tree.set_limit(config.tree_nodes);
        self.recent.set_limit(traces::kept(config));
        let is_wanted = Self::are_wanted_by(config);
        let is_new = is_wanted && !self.are_wanted();
        self.attention.set(is_wanted);
        if is_new {
            costs.measure_trees(clock);
            attention::GRACE.store(Costs::ticks_of(clock, GRACE), Relaxed);
        }
    }

    /// Takes in all traces that are whole.
    pub(super) fn drain(&mut self, time: Scale) {
        let Scale { clock, inside, .. } = time;
        // Shorter than the clock can tell may come out negative: taken as it is, or sums would be too high.
        let nanos = |ticks: u64| {
            let ticks = ticks as i64 - inside;
            clock.delta_as_nanos(0, ticks.unsigned_abs()) as f64 * ticks.signum() as f64
        };
        let (tree, recent) = (&mut self.tree, &mut self.recent);
        (self.lost, self.arming) = census::drain_traces(&mut |slot| {
            let step = Step::unpack(slot);
            recent.take(step, inside);
            tree.take(step, nanos);
        });
        recent.settle(time);
    }

    /// What calls cost callers, given what it takes to take one in.
    pub(super) fn prices(&self, clock: &Clock, costs: &Costs, drain: f64) -> Prices {
        // The more functions a thread has called, the longer it takes to set its lanes, before each trace and after it.
        let arming = clock.delta_as_nanos(0, self.arming) as f64 / self.tree.traced.max(1) as f64;
        Prices { kept: costs.kept, traced: costs.traced + drain + arming }
    }

    /// As [`Attention::steer`].
    pub(super) fn steer(
        &mut self,
        sites: &[(&'static Site, f64)],
        allowance: f64,
        prices: Prices,
        seconds: f64,
    ) -> f64 {
        let cost = self.attention.steer(sites, allowance, prices, self.tree.traced, seconds);
        self.cost += cost * seconds;
        cost
    }

    /// As [`Attention::turn`].
    pub(super) fn turn(&mut self, now: u64) -> u64 {
        attention::EPOCH.store((now / EPOCH) as u32, Relaxed);
        self.attention.turn(now)
    }

    /// What they have cost callers.
    pub(super) fn cost(&self) -> Duration {
        Duration::from_nanos(self.cost as u64)
    }

    /// Calls in traces that were taken in.
    pub(super) fn traced(&self) -> u64 {
        self.tree.traced
    }

    pub(super) fn traces(&self) -> u64 {
        self.tree.traces
    }

    /// Traces that there was no room for.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// What was traced so far.
    pub(super) fn nodes(&self) -> Vec<Node> {
        self.tree.nodes().to_vec()
    }
}
