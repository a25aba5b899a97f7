//! A snapshot as data: what it looks like outside the process, and back.

use std::sync::Arc;
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::allocations::{Allocations, Asked};
use super::cpu::{CallCpu, Scheduled};
use super::function::FunctionStats;
use super::futures::Futures;
use super::label::LabelStats;
use super::latency::Latency;
use super::slow_call::SlowCalls;
use super::traced::Traced;
use super::tree::{Node, Tree};
use super::window::{Slices, Views};
use super::{GuardStats, InFlight, LockStats, MetricStats, Objective, Overhead, ProcessStats, QueueStats, Snapshot};
use crate::aggregate::{DEEPEST, Recorded, Sums};
use crate::callsite::Workload;

impl Snapshot {
    /// The version of the form that snapshots have as data, their `schema_version`. It changes whenever a reader of the old
    /// form would read the new one wrongly, and only what has this one is read.
    pub const SCHEMA_VERSION: u32 = 1;
}

#[derive(Serialize, Deserialize)]
struct WireSnapshot {
    schema_version: u32,
    /// Zero in what was written before it was told.
    #[serde(default)]
    counted_from: Duration,
    uptime: Duration,
    clock: String,
    overhead: Overhead,
    functions: Vec<WireFunction>,
    /// Absent from what was written before there were any.
    #[serde(default)]
    guards: Vec<GuardStats>,
    #[serde(default)]
    tree: WireTree,
    #[serde(default)]
    process: Option<Box<ProcessStats>>,
    #[serde(default)]
    metrics: Vec<MetricStats>,
    #[serde(default)]
    queues: Vec<QueueStats>,
    #[serde(default)]
    locks: Vec<LockStats>,
}

#[derive(Default, Serialize, Deserialize)]
struct WireTree {
    /// Each after its parent.
    nodes: Vec<Node>,
    traces: u64,
    dropped: u64,
    /// Absent from what was written before it was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traced: Option<Traced>,
}

#[derive(Serialize, Deserialize)]
struct WireFunction {
    name: String,
    module: String,
    file: String,
    line: u32,
    declared: Option<Workload>,
    observed: Option<Workload>,
    calls: u64,
    errors: u64,
    panics: u64,
    cancelled: u64,
    samples: u64,
    dropped: u64,
    interval: Option<u32>,
    latency: WireLatency,
    futures: Option<Futures>,
    #[serde(default)]
    own_share: Option<f64>,
    /// Where the attribute asks for them and something counts them.
    #[serde(default)]
    allocations: Option<Allocations>,
    #[serde(default)]
    is_missing_allocator: bool,
    #[serde(default)]
    cpu: Option<CallCpu>,
    #[serde(default)]
    scheduled: Option<Scheduled>,
    #[serde(flatten)]
    views: Views,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    labels: Vec<WireLabel>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_flight: Option<InFlight>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    objective: Option<Objective>,
    /// Absent from what was written before there were any.
    #[serde(default)]
    slowest: SlowCalls,
}

#[derive(Serialize, Deserialize)]
struct WireLabel {
    key: String,
    value: String,
    is_other: bool,
    stats: WireFunction,
}

#[derive(Serialize, Deserialize)]
struct WireLatency {
    /// Nanoseconds, for those who only look.
    mean: u64,
    p50: u64,
    p95: u64,
    p99: u64,
    p999: u64,
    min: u64,
    max: u64,
    out_of_range: u64,
    is_complete: bool,
    /// Sums over the samples: of weights, their squares, weight × ns, weight × ns covered, and
    /// weight × (weight − 1) × ns².
    weight: f64,
    weight_squared: f64,
    nanos: f64,
    /// The same, never less than before; absent from what was written before it was kept.
    #[serde(default)]
    risen: Option<f64>,
    covered: f64,
    variance: f64,
    /// Values in nanoseconds, and the weight at each.
    histogram: Vec<(u64, u64)>,
}

impl From<&Latency> for WireLatency {
    fn from(latency: &Latency) -> Self {
        let nanos = |duration: Duration| duration.as_nanos() as u64;
        Self {
            mean: nanos(latency.mean()),
            p50: nanos(latency.p50()),
            p95: nanos(latency.p95()),
            p99: nanos(latency.p99()),
            p999: nanos(latency.p999()),
            min: latency.min,
            max: latency.sums.max,
            out_of_range: latency.out_of_range,
            is_complete: latency.is_complete,
            weight: latency.sums.weight,
            weight_squared: latency.sums.weight_squared,
            nanos: latency.sums.nanos,
            risen: Some(latency.risen),
            covered: latency.sums.busy,
            variance: latency.sums.variance,
            histogram: latency.nanos().map(|(_, high, count)| (high, count)).collect(),
        }
    }
}

impl WireLatency {
    fn load(self, calls: u64, failed: u64, samples: u64) -> Latency {
        let mut recorded = Recorded::to(self.histogram.iter().map(|(value, _)| *value).max().unwrap_or(0));
        for (value, weight) in self.histogram {
            // All together are counted too.
            let room = u64::MAX - recorded.histogram().len();
            recorded.record(value, weight.min(room), u64::MAX);
        }
        let sums = Sums {
            calls,
            failed,
            samples,
            weight: self.weight,
            weight_squared: self.weight_squared,
            nanos: self.nanos,
            busy: self.covered,
            variance: self.variance,
            max: self.max,
        };
        let risen = self.risen.unwrap_or(self.nanos);
        Latency::loaded(recorded, sums, risen, self.min, self.out_of_range, self.is_complete)
    }
}

impl From<&FunctionStats> for WireFunction {
    fn from(function: &FunctionStats) -> Self {
        Self {
            name: function.name.clone().into_owned(),
            module: function.module.clone().into_owned(),
            file: function.file.clone().into_owned(),
            line: function.line,
            declared: function.declared,
            observed: function.observed,
            calls: function.calls,
            errors: function.errors,
            panics: function.panics,
            cancelled: function.cancelled,
            samples: function.samples,
            dropped: function.dropped,
            interval: function.interval,
            latency: (&function.latency).into(),
            futures: function.futures,
            own_share: function.own_share,
            allocations: function.allocations().copied(),
            is_missing_allocator: function.is_missing_allocator(),
            cpu: function.cpu,
            scheduled: function.scheduled,
            views: function.slices.views().clone(),
            labels: function.labels.iter().map(WireLabel::from).collect(),
            in_flight: function.in_flight,
            objective: function.objective.clone(),
            slowest: function.slow.clone(),
        }
    }
}

impl WireFunction {
    fn load(self) -> FunctionStats {
        FunctionStats {
            latency: self.latency.load(self.calls, self.errors.saturating_add(self.panics), self.samples),
            name: self.name.into(),
            module: self.module.into(),
            file: self.file.into(),
            line: self.line,
            declared: self.declared,
            observed: self.observed,
            calls: self.calls,
            errors: self.errors,
            panics: self.panics,
            cancelled: self.cancelled,
            samples: self.samples,
            dropped: self.dropped,
            interval: self.interval,
            futures: self.futures,
            own_share: self.own_share,
            allocations: match self.allocations {
                Some(allocations) => Asked::Known(allocations),
                None if self.is_missing_allocator => Asked::Unknown,
                None => Asked::No,
            },
            cpu: self.cpu,
            scheduled: self.scheduled,
            slices: Arc::new(Slices::loaded(self.views)),
            labels: self.labels.into_iter().map(WireLabel::load).collect(),
            in_flight: self.in_flight,
            objective: self.objective,
            slow: self.slowest,
        }
    }
}

impl From<&Tree> for WireTree {
    fn from(tree: &Tree) -> Self {
        Self {
            nodes: tree.nodes.to_vec(),
            traces: tree.traces,
            dropped: tree.dropped,
            traced: tree.traced.as_deref().cloned(),
        }
    }
}

impl WireTree {
    fn load(self) -> Result<Tree, String> {
        let mut depths: Vec<u32> = Vec::with_capacity(self.nodes.len());
        for (at, node) in self.nodes.iter().enumerate() {
            let above = node.parent.map(|parent| depths.get(parent as usize).copied());
            let depth = match above {
                None => 1,
                Some(Some(above)) => above + 1,
                Some(None) => return Err(format!("node {at} of the tree comes before its parent")),
            };
            // One more than is traced: `(other)` below the deepest.
            if depth > DEEPEST + 1 {
                return Err(format!("node {at} of the tree has more than {DEEPEST} others around it"));
            }
            depths.push(depth);
        }
        self.traced.as_ref().map_or(Ok(()), Traced::check)?;
        Ok(Tree::new(self.nodes, self.traces, self.dropped, self.traced))
    }
}

impl From<&LabelStats> for WireLabel {
    fn from(label: &LabelStats) -> Self {
        Self {
            key: label.key.clone().into_owned(),
            value: label.value.clone().into_owned(),
            is_other: label.is_other,
            stats: (&label.stats).into(),
        }
    }
}

impl WireLabel {
    fn load(self) -> LabelStats {
        let Self { key, value, is_other, stats } = self;
        LabelStats { key: key.into(), value: value.into(), is_other, stats: stats.load() }
    }
}

impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WireSnapshot {
            schema_version: Self::SCHEMA_VERSION,
            counted_from: self.counted_from,
            uptime: self.uptime,
            clock: self.clock.clone().into_owned(),
            overhead: self.overhead,
            functions: self.functions.iter().map(WireFunction::from).collect(),
            guards: self.guards.clone(),
            tree: WireTree::from(&self.tree),
            process: self.process.clone(),
            metrics: self.metrics.clone(),
            queues: self.queues.clone(),
            locks: self.locks.clone(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Snapshot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = WireSnapshot::deserialize(deserializer)?;
        if wire.schema_version != Self::SCHEMA_VERSION {
            let version = wire.schema_version;
            return Err(D::Error::custom(format!(
                "schema_version {version} is not {}, which is all that is known here",
                Self::SCHEMA_VERSION
            )));
        }
        Ok(Self {
            functions: wire.functions.into_iter().map(WireFunction::load).collect(),
            guards: wire.guards,
            process: wire.process,
            metrics: wire.metrics,
            queues: wire.queues,
            locks: wire.locks,
            counted_from: wire.counted_from,
            uptime: wire.uptime,
            clock: wire.clock.into(),
            overhead: wire.overhead,
            tree: wire.tree.load().map_err(D::Error::custom)?,
        })
    }
}
