//! Lints that look at the whole of a body, and would miss what is still in it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::item::Function;

/// Clippy wants `clone` and `partial_cmp` to be one certain expression where `Copy` and `Ord` say the
/// same. Where the body is that expression, the lint has nothing to say. It is about the `impl`, so only an
/// attribute of ours on that can tell it so.
pub(super) fn satisfied(function: &Function) -> Option<TokenStream> {
    let name = &function.sig.ident;
    let body = function.body.as_ref()?.stream().into_token_stream().to_string().replace(' ', "");
    if name == "clone" && body == "*self" {
        return Some(quote!(#[allow(clippy::non_canonical_clone_impl)]));
    }
    if name == "partial_cmp" && body.starts_with("Some(self.cmp(") {
        return Some(quote!(#[allow(clippy::non_canonical_partial_ord_impl)]));
    }
    None
}
