//! Ways out of the process for what `perf-runtime` knows. Each is a feature, and none is on by default.

#[cfg(feature = "otlp")]
pub mod otlp;
#[cfg(feature = "page")]
pub mod page;
#[cfg(feature = "prometheus")]
pub mod prometheus;
#[cfg(feature = "serve")]
pub mod serve;
#[cfg(feature = "trace")]
pub mod trace;

#[cfg(feature = "serve")]
pub use serve::serve;
