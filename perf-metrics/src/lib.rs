//! A program's own metrics: what it says with the macros of the crate `metrics` is in snapshots, and in the rolling windows
//! that functions have.
//!
//! ```
//! use metrics::{counter, describe_histogram, gauge, histogram};
//!
//! perf_runtime::metrics::install().unwrap();
//! describe_histogram!("request_size", metrics::Unit::Bytes, "What clients send.");
//!
//! counter!("requests", "route" => "/cart").increment(1);
//! gauge!("queue_length").set(3.0);
//! histogram!("request_size").record(1500.0);
//!
//! let snapshot = perf_runtime::snapshot();
//! assert_eq!(snapshot.metric("requests").unwrap().count(), Some(1));
//! println!("{snapshot}");
//! ```
//!
//! A counter adds to a cell of the running thread, a load and a store, and no other thread is in the way. A histogram does the
//! same with buckets, sixteen an octave, so that a value is known to 3 %; a gauge is one atomic number. The macros look
//! their metric up each time, which takes no lock and, but for a metric's first time on a thread, allocates nothing;
//! handles that are kept save that too.
//!
//! Memory is bounded: by 4096 metrics of a kind, and 1024 of one name, unless the [builder](RecorderBuilder) says
//! otherwise. What has labels beyond that goes to one metric of its name, which says so. A metric takes some 4 kB, a quarter
//! of one more for each thread that uses its macro, and a histogram 1 kB for each thread and factor of 256 between the
//! values that it records, up to 11.

mod counter;
mod gauge;
mod histogram;
mod history;
mod recorder;
mod table;

use std::fmt;

pub use recorder::{Recorder, RecorderBuilder};

/// Lets the macros' numbers go to snapshots from now on.
///
/// # Errors
///
/// Another recorder is installed already, this one or somebody else's.
pub fn install() -> Result<(), InstallError> {
    builder().install()
}

/// Says how much room there is, before [installing](RecorderBuilder::install).
pub fn builder() -> RecorderBuilder {
    RecorderBuilder::default()
}

/// Why a recorder cannot be installed: there is one, and a process has one for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstallError(());

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "another recorder of metrics is installed already; let it hand on to `builder().recorder()` instead",
        )
    }
}

impl std::error::Error for InstallError {}
