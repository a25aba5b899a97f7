//! Attributes, as far as their paths tell.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Ident, Token, token};

use crate::tokens::until;

/// `#[…]`
#[derive(Clone)]
pub(crate) struct Attribute {
    pound: Token![#],
    brackets: Group,
    pub(crate) meta: Meta,
}

/// A path, and what follows it: nothing, `= value` or `(…)`.
#[derive(Clone, Default)]
pub(crate) struct Meta {
    path: Path,
    rest: TokenStream,
}

/// `::a::b`, without arguments.
#[derive(Clone, Default)]
pub(crate) struct Path {
    leading: Option<Token![::]>,
    names: Punctuated<Ident, Token![::]>,
}

impl Attribute {
    pub(crate) fn parse_outer(input: ParseStream<'_>) -> syn::Result<Vec<Self>> {
        let mut attrs = Vec::new();
        while input.peek(Token![#]) && input.peek2(token::Bracket) {
            let (pound, brackets) = (input.parse()?, input.parse::<Group>()?);
            let meta = Meta::of(brackets.stream());
            attrs.push(Self { pound, brackets, meta });
        }
        Ok(attrs)
    }

    /// What stands in `#[cfg_attr(…)]` after the condition.
    pub(crate) fn conditional(&self) -> Option<Vec<Meta>> {
        let one = |input: ParseStream<'_>| Ok(Meta::of(until(input, |input| input.peek(Token![,]))));
        let all = |input: ParseStream<'_>| Punctuated::<Meta, Token![,]>::parse_terminated_with(input, one);
        if !self.meta.is("cfg_attr") {
            return None;
        }
        Some(all.parse2(self.meta.arguments()).ok()?.into_iter().skip(1).collect())
    }
}

impl Meta {
    fn of(tokens: TokenStream) -> Self {
        let parse = |input: ParseStream<'_>| Ok(Self { path: input.parse()?, rest: input.parse()? });
        parse.parse2(tokens).unwrap_or_default()
    }

    /// True for `name` alone, not for `tool::name`.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.path.names.len() == 1 && self.path.names[0] == name
    }

    pub(crate) fn names(&self) -> Vec<&Ident> {
        self.path.names.iter().collect()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn span(&self) -> Span {
        self.path.span()
    }

    /// What stands in its parentheses.
    pub(crate) fn arguments(&self) -> TokenStream {
        match self.rest.clone().into_iter().next() {
            Some(TokenTree::Group(group)) => group.stream(),
            _ => TokenStream::new(),
        }
    }
}

impl Parse for Path {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let leading = input.parse()?;
        Ok(Self { leading, names: Punctuated::parse_separated_nonempty_with(input, Ident::parse_any)? })
    }
}

impl ToTokens for Path {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.leading.to_tokens(tokens);
        self.names.to_tokens(tokens);
    }
}

impl ToTokens for Attribute {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.pound.to_tokens(tokens);
        tokens.append(self.brackets.clone());
    }
}
