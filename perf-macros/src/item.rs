//! What the attribute stands on. Bodies are carried, never parsed: a function whose body does not
//! parse (yet) still reaches rustc, which explains it better than we could.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Generics, Signature, Token, Type, Visibility, WhereClause, token};

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
    pub(crate) vis: Visibility,
    /// `default`, of specialisation.
    pub(crate) defaultness: Option<TokenTree>,
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
        let attrs = input.call(Attribute::parse_outer)?;
        let ahead = input.fork();
        let _: Visibility = ahead.parse()?;
        if ahead.peek(syn::Ident) && ahead.fork().parse::<syn::Ident>()? == "default" && !ahead.peek2(Token![!]) {
            ahead.parse::<syn::Ident>()?;
        }
        if starts_function(&ahead) {
            return Function::parse_after(attrs, input).map(|function| Self::Function(Box::new(function)));
        }
        if ahead.peek(Token![impl])
            || ahead.peek(Token![trait])
            || ahead.peek(Token![mod])
            || (ahead.peek(Token![unsafe])
                && (ahead.peek2(Token![impl]) || ahead.peek2(Token![trait]) || ahead.peek2(Token![mod])))
            || (ahead.peek(Token![auto]) && ahead.peek2(Token![trait]))
        {
            return Block::parse_after(attrs, input);
        }
        other(&attrs, input).map(Self::Other)
    }
}

/// `const async unsafe extern "C" fn`, in any of the combinations that rustc takes or explains.
fn starts_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    loop {
        if ahead.peek(Token![fn]) {
            return true;
        }
        let qualifier = ahead.peek(Token![const]) || ahead.peek(Token![async]) || ahead.peek(Token![unsafe]);
        if qualifier {
            let _ = ahead.parse::<TokenTree>();
        } else if ahead.peek(Token![extern]) && !ahead.peek2(Token![crate]) {
            let _ = ahead.parse::<syn::Abi>();
        } else {
            return false;
        }
    }
}

impl Function {
    fn parse_after(attrs: Vec<Attribute>, input: ParseStream<'_>) -> syn::Result<Self> {
        let vis = input.parse()?;
        let is_default = input.peek(syn::Ident) && input.fork().parse::<syn::Ident>()? == "default";
        let defaultness = if is_default { Some(input.parse()?) } else { None };
        let sig = input.parse()?;
        let semi: Option<Token![;]> = input.parse()?;
        let body = if semi.is_some() { None } else { Some(braces(input)?) };
        Ok(Self { attrs, vis, defaultness, sig, body, semi })
    }
}

impl Block {
    fn parse_after(attrs: Vec<Attribute>, input: ParseStream<'_>) -> syn::Result<Item> {
        let start = input.fork();
        skip_head(input)?;
        if input.peek(Token![;]) {
            let head = between(&start, input);
            let semi: Token![;] = input.parse()?;
            let mut tokens = TokenStream::new();
            tokens.append_all(attrs);
            tokens.extend([head, semi.to_token_stream()]);
            return Ok(Item::Other(tokens));
        }
        let head = between(&start, input);
        let braces = braces(input)?;
        let (inner_attrs, items) = syn::parse::Parser::parse2(contents, braces.stream())?;
        Ok(Item::Block(Self { attrs, head, braces, inner_attrs, items }))
    }
}

/// Goes past `pub unsafe impl<T> !Trait for Type where …`, up to the braces.
fn skip_head(input: ParseStream<'_>) -> syn::Result<()> {
    input.parse::<Visibility>()?;
    while !input.peek(Token![impl]) && !input.peek(Token![trait]) && !input.peek(Token![mod]) {
        input.parse::<TokenTree>()?; // default, unsafe, auto
    }
    if input.parse::<Option<Token![mod]>>()?.is_some() {
        input.parse::<syn::Ident>()?;
        return Ok(());
    }
    if input.parse::<Option<Token![trait]>>()?.is_some() {
        input.parse::<syn::Ident>()?;
        input.parse::<Generics>()?;
        if input.parse::<Option<Token![:]>>()?.is_some() {
            // Bounds hold braces only inside angle brackets or parentheses of a const argument.
            while !input.peek(Token![where]) && !input.peek(token::Brace) && !input.peek(Token![=]) {
                input.parse::<syn::TypeParamBound>()?;
                input.parse::<Option<Token![+]>>()?;
            }
        }
    } else {
        input.parse::<Token![impl]>()?;
        if input.peek(Token![<]) && !input.peek2(Token![<]) {
            input.parse::<Generics>()?;
        }
        input.parse::<Option<Token![const]>>()?;
        input.parse::<Option<Token![!]>>()?;
        input.parse::<Type>()?;
        if input.parse::<Option<Token![for]>>()?.is_some() {
            input.parse::<Type>()?;
        }
    }
    input.parse::<Option<WhereClause>>()?;
    Ok(())
}

fn contents(input: ParseStream<'_>) -> syn::Result<(TokenStream, Vec<Item>)> {
    let mut inner = TokenStream::new();
    for attr in input.call(Attribute::parse_inner)? {
        attr.to_tokens(&mut inner);
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
        let ends = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            _ => false,
        };
        tokens.extend([token]);
        if ends {
            break;
        }
    }
    Ok(tokens)
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

fn between(start: ParseStream<'_>, end: ParseStream<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    while start.cursor() < end.cursor() {
        match start.parse::<TokenTree>() {
            Ok(token) => tokens.extend([token]),
            Err(_) => break,
        }
    }
    tokens
}
