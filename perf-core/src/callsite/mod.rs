//! Who is measured: one static per annotated function, and the registry that finds them all.

mod cpu;
mod keep;
mod labels;
mod registry;
mod shortcuts;
mod site;
mod slo;
mod text;

pub(crate) use cpu::UNDECIDED;
pub(crate) use keep::Keep;
pub(crate) use labels::OTHER;
pub use labels::{Bare, LabelOf, Labels, Shown};
pub(crate) use registry::registered;
#[cfg(unix)]
pub(crate) use registry::{Hold, hold};
pub use site::{Site, Workload};
pub use slo::Slo;
pub(crate) use slo::{PERCENTILES, Promise};
