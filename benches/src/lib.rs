//! What the benches share: interleaved rounds, CPU time, a table, JSON.

pub mod args;
pub mod cpu;
pub mod report;
pub mod rounds;
pub mod thousand;
