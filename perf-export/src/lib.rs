//! Ways out of the process for what `perf-runtime` knows. Each is a feature, and none is on by default.

#[cfg(feature = "prometheus")]
pub mod prometheus;
