//! A function that returns a future. What is measured is the future, not its making.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, FnArg, Path, ReturnType, Type, parse_quote};

use super::site::{items, local, private};
use super::sync::rebind;
use super::{split_inner_attrs, with_body};
use crate::item::Function;
use crate::options::Options;
use crate::output::{erased, is_never};

/// `async fn f(…) -> T { body }` becomes `fn f(…) -> impl Future<Output = T> { measured(async move { body }) }`.
///
/// The wrapper is a struct polled in place: one layer fewer than an `async fn` around it, and
/// nothing of the arguments is stored twice. This crate's edition makes the `impl` capture every
/// lifetime, as an `async fn` does.
pub(crate) fn async_fn(mut function: Function, options: &Options) -> TokenStream {
    let output = output_of(&function);
    let kept = is_never(&output) || function.attrs.iter().any(needs_async);
    if kept {
        return kept_async(function, options);
    }
    let (inner_attrs, future) = measured(&mut function, &output, options);
    function.sig.asyncness = None;
    let private = private(options);
    let written = written_output(&function);
    function.sig.output = parse_quote!(-> impl #private::Future<Output = #written>);
    with_body(&function, quote!(#inner_attrs #future))
}

/// Stays an `async fn`, for those who look for one, and awaits the measured future inside.
pub(crate) fn kept_async(mut function: Function, options: &Options) -> TokenStream {
    let output = output_of(&function);
    let (inner_attrs, future) = measured(&mut function, &output, options);
    with_body(&function, quote!(#inner_attrs #future.await))
}

/// `fn f(…) -> impl Future<Output = T>`: runs the body, and measures the future that it made.
pub(crate) fn returning(function: Function, output: &Type, options: &Options) -> TokenStream {
    let Some(body) = &function.body else { return quote!(#function) };
    let private = private(options);
    let (inner_attrs, body) = split_inner_attrs(body);
    let items = items(options, &function.sig.ident);
    let (future, probe) = (local("future"), probe(&private, output));
    let inside = quote! {
        #inner_attrs
        let #future = #private::invoke(move || #body);
        { #items #private::Measured::new(|| (&SITE, LANE.with(#private::Lane::here)), #future, #probe) }
    };
    with_body(&function, inside)
}

/// The body as a measured `async move` block, whose arguments are bound again inside, in order,
/// as rustc does for an `async fn`.
fn measured(function: &mut Function, output: &Type, options: &Options) -> (TokenStream, TokenStream) {
    let Some(body) = function.body.clone() else { return Default::default() };
    let private = private(options);
    let (inner_attrs, body) = split_inner_attrs(&body);
    let mut arguments = TokenStream::new();
    for (index, argument) in function.sig.inputs.iter_mut().enumerate() {
        if let FnArg::Typed(argument) = argument {
            arguments.extend(rebind(argument, index));
        }
    }
    // Tells inference what the block gives back, as the signature did.
    let hint = if is_never(output) {
        TokenStream::new()
    } else {
        let out = local("out");
        quote! {
            if let #private::Some(#out) = #private::None::<#output> { return #out; }
        }
    };
    let items = items(options, &function.sig.ident);
    let probe = probe(&private, output);
    // The items stand in a block of their own; the future is made in its place, and not moved there.
    let tokens = quote! {
        #private::Measured::new({ #items || (&SITE, LANE.with(#private::Lane::here)) }, async move { #arguments #hint #body }, #probe)
    };
    (inner_attrs, tokens)
}

/// A closure that says whether an output is an error.
fn probe(private: &TokenStream, output: &Type) -> TokenStream {
    if is_never(output) {
        return quote!(|_| false);
    }
    let out = local("out");
    quote!(|#out: &#output| { use #private::Infallible as _; #private::Output(#out).is_error() })
}

/// The type that the future gives back, fit to stand in an expression.
fn output_of(function: &Function) -> Type {
    erased(&written_output(function))
}

fn written_output(function: &Function) -> Type {
    match &function.sig.output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    }
}

/// Attributes that mean something else on a function that is not `async`: `#[must_use]` would be
/// about the future, and a macro that follows may look for the keyword.
fn needs_async(attr: &Attribute) -> bool {
    attr.path().is_ident("must_use") || !is_builtin(attr.path())
}

/// Attributes of the language and of its tools, none of which looks at the function's tokens.
pub(super) fn is_builtin(path: &Path) -> bool {
    const BUILTIN: &[&str] = &[
        "allow",
        "automatically_derived",
        "cfg",
        "cfg_attr",
        "cold",
        "coverage",
        "deny",
        "deprecated",
        "doc",
        "expect",
        "export_name",
        "forbid",
        "ignore",
        "inline",
        "instruction_set",
        "link_section",
        "must_use",
        "no_mangle",
        "optimize",
        "path",
        "should_panic",
        "target_feature",
        "track_caller",
        "unsafe",
        "warn",
    ];
    const TOOLS: &[&str] = &["clippy", "diagnostic", "rustfmt", "miri", "rust_analyzer"];
    match path.get_ident() {
        Some(name) => BUILTIN.iter().any(|builtin| name == builtin),
        None => path.segments.first().is_some_and(|first| TOOLS.iter().any(|tool| first.ident == tool)),
    }
}
