//! The head of a function.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Ident, Lit, Token, token};

use crate::attribute::Attribute;
use crate::tokens::{names_any, until};
use crate::types::Type;

pub(crate) struct Signature {
    /// What stands before `fn`.
    pub(crate) qualifiers: Vec<TokenTree>,
    keyword: Token![fn],
    pub(crate) ident: Ident,
    pub(crate) generics: TokenStream,
    parens: token::Paren,
    pub(crate) inputs: Punctuated<Argument, Token![,]>,
    pub(crate) arrow: Option<Token![->]>,
    /// Nothing at all where there is no arrow.
    pub(crate) output: Type,
    /// `where …`
    clause: TokenStream,
}

/// `pattern: Type`, or a `self` of no written type.
pub(crate) struct Argument {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) pat: TokenStream,
    colon: Option<Token![:]>,
    pub(crate) ty: Type,
}

/// Takes as much as there is of `pub(crate) default const async unsafe extern "C" auto`, which may
/// stand before the word that says what an item is.
pub(crate) fn qualifiers(input: ParseStream<'_>) -> syn::Result<Vec<TokenTree>> {
    const WORDS: &[&str] = &["pub", "default", "const", "async", "unsafe", "extern", "auto"];
    let is_qualifier = |word: Ident| WORDS.iter().any(|qualifier| word == qualifier);
    let mut taken = Vec::new();
    loop {
        if input.fork().call(Ident::parse_any).is_ok_and(is_qualifier) {
            taken.push(input.call(Ident::parse_any)?.into());
        } else if !taken.is_empty() && (input.peek(token::Paren) || input.peek(Lit)) {
            taken.push(input.parse()?);
        } else {
            return Ok(taken);
        }
    }
}

fn is_over(input: ParseStream<'_>) -> bool {
    input.peek(token::Brace) || input.peek(Token![;])
}

impl Parse for Signature {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let qualifiers = qualifiers(input)?;
        let keyword = input.parse()?;
        // What is a keyword in one edition is a name in another.
        let ident = input.call(Ident::parse_any)?;
        let generics = until(input, |input| input.peek(token::Paren));
        let content;
        let parens = syn::parenthesized!(content in input);
        let inputs = Punctuated::parse_terminated(&content)?;
        let arrow = input.parse()?;
        let output = Type(until(input, |input| input.peek(Token![where]) || is_over(input)));
        let clause = until(input, is_over);
        Ok(Self { qualifiers, keyword, ident, generics, parens, inputs, arrow, output, clause })
    }
}

impl Signature {
    /// Where a qualifier is, if it is there.
    pub(crate) fn qualifier(&self, name: &str) -> Option<Span> {
        let is_it = |token: &&TokenTree| matches!(token, TokenTree::Ident(ident) if ident == name);
        self.qualifiers.iter().find(is_it).map(TokenTree::span)
    }

    pub(crate) fn is_async(&self) -> bool {
        self.qualifier("async").is_some()
    }

    /// Whether it stands in an `impl` or a `trait`, as far as it tells: it takes or names `self`.
    pub(crate) fn knows_self(&self) -> bool {
        let takes_it = self.inputs.iter().any(|argument| argument.receiver().is_some());
        takes_it || names_any(self.to_token_stream(), &["Self"])
    }

    /// Where the `...` of a C-variadic function is.
    pub(crate) fn variadic(&self) -> Option<Span> {
        self.inputs.iter().find_map(|argument| {
            let last = if argument.colon.is_some() { &argument.ty.0 } else { &argument.pat };
            (last.to_string() == "...").then(|| last.span())
        })
    }
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = Attribute::parse_outer(input)?;
        let pat = until(input, |input| input.peek(Token![,]) || (input.peek(Token![:]) && !input.peek(Token![::])));
        Ok(Self { attrs, pat, colon: input.parse()?, ty: input.parse()? })
    }
}

impl Argument {
    /// The `self` of a receiver.
    pub(crate) fn receiver(&self) -> Option<Ident> {
        match self.pat.clone().into_iter().last() {
            Some(TokenTree::Ident(ident)) if ident == "self" => Some(ident),
            _ => None,
        }
    }

    /// The name that the argument is bound to as it is, `mut` or not.
    pub(crate) fn name(&self) -> Option<Ident> {
        let parse = |input: ParseStream<'_>| {
            input.parse::<Option<Token![mut]>>()?;
            input.parse::<Ident>()
        };
        parse.parse2(self.pat.clone()).ok()
    }
}

impl ToTokens for Argument {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { attrs, pat, colon, ty } = self;
        tokens.extend(quote!(#(#attrs)* #pat #colon #ty));
    }
}

impl ToTokens for Signature {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { qualifiers, keyword, ident, generics, parens, inputs, arrow, output, clause } = self;
        tokens.extend(quote!(#(#qualifiers)* #keyword #ident #generics));
        parens.surround(tokens, |tokens| inputs.to_tokens(tokens));
        tokens.extend(quote!(#arrow #output #clause));
    }
}
