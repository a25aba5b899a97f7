//! Which calls are timed: as many as the budget pays for, spread so that the next sample teaches most.
//!
//! What a sample costs is known ([`super::cost`]), and so is how often each function runs, exactly.
//! So intervals are computed, not searched for: there is no feedback that could swing. All functions
//! get the same number of samples a second, times the weight of their workload class, except those
//! that run too seldom, which are timed always and whose unused share goes to the others. The error
//! of a percentile falls with the root of its samples, so this spends each where it lowers an error
//! most.

use crate::order::order;

/// How fast a change of load is believed: the time constant of the averaged rates, in seconds.
const MEMORY: f64 = 1.0;

/// The budget is a share of at least this much CPU, in cores: a process that rests may be watched.
const LEAST_CPU: f64 = 0.01;

/// An interval is left alone while it is right to this factor.
const TOLERANCE: f64 = 1.2;

/// One function, as the controller sees it.
#[derive(Clone, Copy)]
pub(crate) struct Demand {
    /// Calls a second.
    pub(crate) rate: f64,
    /// Weight of its workload class.
    pub(crate) priority: f64,
}

/// An average that forgets.
#[derive(Clone, Copy, Default)]
pub(crate) struct Rate(Option<f64>);

impl Rate {
    /// Takes in `amount` in `seconds`.
    pub(crate) fn update(&mut self, amount: f64, seconds: f64) -> f64 {
        if seconds <= 0.0 {
            return self.get();
        }
        let now = amount / seconds;
        let rate = match self.0 {
            None => now,
            Some(old) => old + (now - old) * (1.0 - (-seconds / MEMORY).exp()),
        };
        self.0 = Some(rate);
        rate
    }

    pub(crate) fn get(self) -> f64 {
        self.0.unwrap_or(0.0)
    }
}

/// Nanoseconds a second that may go into samples.
///
/// `cpu` is what the process uses, in cores; `fixed` what measuring costs whatever is sampled, in
/// nanoseconds a second.
pub(crate) fn allowance(share: f64, cpu: f64, fixed: f64) -> f64 {
    (share * cpu.max(LEAST_CPU) * 1e9 - fixed).max(0.0)
}

/// Samples a second for a function of weight 1 that runs often enough: the level to which `samples`
/// of all functions together fill up, between `floor` and `ceiling`.
pub(crate) fn level(demands: &[Demand], samples: f64, floor: f64, ceiling: f64) -> f64 {
    let need = |at: usize| demands[at].rate / demands[at].priority;
    let order = order(demands.len(), &mut |a, b| need(a).total_cmp(&need(b)));
    let mut left = samples;
    let mut weights = 0.0;
    for demand in demands {
        if demand.rate > 0.0 {
            weights += demand.priority;
        }
    }
    for at in order {
        let demand = demands[at];
        if demand.rate <= 0.0 {
            continue;
        }
        let level = left / weights;
        if demand.rate / demand.priority > level {
            return level.clamp(floor, ceiling);
        }
        left -= demand.rate;
        weights -= demand.priority;
    }
    ceiling
}

/// The mean interval for a function, given the level.
pub(crate) fn interval(demand: Demand, level: f64) -> u32 {
    let samples = level * demand.priority;
    if demand.rate <= samples {
        return 1;
    }
    let interval = demand.rate / samples.max(1e-9);
    interval.round().clamp(1.0, f64::from(crate::call::LONGEST)) as u32
}

/// Whether it is worth telling all threads of a new interval.
pub(crate) fn differs(old: u32, new: u32) -> bool {
    if old == 0 || (old == 1) != (new == 1) {
        return old != new;
    }
    let ratio = f64::from(new) / f64::from(old);
    !(1.0 / TOLERANCE..=TOLERANCE).contains(&ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(rate: f64) -> Demand {
        Demand { rate, priority: 1.0 }
    }

    fn spent(demands: &[Demand], level: f64) -> f64 {
        demands.iter().map(|d| d.rate.min(level * d.priority)).sum()
    }

    #[test]
    fn the_budget_is_spent_and_not_overspent() {
        let demands = [demand(10.0), demand(1e3), demand(1e6), demand(1e8), Demand { rate: 1e5, priority: 8.0 }];
        for samples in [1.0, 50.0, 5e3, 1e5, 1e7] {
            let level = level(&demands, samples, 0.0, f64::INFINITY);
            assert!((spent(&demands, level) / samples - 1.0).abs() < 1e-9, "{samples}");
        }
    }

    #[test]
    fn what_runs_seldom_is_always_timed_and_the_rest_shares_alike() {
        let demands = [demand(5.0), demand(1e6), demand(1e7)];
        let level = level(&demands, 1005.0, 0.0, 1e9);
        assert_eq!(demands.map(|d| interval(d, level)), [1, 2000, 20_000]);
    }

    #[test]
    fn a_budget_for_all_calls_times_them_all_up_to_the_ceiling() {
        let demands = [demand(5.0), demand(100.0)];
        assert_eq!(demands.map(|d| interval(d, level(&demands, 1e6, 0.0, 1e9))), [1, 1]);
        assert_eq!(demands.map(|d| interval(d, level(&demands, 1e6, 0.0, 50.0))), [1, 2]);
    }

    #[test]
    fn no_budget_means_the_longest_intervals() {
        let demands = [demand(1e6)];
        assert_eq!(interval(demands[0], level(&demands, 0.0, 0.0, 1e9)), crate::call::LONGEST);
    }

    #[test]
    fn where_the_budget_is_spent_the_floor_is_left() {
        let demands = [demand(1e6), demand(7.0)];
        let level = level(&demands, 0.0, 10.0, 1e9);
        assert_eq!(demands.map(|d| interval(d, level)), [100_000, 1]);
    }

    #[test]
    fn after_a_step_of_load_the_interval_goes_to_its_new_value_once_and_stays() {
        let mut rate = Rate::default();
        let mut published = 0;
        let mut changes = Vec::new();
        for tick in 0..200 {
            let load = if tick < 50 { 1e4 } else { 1e6 };
            let demands = [demand(rate.update(load * 0.1, 0.1))];
            let interval = interval(demands[0], level(&demands, 100.0, 0.0, 1e9));
            if differs(published, interval) {
                published = interval;
                changes.push((tick, interval));
            }
        }
        assert_eq!(changes[0], (0, 100));
        assert!(changes.windows(2).all(|pair| pair[0].1 < pair[1].1), "it rises, and never swings: {changes:?}");
        let last = changes[changes.len() - 1];
        assert!(last.0 < 100, "settled within five time constants: {changes:?}");
        assert!((8_000..=10_100).contains(&last.1), "{changes:?}");
    }
}
