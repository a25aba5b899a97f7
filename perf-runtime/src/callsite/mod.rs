//! Who is measured: one static per annotated function, and the registry that finds them all.

mod registry;
mod site;

pub(crate) use registry::{Hold, hold, registered};
pub use site::{Site, Workload};
