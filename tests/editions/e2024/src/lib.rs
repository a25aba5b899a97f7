//! Annotated functions of edition 2024, with every lint that a careful user may have on.

#![forbid(unsafe_code)]
#![forbid(unused, unreachable_code)]
#![deny(warnings, missing_docs, unreachable_pub, rust_2018_idioms, rust_2021_compatibility)]
#![deny(unused_lifetimes, unused_qualifications, single_use_lifetimes, trivial_casts, let_underscore_drop)]
#![deny(clippy::all, clippy::pedantic)]

#[path = "../../shapes.rs"]
pub mod shapes;
