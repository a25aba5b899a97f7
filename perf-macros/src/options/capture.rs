//! `capture(id, user.name, len = items.len(), %error, when = ?at)`: what `tracing` calls fields, in its words.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Error, LitInt, Token, ext::IdentExt, token};

use super::value::expression;

/// One argument, or any other expression of them.
#[derive(Clone)]
pub(crate) struct Captured {
    /// What it is called where it is shown.
    pub(crate) name: String,
    pub(crate) value: TokenStream,
    /// Written by `Display`, and else by `Debug`.
    pub(crate) is_display: bool,
}

/// What stands in the parentheses after `capture`.
pub(super) fn capture(input: ParseStream<'_>, key: &Ident) -> syn::Result<Vec<Captured>> {
    const FORM: &str = "`capture` needs what it is to capture; write `capture(id)` or `capture(id = order.id)`";
    if !input.peek(token::Paren) {
        return Err(Error::new(key.span(), FORM));
    }
    let inside;
    let parens = syn::parenthesized!(inside in input);
    let mut captured = Vec::new();
    while !inside.is_empty() {
        captured.push(one(&inside).inspect_err(|_| skip(&inside))?);
        if !inside.is_empty() {
            inside.parse::<Token![,]>()?;
        }
    }
    if captured.is_empty() {
        return Err(Error::new(parens.span.join(), FORM));
    }
    Ok(captured)
}

/// `place`, `name = expression`, each with a `%` or a `?` before the value.
fn one(input: ParseStream<'_>) -> syn::Result<Captured> {
    let ahead = input.fork();
    if let Ok(name) = place(&ahead)
        && ahead.peek(Token![=])
        && !ahead.peek(Token![==])
    {
        input.advance_to(&ahead);
        input.parse::<Token![=]>()?;
        let is_display = sigil(input)?;
        return Ok(Captured { name: name.to_string().replace(' ', ""), value: value(input)?, is_display });
    }
    let is_display = sigil(input)?;
    let at = input.span();
    let value = value(input)?;
    let name = value.to_string().replace(' ', "");
    if place.parse2(value.clone()).is_err() {
        let why = format!("this needs a name to be shown by; write `capture(name = {name})`");
        return Err(Error::new(at, why));
    }
    Ok(Captured { name, value, is_display })
}

/// True for `%`, which is `Display`; `?` is `Debug`, as is nothing.
fn sigil(input: ParseStream<'_>) -> syn::Result<bool> {
    let is_display = input.parse::<Option<Token![%]>>()?.is_some();
    if !is_display {
        input.parse::<Option<Token![?]>>()?;
    }
    Ok(is_display)
}

fn value(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let why = "expected an argument here, or an expression of some";
    if input.peek(Token![=]) {
        return Err(input.error(why));
    }
    let at = input.span();
    expression(input).map_err(|_| Error::new(at, why))
}

/// Takes what is left, or it would be a second error.
fn skip(input: ParseStream<'_>) {
    let _ = input.parse::<TokenStream>();
}

/// `a`, `self.b`, `a.b.0`.
fn place(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut place = input.call(Ident::parse_any)?.into_token_stream();
    while input.peek(Token![.]) {
        place.extend([input.parse::<TokenTree>()?]);
        if input.peek(LitInt) {
            place.extend([input.parse::<TokenTree>()?]);
        } else {
            place.extend([TokenTree::from(input.call(Ident::parse_any)?)]);
        }
    }
    Ok(place)
}
