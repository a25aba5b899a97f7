//! What the attribute stands on. Bodies are carried, never parsed: a function whose body does not
//! parse (yet) still reaches rustc, which explains it better than we could.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{TokenStreamExt, quote};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Ident, Token, token};

use crate::attribute::Attribute;
use crate::signature::{Signature, qualifiers};
use crate::tokens::{take, until};

/// An item that can carry an attribute of ours.
pub(crate) enum Item {
    Function(Box<Function>),
    /// An `impl`, a `trait` or an inline `mod`: its head, and what is between its braces.
    Block(Block),
    /// Anything else, as written.
    Other(TokenStream),
}

pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) sig: Signature,
    /// The braces and all between them; a function of a trait may have none.
    pub(crate) body: Option<Group>,
    pub(crate) semi: Option<Token![;]>,
}

pub(crate) struct Block {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) head: TokenStream,
    pub(crate) braces: Group,
    pub(crate) inner_attrs: TokenStream,
    pub(crate) items: Vec<Item>,
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = Attribute::parse_outer(input)?;
        let ahead = input.fork();
        qualifiers(&ahead)?;
        let keyword = ahead.call(Ident::parse_any).map_or(String::new(), |keyword| keyword.to_string());
        match &*keyword {
            "fn" => Function::parse_after(attrs, input).map(|function| Self::Function(Box::new(function))),
            "impl" | "trait" | "mod" => Block::parse_after(attrs, input),
            _ => other(&attrs, input).map(Self::Other),
        }
    }
}

impl Function {
    fn parse_after(attrs: Vec<Attribute>, input: ParseStream<'_>) -> syn::Result<Self> {
        let sig = input.parse()?;
        let semi: Option<Token![;]> = input.parse()?;
        let body = if semi.is_some() { None } else { Some(braces(input)?) };
        Ok(Self { attrs, sig, body, semi })
    }
}

impl Block {
    fn parse_after(attrs: Vec<Attribute>, input: ParseStream<'_>) -> syn::Result<Item> {
        let mut head: TokenStream = qualifiers(input)?.into_iter().collect();
        head.append(input.call(Ident::parse_any)?);
        head.extend(until(input, |input| input.peek(token::Brace) || input.peek(Token![;])));
        if let Some(semi) = input.parse::<Option<Token![;]>>()? {
            return Ok(Item::Other(quote!(#(#attrs)* #head #semi)));
        }
        let braces = braces(input)?;
        let (inner_attrs, items) = contents.parse2(braces.stream())?;
        Ok(Item::Block(Self { attrs, head, braces, inner_attrs, items }))
    }
}

fn contents(input: ParseStream<'_>) -> syn::Result<(TokenStream, Vec<Item>)> {
    let mut inner = TokenStream::new();
    while input.peek(Token![#]) && input.peek2(Token![!]) {
        take(input, 3, &mut inner);
    }
    let mut items = Vec::new();
    while !input.is_empty() {
        let ahead = input.fork();
        // An item that is too new for us, or wrong, is rustc's; those beside it are still ours.
        items.push(match ahead.parse() {
            Ok(item) => {
                input.advance_to(&ahead);
                item
            }
            Err(_) => Item::Other(other(&[], input)?),
        });
    }
    Ok((inner, items))
}

/// Takes an item we do not look into, token for token. Items end with their first braces or
/// semicolon; where braces come in the middle (`use a::{b};`), the rest is just another such item.
fn other(attrs: &[Attribute], input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    tokens.append_all(attrs);
    while !input.is_empty() {
        let token: TokenTree = input.parse()?;
        let ends = ends_item(&token);
        tokens.extend([token]);
        if ends {
            break;
        }
    }
    Ok(tokens)
}

fn ends_item(token: &TokenTree) -> bool {
    match token {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => match group.delimiter() {
            Delimiter::Brace => true,
            // An `$item` of `macro_rules!`, but no `$vis`.
            Delimiter::None => group.stream().into_iter().last().is_some_and(|last| ends_item(&last)),
            _ => false,
        },
        _ => false,
    }
}

/// A pair of braces; a `$body:block` of `macro_rules!` comes with an invisible pair around it.
fn braces(input: ParseStream<'_>) -> syn::Result<Group> {
    input.step(|cursor| {
        if let Some((TokenTree::Group(group), rest)) = cursor.token_tree() {
            match group.delimiter() {
                Delimiter::Brace => return Ok((group, rest)),
                Delimiter::None => {
                    let mut inside = group.stream().into_iter();
                    if let (Some(TokenTree::Group(inner)), None) = (inside.next(), inside.next())
                        && inner.delimiter() == Delimiter::Brace
                    {
                        return Ok((inner, rest));
                    }
                }
                _ => {}
            }
        }
        Err(cursor.error("expected a body in braces"))
    })
}
