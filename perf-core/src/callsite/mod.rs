//! Who is measured: one static per annotated function, and the registry that finds them all.

mod cpu;
mod keep;
mod registry;
mod site;

pub(crate) use cpu::UNDECIDED;
pub(crate) use keep::Keep;
pub(crate) use registry::registered;
#[cfg(unix)]
pub(crate) use registry::{Hold, hold};
pub use site::{Site, Workload};
