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

// The rest is a crate of its own so that it need not wait for the attribute's crate to be built.
#[doc(inline)]
pub use perf_core::*;
#[cfg(feature = "guard")]
#[doc(inline)]
pub use perf_guard::*;
pub use perf_macros::profiled;

#[cfg(feature = "metrics")]
#[doc(inline)]
pub use perf_metrics as metrics;
#[cfg(feature = "process")]
#[doc(inline)]
pub use perf_process as process;
#[cfg(feature = "sync")]
#[doc(inline)]
pub use perf_sync as sync;

#[cfg(feature = "guard")]
#[doc(inline)]
pub use perf_macros::{bulkhead, cached, circuit_breaker, load_shed, rate_limited, retry, timeout};

#[cfg(not(feature = "guard"))]
#[doc(hidden)]
pub use perf_core::__private;

#[cfg(feature = "guard")]
#[doc(hidden)]
pub use perf_guard::__private;
