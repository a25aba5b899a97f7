//! Knows how often an annotated function runs, how long it takes and what it costs.
//!
//! ```
//! use perf_runtime::profiled;
//!
//! #[profiled]
//! fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
//!     text.parse()
//! }
//!
//! for text in ["1", "2", "three"] {
//!     let _ = parse(text);
//! }
//!
//! let snapshot = perf_runtime::snapshot();
//! let parse = snapshot.function("parse").unwrap();
//! assert_eq!((parse.calls(), parse.errors()), (3, 1));
//! println!("p99 {:?}", parse.latency().p99());
//! println!("{snapshot}");
//! ```

mod aggregate;
mod call;
mod callsite;
mod config;
mod perf;
mod snapshot;

#[doc(hidden)]
pub mod __private;

pub use callsite::Workload;
pub use config::{Class, Classes, Config, ConfigError, Environment, Filter, FilterError, Sampling};
pub use perf::{Builder, Perf, current_config, drain, reset, set_config, snapshot};
pub use perf_macros::profiled;
pub use snapshot::{
    FunctionStats, Futures, Latency, ModuleStats, Overhead, Quantile, Series, Snapshot, Window, WindowStats,
};
