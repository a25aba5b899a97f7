//! Arguments that move into a closure or a future, and are bound there again, in order, so that
//! they are dropped when and as the function would have dropped them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::site::local;
use crate::attribute::Attribute;
use crate::output::never_drops;
use crate::signature::{Argument, Signature};
use crate::types::{Shape, Type};

/// For a closure: what nobody sees dropped is captured as it is.
pub(super) fn for_closure(sig: &mut Signature) -> TokenStream {
    rebound(sig, |argument| argument.name().is_some() && never_drops(&argument.ty))
}

/// For a future, which takes all arguments with it, also those that it does not use.
pub(super) fn for_future(sig: &mut Signature) -> TokenStream {
    rebound(sig, |_| false)
}

/// Renames what has to be renamed in the signature, and gives the statements that bind it again.
fn rebound(sig: &mut Signature, stays: impl Fn(&Argument) -> bool) -> TokenStream {
    let mut statements = TokenStream::new();
    for (index, argument) in sig.inputs.iter_mut().enumerate() {
        if let Some(receiver) = argument.receiver() {
            statements.extend(whole(argument, &receiver));
        } else if !stays(argument) {
            statements.extend(rebind(argument, index));
        }
    }
    statements
}

/// `self` cannot be bound again, but mentioning all of it keeps its parts together: captured by
/// the part, it would be dropped by the part.
fn whole(argument: &Argument, receiver: &Ident) -> Option<TokenStream> {
    let by_reference = matches!(Type(argument.pat.clone()).shape(), Shape::Reference)
        || matches!(argument.ty.shape(), Shape::Reference);
    (!by_reference).then(|| quote!(let _ = &#receiver;))
}

/// Takes the pattern out of the signature and into a `let`, under the argument's own attributes.
///
/// The value is moved in whole before it is taken apart, so that the parts that the pattern leaves
/// out are dropped in their turn.
fn rebind(argument: &mut Argument, index: usize) -> TokenStream {
    let attrs = argument.attrs.clone();
    let cfgs: Vec<&Attribute> = attrs.iter().filter(|attr| attr.meta.is("cfg")).collect();
    // A lint's level is about the binding, which is no longer here.
    argument.attrs.retain(|attr| !is_lint_level(attr));
    let bound: Vec<&Attribute> = attrs.iter().filter(|attr| is_lint_level(attr)).collect();
    let (pat, name) = (argument.pat.clone(), argument.name());
    // A name that says that it is not used had better not be.
    if let Some(name) = name.as_ref().filter(|name| !name.to_string().starts_with('_')) {
        argument.pat = name.to_token_stream();
        return quote!(#(#cfgs)* #(#bound)* let #pat = #name;);
    }
    let fresh = local(&format!("argument_{index}"));
    // Clippy asks for a reason to bind to a plain `_name`; taking a tuple apart is one.
    let (left, right) =
        if name.is_some() { (quote!((#pat,)), quote!((#fresh,))) } else { (quote!(#pat), quote!(#fresh)) };
    argument.pat = fresh.to_token_stream();
    quote_spanned! {Span::mixed_site()=>
        #(#cfgs)* let mut #fresh = #fresh;
        #(#cfgs)* #(#bound)* let #left = #right;
    }
}

fn is_lint_level(attr: &Attribute) -> bool {
    ["allow", "expect", "warn", "deny", "forbid"].iter().any(|level| attr.meta.is(level))
}
