//! A body whose `return`s lead to its end.

use proc_macro2::{Delimiter, Group, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Lifetime, Token, parse2, token};

use crate::tokens::names_any;
use crate::tokens::until;

/// A body in which `return` became `break`.
pub(super) struct Redirected {
    pub(super) body: TokenStream,
    /// Whether no `return` of the body's own is left. What might be a closure's is left alone.
    pub(super) is_complete: bool,
}

/// Leads every `return` of the body itself to its end, by a label around it: `break 'body` takes
/// just what `return` takes, so that nobody need know where the value ends.
pub(super) fn redirected(body: &Group) -> Redirected {
    let label = Lifetime::new("'body", Span::mixed_site());
    let mut redirect = Redirect { label: &label, is_used: false, is_complete: true };
    let inside = redirect.group(body);
    let body = if redirect.is_used { quote!({ #label: #inside }) } else { quote!(#inside) };
    Redirected { body, is_complete: redirect.is_complete }
}

struct Redirect<'a> {
    label: &'a Lifetime,
    is_used: bool,
    is_complete: bool,
}

impl Redirect<'_> {
    fn group(&mut self, group: &Group) -> Group {
        let tokens = (|input: ParseStream<'_>| self.tokens(input)).parse2(group.stream());
        self.is_complete &= tokens.is_ok();
        let mut redirected = Group::new(group.delimiter(), tokens.unwrap_or_else(|_| group.stream()));
        redirected.set_span(group.span());
        redirected
    }

    fn tokens(&mut self, input: ParseStream<'_>) -> syn::Result<TokenStream> {
        let mut tokens = Vec::new();
        while !input.is_empty() {
            // An invisible pair of brackets keeps an `$expr` of `macro_rules!` together.
            let is_open = !input.peek(token::Group);
            if is_open && input.peek(Token![fn]) && input.peek2(Ident::peek_any) {
                tokens.extend(until(input, |input| input.peek(token::Brace) || input.peek(Token![;])));
                tokens.push(input.parse()?);
            } else if is_open && input.peek(Token![|]) && !ends_operand(&tokens) && !is_alternative(&input.fork()) {
                tokens.extend(self.closure(input)?);
            } else {
                match input.parse()? {
                    TokenTree::Ident(word) if word == "return" => {
                        let (label, value) = (self.label, self.block(input)?);
                        self.is_used = true;
                        tokens.extend(quote_spanned!(word.span()=> break #label #value));
                    }
                    TokenTree::Group(group) if !is_foreign(&tokens) => tokens.push(self.group(&group).into()),
                    token => tokens.push(token),
                }
            }
        }
        Ok(tokens.into_iter().collect())
    }

    /// Takes a block or a loop, if that comes next, into parentheses: straight after a label, rustc
    /// would warn that it looks like the label's own.
    fn block(&mut self, input: ParseStream<'_>) -> syn::Result<Option<TokenStream>> {
        let has_keyword = input.peek2(token::Brace) && (input.peek(Token![unsafe]) || input.peek(Token![loop]));
        if input.peek(token::Group) || !(has_keyword || input.peek(token::Brace)) {
            return Ok(None);
        }
        let keyword: Option<TokenTree> = if has_keyword { Some(input.parse()?) } else { None };
        let block = self.group(&input.parse()?);
        Ok(Some(quote!((#keyword #block))))
    }

    /// Takes a closure, whose `return`s are its own. One without braces may end at any comma before the
    /// statement does.
    fn closure(&mut self, input: ParseStream<'_>) -> syn::Result<TokenStream> {
        let mut tokens: TokenStream = input.parse::<TokenTree>()?.into();
        tokens.extend(until(input, |input| input.peek(Token![|]) || input.peek(Token![;])));
        tokens.extend(input.parse::<Option<Token![|]>>()?.map(ToTokens::into_token_stream));
        if input.peek(Token![->]) {
            tokens.extend(until(input, |input| input.peek(token::Brace)));
        }
        if input.peek(token::Brace) {
            tokens.append(input.parse::<TokenTree>()?);
            return Ok(tokens);
        }
        let mut is_its_own = true;
        while !input.is_empty() && !input.peek(Token![;]) {
            is_its_own &= !input.peek(Token![,]);
            let token: TokenTree = input.parse()?;
            self.is_complete &= is_its_own || !names_any(token.clone().into(), &["return"]);
            tokens.append(token);
        }
        Ok(tokens)
    }
}

/// Whether an operator may come next, so that `|` begins no closure.
fn ends_operand(tokens: &[TokenTree]) -> bool {
    const OPERANDS: &[&str] = &["self", "Self", "true", "false", "await"];
    match tokens {
        // A label, after `break`.
        [.., TokenTree::Punct(quote), TokenTree::Ident(_)] if quote.as_char() == '\'' => false,
        [.., TokenTree::Ident(word)] => {
            // Of the keywords, only these.
            parse2::<Ident>(word.to_token_stream()).is_ok() || OPERANDS.iter().any(|operand| word == operand)
        }
        [.., TokenTree::Group(group)] => group.delimiter() != Delimiter::Brace,
        // The second half of `||` is as good as the first.
        [.., TokenTree::Punct(sign)] => {
            sign.as_char() == '?' || (sign.as_char() == '|' && sign.spacing() == Spacing::Joint)
        }
        [.., TokenTree::Literal(_)] => true,
        [] => false,
    }
}

/// Whether a `|` stands in a pattern, as in `A { .. } | B { .. } => …` or `if let A { .. } | B { .. } = …`.
fn is_alternative(input: ParseStream<'_>) -> bool {
    fn ends(input: ParseStream<'_>) -> bool {
        input.peek(Token![,]) || input.peek(Token![;])
    }
    let _ = input.parse::<Token![|]>();
    // What a closure is given has no `=`.
    until(input, |input| input.peek(Token![=]) || input.peek(Token![|]) || ends(input));
    if input.peek(Token![=]) {
        return true;
    }
    until(input, |input| input.peek(Token![=>]) || ends(input));
    input.peek(Token![=>])
}

/// Whether the `return`s in a group that comes next are not the body's: those of an `async` or `const`
/// block, and what a macro is given.
fn is_foreign(tokens: &[TokenTree]) -> bool {
    let is_bang = |sign: &Punct| sign.as_char() == '!';
    match tokens {
        [.., TokenTree::Ident(word)] if ["async", "move", "const"].iter().any(|before| word == before) => true,
        [.., TokenTree::Ident(_) | TokenTree::Group(_), TokenTree::Punct(sign)] => is_bang(sign),
        [.., TokenTree::Ident(word), TokenTree::Punct(_), TokenTree::Ident(_)] => word == "macro_rules",
        _ => false,
    }
}
