//! What the process and the aggregator itself take of the processors.

use super::budget::Rate;
use crate::call::platform;
use crate::exporting;

/// CPU time, in nanoseconds; what the system does not tell is not known.
#[derive(Default)]
pub(super) struct Cpu {
    pub(super) process_start: u64,
    pub(super) process_seen: u64,
    pub(super) process: Rate,
    /// Spent by us since the start, and what the running thread had when it began this drain.
    pub(super) own: u64,
    pub(super) own_seen: u64,
    pub(super) own_rate: Rate,
    pub(super) slots: Rate,
    pub(super) slots_seen: u64,
    /// Nanoseconds that draining one sample takes, or one call in a trace.
    pub(super) drain: f64,
}

impl Cpu {
    /// We have spent so many nanoseconds more.
    pub(super) fn charge(&mut self, nanos: u64) {
        self.own += nanos;
        exporting::is_told(nanos);
    }

    /// Updates the averages, given all samples and traced calls taken in so far. Gives what measuring costs a second, whatever is sampled.
    pub(super) fn measure(&mut self, slots: u64, seconds: f64) -> f64 {
        match platform::process_cpu_nanos() {
            Some(process) => {
                self.process.update(process.saturating_sub(self.process_seen) as f64, seconds);
                self.process_seen = process;
            }
            // Where nobody tells, one busy core is assumed.
            None => {
                self.process.update(seconds * 1e9, seconds);
            }
        }
        let own = self.own_rate.update(self.own.saturating_sub(self.own_seen) as f64, seconds);
        self.own_seen = self.own;
        let rate = self.slots.update((slots - self.slots_seen) as f64, seconds);
        self.slots_seen = slots;
        (own - rate * self.drain).max(0.0)
    }
}
