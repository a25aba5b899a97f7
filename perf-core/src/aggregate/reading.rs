//! What the aggregator hands to whoever takes a snapshot.

use std::sync::Arc;
use std::time::Duration;

use super::cost::Costs;
use super::cpu_time::{CpuSums, ScheduledSums};
use super::function::FutureSums;
use super::objective::Held;
use super::recorded::Recorded;
use super::slice::{Packed, Sums};
use super::slowest::TailReading;
use super::tree::Node;
use super::windows::Windows;
use crate::call::tally::Counts;
use crate::callsite::Site;

/// One function, as a reader gets it.
pub(crate) struct Reading {
    pub(crate) site: &'static Site,
    /// Its place among all.
    pub(crate) index: u32,
    pub(crate) counts: Counts,
    /// Calls while call trees were wanted.
    pub(crate) watched: u64,
    pub(crate) sums: Sums,
    /// Weighted nanoseconds of all samples, see [`Function::rising`](super::function::Function::rising).
    pub(crate) risen: f64,
    pub(crate) min: u64,
    pub(crate) out_of_range: u64,
    pub(crate) recorded: Option<Arc<Recorded>>,
    pub(crate) future: FutureSums,
    pub(crate) cpu: CpuSums,
    pub(crate) scheduled: ScheduledSums,
    pub(crate) windows: Option<Arc<Windows>>,
    /// The running slice, where there is no finished one yet.
    pub(crate) running: Option<Packed>,
    pub(crate) peak: (f64, f64),
    pub(crate) interval: u32,
    pub(crate) objective: Option<Vec<Held>>,
    pub(crate) tail: Option<Arc<TailReading>>,
}

/// What concerns no function alone.
pub(crate) struct Overview {
    pub(crate) uptime: Duration,
    /// Time since the windows began, and whole slices that they know.
    pub(crate) rolling: Duration,
    pub(crate) finished: u64,
    pub(crate) trend_threshold: f64,
    /// Slow calls that are kept of each function.
    pub(crate) tail: usize,
    pub(crate) windows: [Duration; 4],
    pub(crate) clock: &'static str,
    pub(crate) budget: Option<f64>,
    pub(crate) costs: Costs,
    pub(crate) process_cpu: Option<Duration>,
    pub(crate) aggregator_cpu: Duration,
    pub(crate) tree_cost: Duration,
    pub(crate) cpu_time_cost: Duration,
    /// What was traced.
    pub(crate) tree: Vec<Node>,
    pub(crate) traces: u64,
    pub(crate) traces_lost: u64,
}
