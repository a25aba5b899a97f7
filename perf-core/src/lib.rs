//! What `perf-runtime` is made of, but for its attributes; depend on that crate instead.

mod aggregate;
pub mod alloc;
mod call;
mod callsite;
mod config;
mod exporting;
mod guards;
pub mod health;
mod order;
mod parts;
mod perf;
mod snapshot;
mod traces;

#[doc(hidden)]
pub mod __private;

#[doc(hidden)]
pub mod __guard {
    //! What the guards are built on. Not for use by hand; it changes without notice.

    pub use crate::aggregate::{Layout, Rings, Timeline};
    pub use crate::alloc::counters::uncounted;
    pub use crate::call::{
        Gathered, PerThread, ResourceUse, Values, forks, forks_again, nanos, next_interval, process_cpu_nanos,
        resource_use,
    };
    pub use crate::config::{duration, keys_of, rate, share};
    pub use crate::guards::{Hooks, connect};
    pub use crate::parts::{Metrics, Process, Waits, set_metrics, set_process, set_sync};
}

#[doc(hidden)]
pub use snapshot::text as __text;

pub use call::{Context, InCurrent, in_current, set_trace_id};
pub use callsite::Workload;
pub use config::{
    Class, Classes, Config, ConfigError, Environment, Filter, FilterError, GuardDefaults, GuardSettings, Sampling,
};
pub use exporting::Exporting;
pub use health::Health;
pub use perf::{Builder, Perf, current_config, drain, health, reset, set_config, snapshot};
#[cfg(feature = "json")]
pub use snapshot::file::write_snapshot;
#[cfg(all(unix, feature = "signal"))]
pub use snapshot::file::write_snapshot_on_signal;
pub use snapshot::{
    Aim, Allocations, Branch, Bucket, Burn, CallCpu, CgroupStats, Clause, CpuShare, CpuTime, Distribution, Durations,
    Edge, FunctionStats, Futures, GuardKind, GuardStats, InFlight, LabelStats, Latency, LockKind, LockStats,
    LockWindow, MachineStats, MemoryUse, MetricStats, MetricValue, MetricWindow, ModuleStats, Objective, OtherThreads,
    Outcome, Overhead, Pressure, ProcessStats, Quantile, QueueKind, QueueStats, QueueWindow, Scheduled, Series,
    SliceStats, SlowCall, Snapshot, Span, ThreadState, ThreadStats, Throttling, Trace, TraceCall, Tree, Window,
    WindowStats,
};
pub use traces::{KeepTraces, keep_traces, keep_traces_for, traces};
