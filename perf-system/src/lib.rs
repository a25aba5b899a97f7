//! What the system's files say of control groups, memory and pressure. Not for use by hand; it changes without
//! notice: depend on `perf-runtime` instead.

pub mod cpu;
mod files;
pub mod memory;
pub mod parse;
mod places;

pub use files::Files;
pub use places::{Controlled, Hierarchy, Places};
