//! Guards as layers of tower.

mod admission;
mod answers;
mod several;
mod support;
mod waiting;
