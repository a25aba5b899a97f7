//! What the inliner is told. By LLVM's count, measuring makes a function larger by about what a small
//! body amounts to, and one that used to be inlined no longer is. Where the user says nothing about it,
//! a hint makes up for that; on a JSON library of small functions it takes off a third of what
//! measuring costs, and a quarter of the time to compile.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};

use super::future::is_builtin;
use crate::attribute::Attribute;
use crate::item::Function;
use crate::tokens::names_any;

/// A body of so few tokens is inlined everywhere if it is not measured: a field, a call passed on.
const TINY: usize = 25;

/// A body of more is inlined nowhere, hint or not, and would only be compiled more than once.
const LARGE: usize = 500;

/// The attribute that the function gets, if any.
pub(super) fn hint(function: &Function) -> Option<TokenStream> {
    let body = function.body.as_ref()?.stream();
    let is_free = |attr: &Attribute| is_builtin(&attr.meta) && !names_any(attr.to_token_stream(), SETTLED);
    if function.sig.ident == "main" || !function.attrs.iter().all(is_free) {
        return None;
    }
    let tokens = count(body);
    if tokens <= TINY {
        // Clippy would find it bad advice, and to `allow` that is an error where it is forbidden.
        return Some(quote!(#[cfg_attr(not(clippy), inline(always))]));
    }
    (tokens <= LARGE).then(|| quote!(#[inline]))
}

/// Attributes that say it already, or that need a function of its own.
const SETTLED: &[&str] =
    &["inline", "cold", "optimize", "no_mangle", "export_name", "link_section", "target_feature", "instruction_set"];

fn count(stream: TokenStream) -> usize {
    stream
        .into_iter()
        .fold(0, |sum, token| sum + 1 + if let TokenTree::Group(group) = token { count(group.stream()) } else { 0 })
}
