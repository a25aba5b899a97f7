//! What cannot be measured, and what to do about it.

use proc_macro2::Span;
use syn::{Attribute, Error, Meta, Path, Token, punctuated::Punctuated, spanned::Spanned};

use crate::item::Function;

/// Why a function cannot be wrapped, if it cannot.
pub(crate) fn unwrappable(function: &Function) -> Option<Error> {
    let sig = &function.sig;
    let (at, why) = if let Some(keyword) = sig.constness {
        (
            keyword.span(),
            "a `const fn` cannot be measured: it may run in the compiler, which has no clock\n\
             remove `const`, or measure the function that calls it",
        )
    } else if function.body.is_none() {
        (
            sig.ident.span(),
            "a function without a body cannot be measured\n\
             put the attribute on the implementation, or give this one a default body",
        )
    } else if let Some(variadic) = &sig.variadic {
        (variadic.span(), "a C-variadic function cannot be wrapped\nmeasure the function that it calls")
    } else if let Some(naked) = naked(&function.attrs) {
        (naked, "a naked function has no room for a wrapper\nmeasure the function that calls it")
    } else {
        return None;
    };
    Some(Error::new(at, why))
}

/// A second attribute of ours among those that are left, which would count every call twice.
pub(crate) fn repeated(attrs: &[Attribute]) -> Option<Error> {
    attrs.iter().find_map(|attr| {
        if is_profiled(attr.path()) {
            let why = "`#[profiled]` is given twice, which would count every call twice\nput all options into one";
            return Some(Error::new(attr.path().span(), why));
        }
        let parts = conditional(attr)?;
        let ours = parts.iter().skip(1).find(|meta| is_profiled(meta.path()))?;
        Some(Error::new(
            ours.path().span(),
            "`#[profiled]` under a condition cannot be seen by the one around or before it\n\
             write two versions of the function, each under its `#[cfg(…)]`, or make the other one conditional too",
        ))
    })
}

pub(crate) fn is_profiled(path: &Path) -> bool {
    path.segments.last().is_some_and(|last| last.ident == "profiled")
}

/// What stands in `#[cfg_attr(…)]`: a condition, and the attributes under it.
pub(crate) fn conditional(attr: &Attribute) -> Option<Punctuated<Meta, Token![,]>> {
    attr.path().is_ident("cfg_attr").then(|| attr.parse_args_with(Punctuated::parse_terminated).ok())?
}

fn naked(attrs: &[Attribute]) -> Option<Span> {
    attrs.iter().find_map(|attr| {
        let mut text = quote::ToTokens::to_token_stream(&attr.meta).to_string();
        text.retain(|c| !c.is_whitespace());
        matches!(text.as_str(), "naked" | "unsafe(naked)").then(|| attr.path().span())
    })
}
