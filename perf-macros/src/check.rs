//! What cannot be measured, and what to do about it.

use proc_macro2::Span;
use syn::Error;

use crate::attribute::{Attribute, Meta};
use crate::item::Function;

/// Why a function cannot be wrapped, if it cannot.
pub(crate) fn unwrappable(function: &Function) -> Option<Error> {
    let sig = &function.sig;
    let (at, why) = if let Some(keyword) = sig.qualifier("const") {
        (
            keyword,
            "a `const fn` cannot be measured: it may run in the compiler, which has no clock\n\
             remove `const`, or measure the function that calls it",
        )
    } else if function.body.is_none() {
        (
            sig.ident.span(),
            "a function without a body cannot be measured\n\
             put the attribute on the implementation, or give this one a default body",
        )
    } else if let Some(variadic) = sig.variadic() {
        (variadic, "a C-variadic function cannot be wrapped\nmeasure the function that it calls")
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
        if is_profiled(&attr.meta) {
            let why = "`#[profiled]` is given twice, which would count every call twice\nput all options into one";
            return Some(Error::new(attr.meta.span(), why));
        }
        let conditional = attr.conditional()?;
        let ours = conditional.iter().find(|meta| is_profiled(meta))?;
        Some(Error::new(
            ours.span(),
            "`#[profiled]` under a condition cannot be seen by the one around or before it\n\
             write two versions of the function, each under its `#[cfg(…)]`, or make the other one conditional too",
        ))
    })
}

pub(crate) fn is_profiled(meta: &Meta) -> bool {
    meta.names().last().is_some_and(|last| *last == "profiled")
}

fn naked(attrs: &[Attribute]) -> Option<Span> {
    let is_naked = |meta: &Meta| meta.is("naked") || (meta.is("unsafe") && meta.arguments().to_string() == "naked");
    attrs.iter().find(|attr| is_naked(&attr.meta)).map(|attr| attr.meta.span())
}
