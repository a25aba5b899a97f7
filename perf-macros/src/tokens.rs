//! Tokens that are carried, not parsed.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::ParseStream;
use syn::{Ident, Lifetime, Token, token};

/// Takes tokens up to what `ends` sees outside of angle brackets, or to the end.
///
/// Types, patterns, bounds and generics are taken so: a grammar of them would take longer to build
/// than all the rest, and would know less of them than rustc.
pub(crate) fn until(input: ParseStream<'_>, ends: fn(ParseStream<'_>) -> bool) -> TokenStream {
    let mut taken = TokenStream::new();
    let mut depth = 0_usize;
    while !input.is_empty() && (depth > 0 || !ends(input)) {
        let count = if input.peek(token::Group) {
            1
        } else if input.peek(Token![->]) || input.peek(Token![::]) || input.peek(Lifetime) {
            2
        } else if input.peek(Ident) && input.peek2(Token![!]) && input.peek3(token::Brace) {
            3
        } else {
            depth += usize::from(input.peek(Token![<]));
            depth -= usize::from(input.peek(Token![>]) && depth > 0);
            1
        };
        take(input, count, &mut taken);
    }
    taken
}

/// Takes so many tokens, or as many as there are: a token tree always parses where the input is not empty.
pub(crate) fn take(input: ParseStream<'_>, count: usize, taken: &mut TokenStream) {
    for _ in 0..count {
        let Ok(next) = input.parse::<TokenTree>() else { return };
        taken.extend([next]);
    }
}

/// Whether any of these names is among the tokens, at any depth.
pub(crate) fn names_any<N: AsRef<str>>(tokens: TokenStream, names: &[N]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.iter().any(|name| ident == name.as_ref()),
        TokenTree::Group(group) => names_any(group.stream(), names),
        _ => false,
    })
}
