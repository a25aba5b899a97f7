//! Arguments that move into a closure or a future, and are bound there again, in order, so that
//! they are dropped when and as the function would have dropped them.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, FnArg, Pat, PatIdent, PatType, Receiver, Signature, Type};

use super::site::local;
use crate::output::never_drops;

/// For a closure: what nobody sees dropped is captured as it is.
pub(super) fn for_closure(sig: &mut Signature) -> TokenStream {
    rebound(sig, |argument| is_plain(&argument.pat) && never_drops(&argument.ty))
}

/// For a future, which takes all arguments with it, also those that it does not use.
pub(super) fn for_future(sig: &mut Signature) -> TokenStream {
    rebound(sig, |_| false)
}

/// Renames what has to be renamed in the signature, and gives the statements that bind it again.
fn rebound(sig: &mut Signature, stays: impl Fn(&PatType) -> bool) -> TokenStream {
    let mut statements = TokenStream::new();
    for (index, argument) in sig.inputs.iter_mut().enumerate() {
        match argument {
            FnArg::Receiver(receiver) => statements.extend(whole(receiver)),
            FnArg::Typed(argument) if stays(argument) => {}
            FnArg::Typed(argument) => statements.extend(rebind(argument, index)),
        }
    }
    statements
}

/// `self` cannot be bound again, but mentioning all of it keeps its parts together: captured by
/// the part, it would be dropped by the part.
fn whole(receiver: &Receiver) -> Option<TokenStream> {
    let by_reference = matches!(&*receiver.ty, Type::Reference(_));
    let name = &receiver.self_token;
    (!by_reference).then(|| quote!(let _ = &#name;))
}

/// Takes the pattern out of the signature and into a `let`, under the argument's own attributes.
///
/// The value is moved in whole before it is taken apart, so that the parts that the pattern leaves
/// out are dropped in their turn.
fn rebind(argument: &mut PatType, index: usize) -> TokenStream {
    let attrs = argument.attrs.clone();
    let cfgs: Vec<&Attribute> = attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect();
    // A lint's level is about the binding, which is no longer here.
    argument.attrs.retain(|attr| !is_lint_level(attr));
    let bound: Vec<&Attribute> = attrs.iter().filter(|attr| is_lint_level(attr)).collect();
    let pat = argument.pat.clone();
    if let Pat::Ident(plain) = &mut *argument.pat
        && plain.by_ref.is_none()
        && plain.subpat.is_none()
        // A name that says that it is not used had better not be.
        && !plain.ident.to_string().starts_with('_')
    {
        plain.mutability = None;
        let name = &plain.ident;
        return quote!(#(#cfgs)* #(#bound)* let #pat = #name;);
    }
    let fresh = local(&format!("argument_{index}"));
    // Clippy asks for a reason to bind to a plain `_name`; taking a tuple apart is one.
    let (left, right) =
        if is_plain(&pat) { (quote!((#pat,)), quote!((#fresh,))) } else { (quote!(#pat), quote!(#fresh)) };
    *argument.pat =
        Pat::Ident(PatIdent { attrs: Vec::new(), by_ref: None, mutability: None, ident: fresh.clone(), subpat: None });
    quote_spanned! {Span::mixed_site()=>
        #(#cfgs)* let mut #fresh = #fresh;
        #(#cfgs)* #(#bound)* let #left = #right;
    }
}

fn is_lint_level(attr: &Attribute) -> bool {
    ["allow", "expect", "warn", "deny", "forbid"].iter().any(|level| attr.path().is_ident(level))
}

fn is_plain(pat: &Pat) -> bool {
    matches!(pat, Pat::Ident(PatIdent { by_ref: None, subpat: None, .. }))
}
