//! A function that returns when it is done.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::{Attribute, FnArg, Ident, Pat, PatIdent, PatType, Signature};

use super::site::{items, local, private};
use super::{split_inner_attrs, with_body};
use crate::item::Function;
use crate::options::Options;
use crate::output::{Output, never_a_future, never_drops};

/// Counts, runs the body, and looks at how it ended.
///
/// A body that can only end at its end is a block whose value is looked at. One with a `return`,
/// a `?` or a macro (which may hide either) becomes a closure, so that all its ways out lead past
/// the same place.
pub(crate) fn function(mut function: Function, output: &Output, options: &Options) -> TokenStream {
    let Some(body) = function.body.clone() else { return quote!(#function) };
    let private = private(options);
    let (inner_attrs, body) = split_inner_attrs(&body);
    let items = items(options, &function.sig.ident);
    let (call, out) = (local("call"), local("out"));
    let enter = quote! {
        let #call = { #items #private::Call::enter(LANE.with(#private::Lane::here), &SITE) };
    };
    let (value, exit) = match output {
        // It ends by a panic or not at all, and `Drop` sees the panic.
        Output::Never => (TokenStream::new(), quote!(#body)),
        _ if leaves_early(body.stream()) => {
            let run = closure(&mut function, output, &body, &private);
            value_and_exit(output, &run, &private, &call, &out, true)
        }
        _ => value_and_exit(output, &quote!(#body), &private, &call, &out, false),
    };
    with_body(&function, quote!(#inner_attrs #enter #value #exit))
}

fn value_and_exit(
    output: &Output,
    run: &TokenStream,
    private: &TokenStream,
    call: &Ident,
    out: &Ident,
    is_call: bool,
) -> (TokenStream, TokenStream) {
    let semi = is_call.then(|| quote!(;));
    match output {
        Output::Unit | Output::Never => (quote!(#run #semi), quote!(#[allow(unreachable_code)] #call.returned();)),
        Output::Infallible(ty) => {
            (quote!(let #out: #ty = #run;), quote!(#[allow(unreachable_code)] #call.returned(); #out))
        }
        Output::Named(ty) => {
            let settle = if never_a_future(ty) {
                quote!(settle(#call))
            } else {
                let value = local("value");
                quote!(settle_any(#call, |#value| { use #private::Infallible as _; #private::Output(#value).is_error() }))
            };
            (
                quote!(let #out: #ty = #run;),
                quote! {
                    #[allow(unreachable_code)]
                    let #out = { use #private::Settle as _; #private::Ended(#out).#settle };
                    #out
                },
            )
        }
        Output::Opaque | Output::Future(_) => {
            (quote!(let #out = #run;), quote!(#[allow(unreachable_code)] #call.returned(); #out))
        }
    }
}

/// `invoke(move || -> T { let a = a; … body })`.
///
/// The arguments are bound again, in order, so that they are dropped in the order in which the
/// function would drop them.
fn closure(function: &mut Function, output: &Output, body: &Group, private: &TokenStream) -> TokenStream {
    let arguments = rebound(&mut function.sig);
    let arrow = match output {
        Output::Unit | Output::Never => quote!(-> ()),
        Output::Infallible(ty) | Output::Named(ty) => quote!(-> #ty),
        Output::Opaque | Output::Future(_) => TokenStream::new(),
    };
    let inside = if arguments.is_empty() { quote!(#body) } else { quote!({ #arguments #body }) };
    quote!(#private::invoke(move || #arrow #inside))
}

/// Renames what has to be renamed in the signature, and gives the statements that bind it again.
fn rebound(sig: &mut Signature) -> TokenStream {
    let mut statements = TokenStream::new();
    for (index, argument) in sig.inputs.iter_mut().enumerate() {
        let FnArg::Typed(argument) = argument else { continue };
        if let Pat::Ident(PatIdent { by_ref: None, subpat: None, .. }) = &*argument.pat
            && never_drops(&argument.ty)
        {
            continue;
        }
        statements.extend(rebind(argument, index));
    }
    statements
}

/// Takes the pattern out of the signature and into a `let`, under the argument's own `#[cfg]`.
pub(crate) fn rebind(argument: &mut PatType, index: usize) -> TokenStream {
    let cfg: Vec<&Attribute> = argument
        .attrs
        .iter()
        .filter(|attr| ["cfg", "allow", "expect", "warn"].iter().any(|name| attr.path().is_ident(name)))
        .collect();
    let pat = argument.pat.clone();
    if let Pat::Ident(PatIdent { by_ref: None, subpat: None, mutability, ident, .. }) = &mut *argument.pat {
        *mutability = None;
        return quote!(#(#cfg)* let #pat = #ident;);
    }
    let fresh = local(&format!("argument_{index}"));
    let statement = quote_spanned!(proc_macro2::Span::mixed_site()=> #(#cfg)* let #pat = #fresh;);
    *argument.pat =
        Pat::Ident(PatIdent { attrs: Vec::new(), by_ref: None, mutability: None, ident: fresh, subpat: None });
    statement
}

/// Whether a body may end before its end: `return`, `?`, or a macro, which may hide them.
fn leaves_early(body: TokenStream) -> bool {
    let mut previous_is_name = false;
    let mut tokens = body.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match &token {
            TokenTree::Ident(name) => name == "return",
            TokenTree::Punct(punct) => match punct.as_char() {
                '?' => true,
                '!' => previous_is_name && matches!(tokens.peek(), Some(TokenTree::Group(_))),
                _ => false,
            },
            TokenTree::Group(group) => leaves_early(group.stream()),
            TokenTree::Literal(_) => false,
        };
        if found {
            return true;
        }
        previous_is_name = matches!(token, TokenTree::Ident(_));
    }
    false
}
