//! Traces and the call tree in the formats that viewers read (feature `trace`).
//!
//! | what | read by |
//! | --- | --- |
//! | [`chrome`] of traces | <https://ui.perfetto.dev>, `chrome://tracing`, and most other viewers of timelines |
//! | [`speedscope`] of traces, and of the call tree | <https://www.speedscope.app> |
//! | [`Tree::folded`](perf_core::Tree::folded) | `flamegraph.pl`, inferno, and most others that draw flame graphs |
//!
//! All of it is text made from what was handed in, and nothing else is looked at. What is returned as a `String` can as
//! well be [displayed](Chrome) piece by piece, into a file for instance.
//!
//! ```
//! use perf_export::trace;
//! use perf_runtime::{Config, Perf, profiled};
//!
//! #[profiled]
//! fn serve() {}
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let _perf = Perf::builder().config(Config { traces: 100, ..Config::production() }).start()?;
//!     serve();
//!     let path = std::env::temp_dir().join("serve.trace.json");
//!     std::fs::write(&path, trace::chrome(&perf_runtime::traces()))?;
//! #   std::fs::remove_file(path)?;
//!     Ok(())
//! }
//! ```

mod chrome;
mod json;
mod speedscope;

pub use chrome::{Chrome, chrome};
pub use speedscope::{Speedscope, speedscope, speedscope_of_tree};
