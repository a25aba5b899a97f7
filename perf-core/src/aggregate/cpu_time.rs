//! CPU time: what is known of a function's, what its clock costs, and of how many calls it is read.
//!
//! Reading the thread's CPU clock is a system call. It teaches something of calls that take much longer than
//! that, so only those are asked; and of these as many as a part of the budget pays for.

use std::sync::atomic::Ordering::Relaxed;

use quanta::Clock;

use super::budget::{self, Demand, Rate};
use super::cost;
use crate::call::cpu;
use crate::call::platform::thread_cpu_nanos;

/// Calls are asked that take at least so many times what asking takes.
const WORTH: f64 = 20.0;

/// The part of what measuring may cost that may go into CPU time.
const SHARE: f64 = 0.25;

/// Calls of one function that are asked in a second even where that is too much.
const FLOOR: f64 = 1.0;

/// Sums over the calls of a function whose CPU time was read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct CpuSums {
    pub(crate) samples: u64,
    /// Of the calls that they stand for.
    pub(crate) weight: f64,
    /// Of weight × nanoseconds: wall time, that less the time in which a future was not polled, and CPU time.
    pub(crate) wall: f64,
    pub(crate) busy: f64,
    pub(crate) cpu: f64,
}

/// Sums over the futures of a function of which it is known when they were woken.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct ScheduledSums {
    pub(crate) samples: u64,
    pub(crate) weight: f64,
    /// Of weight × nanoseconds: wall time, in polls, and from being woken to being polled.
    pub(crate) wall: f64,
    pub(crate) busy: f64,
    pub(crate) scheduled: f64,
    /// The longest time from being woken to being polled, in nanoseconds.
    pub(crate) longest: u64,
}

impl CpuSums {
    pub(crate) fn record(&mut self, weight: u32, [wall, busy, cpu]: [f64; 3]) {
        let weight = f64::from(weight);
        self.samples += 1;
        self.weight += weight;
        self.wall += weight * wall;
        self.busy += weight * busy;
        self.cpu += weight * cpu;
    }
}

impl ScheduledSums {
    pub(crate) fn record(&mut self, weight: u32, [wall, busy, scheduled]: [f64; 3], longest: u64) {
        let weight = f64::from(weight);
        self.samples += 1;
        self.weight += weight;
        self.wall += weight * wall;
        self.busy += weight * busy;
        self.scheduled += weight * scheduled;
        self.longest = self.longest.max(longest);
    }
}

/// The thread's CPU clock, as the aggregator sees it.
#[derive(Default)]
pub(crate) struct CpuClock {
    is_measured: bool,
    /// Nanoseconds that reading it twice takes, and those of them that are seen between the two readings.
    price: f64,
    inside: f64,
    /// Nanoseconds that it takes to know when a future was woken.
    attended: f64,
    /// Nanoseconds that all this has cost callers: all, and those that were there at the last steering.
    spent: f64,
    seen: f64,
    rate: Rate,
}

/// A function of which CPU time is wanted, as the controller sees it.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    /// Samples a second.
    pub(crate) samples: f64,
    /// Readings in one of its calls: one, and for futures one a poll.
    pub(crate) readings: f64,
    /// Nanoseconds of a call, without those in which a future was not polled; none where there is no call yet.
    pub(crate) busy: Option<f64>,
}

impl CpuClock {
    /// Finds out what the clock costs, once somebody wants it: some 200 µs. Samples of others that are drained on the way
    /// go to `others`.
    pub(crate) fn measure(&mut self, clock: &Clock, others: &mut dyn FnMut([u64; 2])) {
        if self.is_measured {
            return;
        }
        self.is_measured = true;
        cpu::set_nanos_per_tick(clock.delta_as_nanos(0, 1 << 30) as f64 / (1_u64 << 30) as f64);
        if thread_cpu_nanos().is_none() {
            return;
        }
        let measured = cost::measure_cpu(others);
        self.price = measured.price;
        self.inside = measured.inside;
        self.attended = measured.attended;
        cpu::READ_TICKS.store(measured.ticks, Relaxed);
    }

    /// What callers spent on it, in nanoseconds.
    pub(crate) fn spent(&self) -> f64 {
        self.spent
    }

    /// CPU nanoseconds of a call that read the clock `readings` times to know them, and paid for that.
    pub(crate) fn nanos(&mut self, read: u64, readings: u32) -> f64 {
        let readings = f64::from(readings);
        self.spent += self.price * readings;
        // As with ticks, less than nothing is taken as it is, or sums would be too high.
        read as f64 - self.inside * readings
    }

    /// It is known of a future when it was woken, after each of so many polls.
    pub(crate) fn attended(&mut self, polls: u32) {
        self.spent += self.attended * f64::from(polls);
    }

    /// Whether calls take long enough to be asked.
    pub(crate) fn is_worth(&self, asked: &Asked) -> bool {
        asked.busy.is_none_or(|busy| busy > 0.0 && busy >= WORTH * self.price * asked.readings.max(1.0))
    }

    /// What it costs a second at present, in nanoseconds.
    pub(crate) fn cost(&mut self, seconds: f64) -> f64 {
        let spent = self.spent - self.seen;
        self.seen = self.spent;
        self.rate.update(spent, seconds)
    }

    /// Of how many sampled calls one is to be asked, for each function; 0 for none. `allowance` is what measuring may
    /// cost in nanoseconds a second; none where nothing is held to that.
    pub(crate) fn intervals(&self, asked: &[Option<Asked>], allowance: Option<f64>, ceiling: f64) -> Vec<u32> {
        let readings = |asked: &Option<Asked>| match asked {
            Some(asked) if self.is_worth(asked) => asked.samples * asked.readings.max(1.0),
            _ => 0.0,
        };
        let demands: Vec<_> = asked.iter().map(|asked| Demand { rate: readings(asked), priority: 1.0 }).collect();
        let paid = allowance.map(|allowance| allowance * SHARE / self.price.max(1.0));
        let level = paid.map_or(f64::INFINITY, |paid| budget::level(&demands, paid, FLOOR.min(ceiling), ceiling));
        let interval = |(asked, demand): (&Option<Asked>, Demand)| match asked {
            Some(asked) if self.is_worth(asked) => budget::interval(demand, level),
            _ => 0,
        };
        asked.iter().zip(demands).map(interval).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(price: f64) -> CpuClock {
        CpuClock { is_measured: true, price, inside: price / 2.0, ..CpuClock::default() }
    }

    fn asked(samples: f64, readings: f64, busy: f64) -> Asked {
        Asked { samples, readings, busy: Some(busy) }
    }

    #[test]
    fn who_takes_less_than_twenty_times_what_asking_takes_is_not_asked() {
        let clock = clock(250.0);
        let all = [asked(10.0, 1.0, 4_999.0), asked(10.0, 1.0, 5_000.0), asked(10.0, 4.0, 5_000.0)];
        let all = [Some(all[0]), Some(all[1]), Some(all[2]), None];
        assert_eq!(clock.intervals(&all, None, 1e9), [0, 1, 0, 0]);
    }

    #[test]
    fn who_has_not_been_timed_yet_is_asked_and_who_takes_no_time_is_not() {
        let first = Some(Asked { samples: 0.0, readings: 0.0, busy: None });
        assert_eq!(clock(0.0).intervals(&[first, Some(asked(1.0, 1.0, 0.0))], None, 1e9), [1, 0]);
    }

    #[test]
    fn a_quarter_of_what_measuring_may_cost_goes_into_cpu_time_and_no_more() {
        let clock = clock(250.0);
        for allowance in [1e5, 1e6, 1e7] {
            let all = [asked(3.0, 1.0, 1e9), asked(900.0, 1.0, 1e6), asked(8_000.0, 1.0, 1e5), asked(500.0, 6.0, 1e8)];
            let intervals = clock.intervals(&all.map(Some), Some(allowance), 1e9);
            let cost: f64 = all
                .iter()
                .zip(&intervals)
                .map(|(asked, &every)| asked.samples * asked.readings * 250.0 / f64::from(every))
                .sum();
            let all: f64 = all.iter().map(|asked| asked.samples * asked.readings * 250.0).sum();
            let allowed = allowance * SHARE;
            // Whole numbers are only so near to what they should be.
            assert!(cost <= allowed * 1.3 && cost >= allowed.min(all) * 0.7, "{cost} of {allowed}: {intervals:?}");
            assert_eq!(intervals[0], 1, "what runs seldom is always asked");
        }
    }

    #[test]
    fn what_the_clock_takes_is_no_part_of_what_it_says_and_is_known() {
        let mut clock = clock(250.0);
        assert!((clock.nanos(10_125, 1) - 10_000.0).abs() < 1e-9);
        assert!((clock.nanos(100, 1) + 25.0).abs() < 1e-9, "less than nothing makes up for more than enough");
        assert!((clock.nanos(2_000, 3) - 1_625.0).abs() < 1e-9);
        assert!((clock.spent() - 5.0 * 250.0).abs() < 1e-9);
    }
}
