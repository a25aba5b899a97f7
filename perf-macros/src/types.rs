//! Types, as far as their first tokens and their last names tell.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Ident, Lifetime, Token, token};

use crate::tokens::until;

/// A type as it was written.
#[derive(Clone, Default)]
pub(crate) struct Type(pub(crate) TokenStream);

/// What no alias can change about a type.
pub(crate) enum Shape {
    /// `!`
    Never,
    /// Nothing, or `()`.
    Unit,
    /// `&T`
    Reference,
    /// `*T`
    Pointer,
    /// `fn()`
    Function,
    Tuple(Punctuated<Type, Token![,]>),
    /// What an array (or a slice) is of.
    Array(Type),
    /// `impl` before these bounds.
    Opaque(TokenStream),
    /// Anything else has a name.
    Named,
}

impl Type {
    pub(crate) fn shape(&self) -> Shape {
        let mut rest = self.0.clone().into_iter();
        let first = rest.next();
        let rest: TokenStream = rest.collect();
        match &first {
            None => Shape::Unit,
            Some(TokenTree::Group(group)) if rest.is_empty() => in_brackets(group),
            Some(TokenTree::Punct(sign)) => match sign.as_char() {
                '!' => Shape::Never,
                '&' => Shape::Reference,
                '*' => Shape::Pointer,
                _ => Shape::Named,
            },
            Some(TokenTree::Ident(word)) if word == "impl" => Shape::Opaque(rest),
            Some(TokenTree::Ident(word)) if ["fn", "unsafe", "extern"].iter().any(|start| word == start) => {
                Shape::Function
            }
            // `for<'a> fn(&'a T)`
            Some(TokenTree::Ident(word)) if word == "for" => {
                let after = |input: ParseStream<'_>| {
                    until(input, |input| !input.peek(Token![<]));
                    input.parse().map(Type)
                };
                after.parse2(rest).map_or(Shape::Named, |ty| ty.shape())
            }
            _ => Shape::Named,
        }
    }

    /// `&mut T`, whatever its lifetime.
    pub(crate) fn is_mutable_reference(&self) -> bool {
        let parse = |input: ParseStream<'_>| {
            input.parse::<Token![&]>()?;
            input.parse::<Option<Lifetime>>()?;
            input.parse::<Token![mut]>()?;
            input.parse::<TokenStream>()
        };
        parse.parse2(self.0.clone()).is_ok()
    }

    /// The last name of its path, if it has one.
    pub(crate) fn name(&self) -> Option<Ident> {
        let is_path = matches!(self.shape(), Shape::Named);
        is_path.then(|| last_segment.parse2(self.0.clone()).ok())?.map(|(name, _)| name)
    }
}

fn in_brackets(group: &Group) -> Shape {
    let elements = |input: ParseStream<'_>| Punctuated::<Type, Token![,]>::parse_terminated(input);
    let array = |input: ParseStream<'_>| {
        let element = Type(until(input, |input| input.peek(Token![;])));
        input.parse::<TokenStream>().map(|_| Shape::Array(element))
    };
    match group.delimiter() {
        Delimiter::None => Type(group.stream()).shape(),
        Delimiter::Bracket => array.parse2(group.stream()).unwrap_or(Shape::Named),
        Delimiter::Brace => Shape::Named,
        Delimiter::Parenthesis => match elements.parse2(group.stream()) {
            Ok(one) if one.len() == 1 && !one.trailing_punct() => one[0].shape(),
            Ok(none) if none.is_empty() => Shape::Unit,
            Ok(several) => Shape::Tuple(several),
            Err(_) => Shape::Named,
        },
    }
}

fn is_name(input: ParseStream<'_>) -> bool {
    input.peek(Ident::peek_any)
}

/// The last name of a path, and what stands in its angle brackets, with them.
pub(crate) fn last_segment(path: ParseStream<'_>) -> syn::Result<(Ident, TokenStream)> {
    loop {
        until(path, is_name);
        let name = path.call(Ident::parse_any)?;
        let arguments = until(path, |input| input.peek(Token![::]) || input.peek(token::Paren) || is_name(input));
        // `Fn(A) -> B` ends with its parentheses, whatever name `B` has.
        if path.is_empty() || path.peek(token::Paren) {
            path.parse::<TokenStream>()?;
            return Ok((name, arguments));
        }
    }
}

impl Parse for Type {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self(until(input, |input| input.peek(Token![,]))))
    }
}

impl ToTokens for Type {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}
