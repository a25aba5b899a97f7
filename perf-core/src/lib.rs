//! What `perf-runtime` is made of, but for its attributes; depend on that crate instead.

mod aggregate;
mod call;
mod callsite;
mod config;
mod guards;
mod order;
mod perf;
mod snapshot;

#[doc(hidden)]
pub mod __private;

#[doc(hidden)]
pub mod __guard {
    //! What the guards are built on. Not for use by hand; it changes without notice.

    pub use crate::call::{PerThread, forks, forks_again, nanos, process_cpu_nanos};
    pub use crate::config::{duration, keys_of, rate, share};
    pub use crate::guards::{Hooks, connect};
}

pub use call::{Context, InCurrent, in_current};
pub use callsite::Workload;
pub use config::{
    Class, Classes, Config, ConfigError, Environment, Filter, FilterError, GuardDefaults, GuardSettings, Sampling,
};
pub use perf::{Builder, Perf, current_config, drain, reset, set_config, snapshot};
pub use snapshot::{
    Branch, CpuTime, Edge, FunctionStats, Futures, GuardKind, GuardStats, Latency, ModuleStats, Overhead, Quantile,
    Scheduled, Series, Snapshot, Tree, Window, WindowStats,
};
