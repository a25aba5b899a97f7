//! The attributes of `perf-runtime`, which re-exports them; depend on that crate instead.
//!
//! An attribute's way through this crate: `options` and `item` parse, `check` says everything
//! that is wrong, `expand` writes the new tokens and cannot fail.

mod attribute;
mod check;
mod expand;
mod item;
mod options;
mod output;
mod signature;
mod tokens;
mod types;

use proc_macro::TokenStream;

/// Counts every call of a function and measures how long the sampled ones take.
///
/// The attribute is documented where users meet it, as `perf_runtime::profiled`.
#[proc_macro_attribute]
pub fn profiled(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::profiled(args.into(), item.into()).into()
}
