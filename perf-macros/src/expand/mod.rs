//! From checked items to tokens. Nothing here can fail.

mod arguments;
mod exits;
mod future;
mod guarded;
mod guards;
mod inline;
mod lints;
mod redirect;
mod site;
mod sync;
#[cfg(test)]
mod tests;

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::Error;

use crate::attribute::Attribute;
use crate::check;
use crate::item::{Block, Function, Item};
use crate::options::{Errors, Kind, Options};
use crate::output::Output;
use crate::stack::{Stack, kind_of};

/// The whole of `#[profiled(args)] item`.
pub(crate) fn profiled(args: TokenStream, item: TokenStream) -> TokenStream {
    if is_only_named(&args) {
        return TokenStream::new();
    }
    if cfg!(feature = "off") {
        return item;
    }
    let (options, error) = Options::parse(args);
    let parsed = syn::parse2::<Item>(item.clone());
    let mut errors = Errors(error);
    let out = match parsed {
        // rustc says what is wrong with an item that does not parse; a second opinion confuses.
        Err(_) => item,
        Ok(_) if options.skip.is_some() || errors.0.is_some() => item,
        Ok(Item::Function(mut function)) if function.attrs.iter().any(|attr| kind_of(&attr.meta).is_some()) => {
            let stack = Stack::collect(None, options, &mut function.attrs, &mut errors);
            wrap_guarded(function, &stack, &mut errors).unwrap_or_else(ToTokens::into_token_stream)
        }
        Ok(Item::Function(function)) => {
            match check::unwrappable(&function).or_else(|| check::repeated(&function.attrs)) {
                None => wrap(*function, &options),
                Some(error) => {
                    errors.push(error);
                    item
                }
            }
        }
        Ok(Item::Block(block)) => {
            if let Some(name) = &options.name {
                errors.push(Error::new(
                    name.span(),
                    "`name` names one function, and this is a block of them\nwrite `#[profiled(name = …)]` on the function inside",
                ));
            }
            if let Some(error) = check::repeated(&block.attrs) {
                errors.push(error);
            }
            expand_block(block, &options, &mut errors)
        }
        Ok(Item::Other(_)) => {
            errors.push(Error::new(
                first_span(&item),
                "only functions can be measured\nput `#[profiled]` on a `fn`, an `impl`, a `trait` or an inline `mod`",
            ));
            item
        }
    };
    let complaints = errors.0.map(Error::into_compile_error);
    quote!(#complaints #out)
}

/// The whole of `#[circuit_breaker(args)] item` and its like.
pub(crate) fn guard(kind: Kind, args: TokenStream, item: TokenStream) -> TokenStream {
    if is_only_named(&args) {
        return TokenStream::new();
    }
    let mut errors = Errors::default();
    let out = match syn::parse2::<Item>(item.clone()) {
        Err(_) => item,
        Ok(Item::Function(mut function)) => {
            let original = function.attrs.clone();
            let stack = Stack::collect(Some((kind, args)), Options::default(), &mut function.attrs, &mut errors);
            wrap_guarded(function, &stack, &mut errors).unwrap_or_else(|mut function| {
                function.attrs = original;
                function.attrs.retain(|attr| kind_of(&attr.meta).is_none() && !check::is_profiled(&attr.meta));
                function.into_token_stream()
            })
        }
        Ok(Item::Block(_) | Item::Other(_)) => {
            let name = kind.attribute();
            errors.push(Error::new(
                first_span(&item),
                format!("only functions can be guarded\nput `#[{name}]` on a `fn`, in an `impl` or outside"),
            ));
            item
        }
    };
    let complaints = errors.0.map(Error::into_compile_error);
    quote!(#complaints #out)
}

/// The whole of `#[cached] item` where there are no caches.
pub(crate) fn without_caches(item: &TokenStream) -> TokenStream {
    let why = "`#[cached]` needs the feature `cache` of `perf-runtime`\n\
         write `features = [\"cache\"]` where Cargo.toml names it";
    let complaint = Error::new(Span::call_site(), why).into_compile_error();
    quote!(#complaint #item)
}

/// `#[name(@)]`: an attribute that another one has taken off a function, and names again only so that it is known to be used.
fn is_only_named(args: &TokenStream) -> bool {
    args.to_string() == "@"
}

/// The function in its guards, or as it was, where something is wrong.
fn wrap_guarded(function: Box<Function>, stack: &Stack, errors: &mut Errors) -> Result<TokenStream, Box<Function>> {
    let error = check::unwrappable(&function)
        .or_else(|| check::repeated(&function.attrs))
        .or_else(|| check::unguardable(&function, stack));
    if let Some(error) = error {
        errors.push(error);
    }
    if errors.0.is_some() { Err(function) } else { Ok(guarded::function(*function, stack)) }
}

fn first_span(item: &TokenStream) -> Span {
    item.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}

fn wrap(function: Function, options: &Options) -> TokenStream {
    let output = Output::of(&function.sig.output);
    if function.sig.is_async() {
        return future::async_fn(function, options);
    }
    match output {
        Output::Future(inner) => future::returning(function, &inner, options),
        output => sync::function(function, &output, options),
    }
}

/// Wraps all that can be wrapped between the braces of an `impl`, a `trait` or a `mod`.
fn expand_block(block: Block, options: &Options, errors: &mut Errors) -> TokenStream {
    let mut inside = block.inner_attrs;
    // `#[async_trait]` and its like rewrite the `async fn`s that they find, and must find them.
    let rewritten = block.attrs.iter().any(|attr| !future::is_builtin(&attr.meta));
    for item in block.items {
        inside.extend(match item {
            Item::Function(function) => expand_member(*function, options, rewritten, errors),
            Item::Block(inner) => expand_inner(inner, options, errors),
            Item::Other(tokens) => tokens,
        });
    }
    let mut braces = Group::new(block.braces.delimiter(), inside);
    braces.set_span(block.braces.span());
    let (attrs, head) = (block.attrs, block.head);
    quote!(#(#attrs)* #head #braces)
}

/// A block within a block: its own `#[profiled(…)]` goes before that of the block around it.
fn expand_inner(mut block: Block, outer: &Options, errors: &mut Errors) -> TokenStream {
    let Some(own) = take_own(&mut block.attrs, outer, errors) else {
        return expand_block(block, outer, errors);
    };
    if own.skip.is_none() {
        return expand_block(block, &own, errors);
    }
    let Block { attrs, head, braces, .. } = block;
    quote!(#(#attrs)* #head #braces)
}

fn expand_member(mut function: Function, outer: &Options, rewritten: bool, errors: &mut Errors) -> TokenStream {
    let own = take_own(&mut function.attrs, outer, errors);
    let is_own = own.is_some();
    let options = own.unwrap_or_else(|| Options { name: None, ..outer.clone() });
    if options.skip.is_some() {
        return function.into_token_stream();
    }
    if let Some(error) = check::unwrappable(&function) {
        // A block leaves out what cannot be wrapped; only who asks for it by name is told.
        if is_own {
            errors.push(error);
        }
        return function.into_token_stream();
    }
    let is_guarded = function.attrs.iter().any(|attr| kind_of(&attr.meta).is_some());
    if rewritten && function.sig.is_async() {
        // Guards, which measure too, make of it what they can once it is rewritten.
        return if is_guarded { function.into_token_stream() } else { future::kept_async(function, &options) };
    }
    if is_guarded {
        let stack = Stack::collect(None, options, &mut function.attrs, errors);
        return wrap_guarded(Box::new(function), &stack, errors).unwrap_or_else(ToTokens::into_token_stream);
    }
    wrap(function, &options)
}

/// Takes `#[profiled(…)]` off a member of a block, and lays its options over the block's.
fn take_own(attrs: &mut Vec<Attribute>, outer: &Options, errors: &mut Errors) -> Option<Options> {
    let own = attrs.iter().position(|attr| check::is_profiled(&attr.meta)).map(|at| attrs.remove(at));
    if let Some(error) = check::repeated(attrs) {
        errors.push(error);
        attrs.retain(|attr| !check::is_profiled(&attr.meta));
    }
    let (own, error) = Options::parse(own?.meta.arguments());
    if let Some(error) = error {
        errors.push(error);
    }
    Some(Options {
        workload: own.workload.or_else(|| outer.workload.clone()),
        name: own.name,
        sample: own.sample.or(outer.sample),
        cpu: own.cpu.or(outer.cpu),
        skip: own.skip,
        runtime: own.runtime.or_else(|| outer.runtime.clone()),
    })
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { attrs, sig, body, semi } = self;
        tokens.extend(quote!(#(#attrs)* #sig #body #semi));
    }
}

/// The function with another body between the user's own braces, whose edition decides when
/// temporaries are dropped and whose span lets rustc see the function as the user's.
fn with_body(function: &Function, inside: TokenStream) -> TokenStream {
    let Function { attrs, sig, body, .. } = function;
    let mut braces = Group::new(proc_macro2::Delimiter::Brace, inside);
    match body {
        // These are ours, which keeps lints off what is between them.
        _ if lints::misjudge(function) => braces.set_span(Span::mixed_site()),
        Some(body) => braces.set_span(body.span()),
        None => {}
    }
    quote!(#(#attrs)* #sig #braces)
}

/// Whether somebody could tell that a closure surrounds the body: a panic that names the caller
/// (`#[track_caller]`), or the path of what is declared in it, which would lead through the closure.
///
/// The answer may be yes where it need not, as with `#[cfg_attr(…, track_caller)]`.
fn shows_closures(function: &Function, body: &Group) -> bool {
    const TOLD: &[&str] = &["fn", "struct", "enum", "union", "trait", "mod", "type_name_of_val"];
    let is_tracked = |attr: &Attribute| {
        attr.meta.is("track_caller")
            || (attr.meta.is("cfg_attr") && names_any(attr.meta.arguments(), &["track_caller"]))
    };
    // `Index` makes its methods tracked in every implementation; no other trait of the standard library does so.
    let is_index = ["index", "index_mut"].iter().any(|name| function.sig.ident == name);
    is_index || function.attrs.iter().any(is_tracked) || names_any(body.stream(), TOLD)
}

fn names_any(tokens: TokenStream, names: &[&str]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.iter().any(|name| ident == name),
        TokenTree::Group(group) => names_any(group.stream(), names),
        _ => false,
    })
}

/// A body's inner attributes, which must stay first, and the body without them.
///
/// A body of one expression gets an empty statement, or rustc would find its braces unnecessary
/// where they end up.
fn split_inner_attrs(body: &Group) -> (TokenStream, Group) {
    let mut tokens = body.stream().into_iter().peekable();
    let mut attrs = TokenStream::new();
    let mut rest = TokenStream::new();
    while let Some(token) = tokens.next() {
        let is_bang = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == '!');
        if matches!(&token, TokenTree::Punct(p) if p.as_char() == '#') && is_bang(tokens.peek()) {
            attrs.extend([Some(token), tokens.next(), tokens.next()].into_iter().flatten());
        } else {
            rest.extend([token]);
            rest.extend(tokens);
            break;
        }
    }
    let is_semicolon = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ';');
    if !rest.clone().into_iter().any(|token| is_semicolon(&token)) {
        rest = quote!(; #rest);
    }
    let mut group = Group::new(body.delimiter(), rest);
    group.set_span(body.span());
    (attrs, group)
}
