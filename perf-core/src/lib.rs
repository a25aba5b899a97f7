//! What `perf-runtime` is made of, but for its attributes; depend on that crate instead.

mod aggregate;
mod call;
mod callsite;
mod config;
mod order;
mod perf;
mod snapshot;

#[doc(hidden)]
pub mod __private;

pub use callsite::Workload;
pub use config::{Class, Classes, Config, ConfigError, Environment, Filter, FilterError, Sampling};
pub use perf::{Builder, Perf, current_config, drain, reset, set_config, snapshot};
pub use snapshot::{
    FunctionStats, Futures, Latency, ModuleStats, Overhead, Quantile, Series, Snapshot, Window, WindowStats,
};
