//! A function that returns a future. What is measured is the future, not its making.

use proc_macro2::{Group, TokenStream};
use quote::quote;
use syn::{Attribute, Path, ReturnType, Type, parse_quote};

use super::site::{items, local, private};
use super::{arguments, exits, shows_closures, split_inner_attrs, with_body};
use crate::check::conditional;
use crate::item::Function;
use crate::options::Options;
use crate::output::Written;

/// `async fn f(…) -> T { body }` becomes `fn f(…) -> impl Future<Output = T> { measured(async move { body }) }`.
///
/// The wrapper is a struct polled in place: one layer fewer than an `async fn` around it, and
/// nothing of the arguments is stored twice. This crate's edition makes the `impl` capture every
/// lifetime, as an `async fn` does.
pub(crate) fn async_fn(mut function: Function, options: &Options) -> TokenStream {
    let output = Written::of(&written_output(&function));
    if output.is_never() || function.attrs.iter().any(needs_async) {
        return kept_async(function, options);
    }
    let private = private(options);
    let (inner_attrs, future) = measured(&mut function, &output, options);
    function.sig.asyncness = None;
    let written = written_output(&function);
    function.sig.output = parse_quote!(-> impl #private::Future<Output = #written>);
    with_body(&function, quote!(#inner_attrs #future))
}

/// Stays an `async fn`, for those who look for one, and awaits the measured future inside.
pub(crate) fn kept_async(mut function: Function, options: &Options) -> TokenStream {
    let output = Written::of(&written_output(&function));
    let (inner_attrs, future) = measured(&mut function, &output, options);
    with_body(&function, quote!(#inner_attrs #future.await))
}

/// `fn f(…) -> impl Future<Output = T>`: runs the body, and measures the future that it made.
pub(crate) fn returning(mut function: Function, output: &Written, options: &Options) -> TokenStream {
    let Some(body) = function.body.clone() else { return quote!(#function) };
    let (private, items) = (private(options), items(options, &function.sig.ident));
    let (inner_attrs, body) = split_inner_attrs(&body);
    let (site, probe, future) = (local("site"), local("probe"), local("future"));
    let (error, ty) = (error_probe(&private, output), &output.ty);
    let exit = |run: &TokenStream| quote!(let #future = #run; #private::Measured::new(#site, #future, #probe));
    let end = exit(&run(&mut function, &body, &private, &exit));
    let inside = quote! {
        #inner_attrs
        let #site = { #items || (&SITE, LANE.with(#private::Lane::here)) };
        let #probe = #private::probe::<#ty, _>(#error);
        #end
    };
    with_body(&function, inside)
}

/// The body as an expression: as it is where it can only end at its end; with every `return`
/// rewritten where a closure would show; as a closure otherwise.
fn run(
    function: &mut Function,
    body: &Group,
    private: &TokenStream,
    exit: &dyn Fn(&TokenStream) -> TokenStream,
) -> TokenStream {
    if !exits::leaves_early(body.stream()) {
        return quote!(#body);
    }
    if shows_closures(function, body) && !exits::hides_returns(body.stream()) {
        return exits::rewrite_returns(body, exit);
    }
    let arguments = arguments::for_closure(&mut function.sig);
    quote!(#private::invoke(move || { #arguments #body }))
}

/// The body as a measured `async move` block, whose arguments are bound again inside, in order,
/// as rustc does for an `async fn`.
fn measured(function: &mut Function, output: &Written, options: &Options) -> (TokenStream, TokenStream) {
    let Some(body) = function.body.clone() else { return Default::default() };
    let private = private(options);
    let (inner_attrs, body) = split_inner_attrs(&body);
    let arguments = arguments::for_future(&mut function.sig);
    let hint = output_hint(&private, output);
    let items = items(options, &function.sig.ident);
    let probe = error_probe(&private, output);
    // The items stand in a block of their own; the future is made in its place, and not moved there.
    let tokens = quote! {
        #private::Measured::new({ #items || (&SITE, LANE.with(#private::Lane::here)) }, async move { #arguments #hint #body }, #probe)
    };
    (inner_attrs, tokens)
}

/// Tells inference what the block gives back, as the signature did.
fn output_hint(private: &TokenStream, output: &Written) -> TokenStream {
    if output.is_never() {
        return TokenStream::new();
    }
    let (out, ty) = (local("out"), &output.ty);
    quote! {
        if let #private::Some(#out) = #private::None::<#ty> { return #out; }
    }
}

/// A closure that says whether an output is an error.
fn error_probe(private: &TokenStream, output: &Written) -> TokenStream {
    if output.is_never() {
        return quote!(|_| false);
    }
    let out = local("out");
    quote!(|#out| { use #private::Infallible as _; #private::Output(#out).is_error() })
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
    let needs_it = |path: &Path| path.is_ident("must_use") || !is_builtin(path);
    match conditional(attr) {
        Some(parts) => parts.iter().skip(1).any(|meta| needs_it(meta.path())),
        None => needs_it(attr.path()),
    }
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
