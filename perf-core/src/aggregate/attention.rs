//! What call trees may cost, and how it is kept to that.
//!
//! A call that keeps a frame costs little, but functions that call others may run often. Those that
//! are cheap to watch are watched always; the others now and then, and only then are there traces. Of
//! the calls that might be traced as many are as the rest of the share pays for.

use crate::call::attention;
use crate::callsite::{Keep, Site};
use crate::order::order;

/// The part of what measuring may cost that may go into call trees; half of it into keeping frames.
const SHARE: f64 = 0.5;

/// Of all time, at least so much is watched wholly, in slices of so many nanoseconds.
const LEAST: f64 = 0.01;
const SLICE: u64 = 20_000_000;

/// What one call costs, in nanoseconds, on the caller's side.
#[derive(Clone, Copy, Default)]
pub(crate) struct Prices {
    /// That keeps a frame.
    pub(crate) kept: f64,
    /// That is part of a trace, taking it in included.
    pub(crate) traced: f64,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Attention {
    is_on: bool,
    /// Changes whenever what the threads are told does.
    turn: u32,
    is_full: bool,
    /// The part of the time in which all is watched, and when such a time began last.
    duty: f64,
    began: u64,
    /// The average rate of traced calls, were all traced that might be; how many were when it was last updated, the seconds
    /// since then, and whether all was watched in any of them.
    demand: super::budget::Rate,
    traced: u64,
    seconds: f64,
    was_full: bool,
}

impl Attention {
    pub(crate) fn is_on(&self) -> bool {
        self.is_on
    }

    /// Wants trees from now on, or no more.
    pub(crate) fn set(&mut self, is_on: bool) {
        if is_on == self.is_on {
            return;
        }
        self.is_on = is_on;
        self.duty = 1.0;
        self.is_full = true;
        attention::SPARSENESS.store(0, std::sync::atomic::Ordering::Relaxed);
        self.publish();
    }

    fn publish(&mut self) {
        self.turn = self.turn % 0x1FFF_FFFF + 1;
        let flags = if !self.is_on {
            0
        } else if self.is_full {
            attention::ON | attention::FULL
        } else {
            attention::ON
        };
        attention::publish(self.turn, flags);
    }

    /// Decides who keeps frames, how long all is watched, and how much is traced. `sites` are all functions with
    /// their calls a second, `allowance` what measuring may cost in nanoseconds a second, `traced` the calls traced
    /// since the start. Gives what it costs.
    pub(crate) fn steer(
        &mut self,
        sites: &[(&'static Site, f64)],
        allowance: f64,
        prices: Prices,
        traced: u64,
        seconds: f64,
    ) -> f64 {
        if !self.is_on {
            return 0.0;
        }
        let allowance = allowance * SHARE;
        let (cheap, costly) = keep(sites, allowance / 4.0, prices.kept);
        let left = allowance / 2.0 - cheap;
        self.duty = if costly <= left { 1.0 } else { (left / costly).max(LEAST) };
        let sparseness = attention::SPARSENESS.load(std::sync::atomic::Ordering::Relaxed);
        self.seconds += seconds;
        self.was_full |= self.is_full;
        // Times in which there are no traces belong to those before or after them.
        if self.was_full {
            let might = (traced - self.traced) as f64 * f64::from(1_u32 << sparseness);
            self.demand.update(might, self.seconds);
            (self.traced, self.seconds, self.was_full) = (traced, 0.0, false);
        }
        let demand = self.demand.get() * prices.traced;
        let next = sparseness_for(demand, allowance / 2.0);
        attention::SPARSENESS.store(next, std::sync::atomic::Ordering::Relaxed);
        let tracing = demand / f64::from(1_u32 << next);
        cheap + costly * self.duty + tracing
    }

    /// Begins or ends a time in which all is watched, if it is time for that at `now`. Gives the nanoseconds until it is
    /// time for the next such change.
    pub(crate) fn turn(&mut self, now: u64) -> u64 {
        if !self.is_on {
            return u64::MAX;
        }
        let age = now.saturating_sub(self.began);
        let period = (SLICE as f64 / self.duty) as u64;
        let is_new = age >= period;
        if is_new {
            self.began = now;
        }
        let age = if is_new { 0 } else { age };
        let is_full = self.duty >= 1.0 || age < SLICE;
        if is_full != self.is_full {
            self.is_full = is_full;
            self.was_full |= is_full;
            self.publish();
        }
        if self.duty >= 1.0 { u64::MAX } else { (if is_full { SLICE } else { period }) - age }
    }
}

/// Lets those keep frames always that cost least, up to `allowance`. Gives what these cost, and what
/// the others cost while they do, in nanoseconds a second.
fn keep(sites: &[(&'static Site, f64)], allowance: f64, price: f64) -> (f64, f64) {
    let (mut cheap, mut costly) = (0.0, 0.0);
    for at in order(sites.len(), &mut |a, b| sites[a].1.total_cmp(&sites[b].1)) {
        let (site, rate) = sites[at];
        let cost = rate * price;
        match site.keep() {
            Keep::Leaf => {}
            // It keeps none, and nothing is learned of it.
            Keep::Unknown if site.is_part() => {}
            Keep::Unknown => costly += cost,
            Keep::Parent | Keep::Costly if cheap + cost <= allowance => {
                cheap += cost;
                site.set_keep(Keep::Parent);
            }
            Keep::Parent | Keep::Costly => {
                costly += cost;
                site.set_keep(Keep::Costly);
            }
        }
    }
    (cheap, costly)
}

/// The least power of two by which `demand` has to be divided to be `allowance`.
fn sparseness_for(demand: f64, allowance: f64) -> u32 {
    let mut power = 0;
    while power < attention::SPARSEST && demand > allowance * f64::from(1_u32 << power) {
        power += 1;
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Lane, thread_local};

    thread_local! {
        static LANE: Lane = const { Lane::NEW };
    }

    #[test]
    fn as_much_is_traced_as_is_paid_for_to_a_factor_of_two() {
        assert_eq!(sparseness_for(0.0, 0.0), 0);
        assert_eq!(sparseness_for(99.0, 100.0), 0);
        assert_eq!(sparseness_for(101.0, 100.0), 1);
        assert_eq!(sparseness_for(1600.0, 100.0), 4);
        assert_eq!(sparseness_for(1e30, 1.0), attention::SPARSEST);
    }

    #[test]
    fn all_is_watched_as_often_as_it_is_paid_for() {
        let mut attention = Attention { is_on: true, duty: 0.25, ..Attention::default() };
        let (mut now, mut full) = (0, 0);
        while now < 1000 * SLICE {
            let pause = attention.turn(now);
            full += if attention.is_full { pause } else { 0 };
            now += pause;
        }
        assert!((0.24..0.26).contains(&(full as f64 / now as f64)), "{full} of {now}");
    }

    #[test]
    fn tracing_costs_what_it_may_also_where_all_is_watched_only_now_and_then() {
        static SITE: Site = Site::new(|| "attention", "attention", &LANE);
        const TICK: u64 = 10_000_000;
        const PER_SECOND: f64 = 1e6;
        SITE.set_keep(Keep::Parent);
        let prices = Prices { kept: 20.0, traced: 100.0 };
        let allowance = 10e6;
        let mut attention = Attention::default();
        attention.set(true);
        let (mut traced, mut late) = (0.0, 0.0);
        for tick in 0..6000 {
            if attention.is_full {
                let sparseness = attention::SPARSENESS.load(std::sync::atomic::Ordering::Relaxed);
                let more = PER_SECOND * TICK as f64 / 1e9 / f64::from(1_u32 << sparseness);
                traced += more;
                late += if tick >= 3000 { more } else { 0.0 };
            }
            if tick % 10 == 0 {
                attention.steer(&[(&SITE, PER_SECOND)], allowance, prices, traced as u64, 0.1);
            }
            attention.turn(tick * TICK);
        }
        attention::SPARSENESS.store(0, std::sync::atomic::Ordering::Relaxed);
        attention::ATTENTION.store(0, std::sync::atomic::Ordering::Relaxed);
        assert!(attention.duty < 0.2, "{}", attention.duty);
        let cost = late * prices.traced / (3000.0 * TICK as f64 / 1e9);
        assert!(cost <= 1.5 * allowance * SHARE / 2.0, "{cost} of {allowance}");
    }

    #[test]
    fn what_has_a_label_in_common_keeps_no_frames_and_costs_none() {
        static FUNCTION: Site = Site::new(|| "attention", "attention", &LANE);
        static PART: Site = Site::new(|| "attention", "attention", &LANE).part();
        FUNCTION.set_keep(Keep::Parent);
        assert_eq!(keep(&[(&PART, 1e6), (&FUNCTION, 10.0)], 1000.0, 20.0), (200.0, 0.0));
    }
}
