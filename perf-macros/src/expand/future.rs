//! A function that returns a future. What is measured is the future, not its making.

use proc_macro2::{Group, TokenStream};
use quote::quote;

use super::extras::Extras;
use super::redirect::redirected;
use super::site::{self, items, local, private};
use super::{arguments, capture, exits, shows_closures, split_inner_attrs, with_body};
use crate::attribute::{Attribute, Meta};
use crate::item::Function;
use crate::options::Options;
use crate::output::Written;
use crate::types::Type;

/// `async fn f(…) -> T { body }` becomes `fn f(…) -> impl Future<Output = T> { measured(async move { body }) }`.
///
/// The wrapper is a struct polled in place: one layer fewer than an `async fn` around it, and
/// nothing of the arguments is stored twice. This crate's edition makes the `impl` capture every
/// lifetime, as an `async fn` does.
pub(crate) fn async_fn(mut function: Function, options: &Options) -> TokenStream {
    let output = Written::of(&written_output(&function));
    if stays_async(&function, &output) {
        return kept_async(function, options);
    }
    let (inner_attrs, future) = measured(&mut function, &output, options);
    becomes_plain(&mut function, &private(options));
    with_body(&function, quote!(#inner_attrs #future))
}

/// Whether somebody looks for the keyword.
pub(super) fn stays_async(function: &Function, output: &Written) -> bool {
    output.is_never() || function.attrs.iter().any(needs_async)
}

/// `async fn f() -> T` becomes `fn f() -> impl Future<Output = T>`.
pub(super) fn becomes_plain(function: &mut Function, private: &TokenStream) {
    function.sig.qualifiers.retain(|token| token.to_string() != "async");
    let written = written_output(function);
    function.sig.arrow.get_or_insert_default();
    function.sig.output = Type(quote!(impl #private::Future<Output = #written>));
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
    let extras = Extras::of(options, &private);
    let own = quote!(|| (&SITE, LANE.with(#private::Lane::here)));
    let (names, kept): (Vec<_>, Vec<_>) = extras.kept().into_iter().unzip();
    let (asked, unpacked) = (extras.asked_for(&function.sig), extras.unpacked(&function.sig));
    let (run, is_closure) = run(&mut function, &body, &private, &asked);
    let unpacked = is_closure.then_some(unpacked);
    let site_items = if extras.is_none() {
        quote!(let #site = { #items #own };)
    } else {
        let find = extras.find();
        quote!(let (#site, #(#names,)*) = { #items (#own, #(#kept,)*) }; #unpacked #find)
    };
    let (within, measured) = (extras.measured(quote!(#future), &quote!(#probe)), site::measured(options, &private));
    let inside = quote! {
        #inner_attrs
        #site_items
        let #probe = #private::probe::<#ty, _>(#error);
        let #future = #run;
        #measured(#site, #within, #probe)
    };
    with_body(&function, inside)
}

/// The body as an expression: as it is where it can only end at its end; as a block to break out of
/// where a closure would show; as a closure otherwise, which it then says.
fn run(function: &mut Function, body: &Group, private: &TokenStream, asked: &TokenStream) -> (TokenStream, bool) {
    if !exits::leaves_early(body.stream()) {
        return (quote!(#body), false);
    }
    if shows_closures(function, body) && !exits::hides_returns(body.stream()) {
        let redirected = redirected(body);
        if redirected.is_complete {
            return (redirected.body, false);
        }
    }
    let arguments = arguments::for_closure(&mut function.sig);
    (quote!(#private::invoke(move || { #arguments #asked #body })), true)
}

/// The body as a measured `async move` block, whose arguments are bound again inside, in order,
/// as rustc does for an `async fn`.
fn measured(function: &mut Function, output: &Written, options: &Options) -> (TokenStream, TokenStream) {
    let Some(body) = function.body.clone() else { return Default::default() };
    let private = private(options);
    let (inner_attrs, body) = split_inner_attrs(&body);
    let extras = Extras::of(options, &private);
    let (asked, unpacked) = (extras.asked_for(&function.sig), extras.unpacked(&function.sig));
    let arguments = arguments::for_future(&mut function.sig);
    let hint = output_hint(&private, output);
    let items = items(options, &function.sig.ident);
    let (probe, measured) = (error_probe(&private, output), site::measured(options, &private));
    let own = quote!(|| (&SITE, LANE.with(#private::Lane::here)));
    if !extras.is_none() {
        let (names, kept): (Vec<_>, Vec<_>) = extras.kept().into_iter().chain(extras.site()).unzip();
        let (find, captured) = (extras.find(), capture::statements(options, true));
        let future = quote!(async move { #arguments #asked #captured #hint #body });
        let call = local("own");
        let within = extras.measured(future, &probe);
        let tokens = quote! {
            let (#call, #(#names,)*) = { #items (#own, #(#kept,)*) };
            #unpacked
            #find
            #measured(#call, #within, #probe)
        };
        return (inner_attrs, tokens);
    }
    // The items stand in a block of their own; the future is made in its place, and not moved there.
    let tokens = quote! {
        #measured({ #items #own }, async move { #arguments #hint #body }, #probe)
    };
    (inner_attrs, tokens)
}

/// Tells inference what the block gives back, as the signature did.
pub(super) fn output_hint(private: &TokenStream, output: &Written) -> TokenStream {
    if output.is_never() {
        return TokenStream::new();
    }
    let (out, ty) = (local("out"), &output.ty);
    quote! {
        if let #private::Some(#out) = #private::None::<#ty> { return #out; }
    }
}

/// A closure that says whether an output is an error.
pub(super) fn error_probe(private: &TokenStream, output: &Written) -> TokenStream {
    if output.is_never() {
        return quote!(|_| false);
    }
    let out = local("out");
    quote!(|#out| { use #private::Infallible as _; #private::Output(#out).is_error() })
}

pub(super) fn written_output(function: &Function) -> Type {
    let written = &function.sig.output;
    if written.0.is_empty() { Type(quote!(())) } else { written.clone() }
}

/// Attributes that mean something else on a function that is not `async`: `#[must_use]` would be
/// about the future, and a macro that follows may look for the keyword.
fn needs_async(attr: &Attribute) -> bool {
    let needs_it = |meta: &Meta| meta.is("must_use") || !is_builtin(meta);
    attr.conditional().map_or_else(|| needs_it(&attr.meta), |metas| metas.iter().any(needs_it))
}

/// Attributes of the language and of its tools, none of which looks at the function's tokens.
pub(super) fn is_builtin(meta: &Meta) -> bool {
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
    match &*meta.names() {
        [] => false,
        [name] => BUILTIN.iter().any(|builtin| *name == builtin),
        [first, ..] => TOOLS.iter().any(|tool| *first == tool),
    }
}
