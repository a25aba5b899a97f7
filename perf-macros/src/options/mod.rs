//! What stands in the parentheses of an attribute, with its spans: one way to parse it for all
//! attributes, one style of errors.

mod capture;
mod guards;
mod label;
mod profiled;
mod slo;
mod value;

use proc_macro2::{Span, TokenStream};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Error, Ident, LitStr, Token, ext::IdentExt, token};

use crate::attribute::Path;

pub(crate) use capture::Captured;
pub(crate) use guards::{Guard, Kind, Role};
pub(crate) use label::{Label, Of};
pub(crate) use profiled::{Options, Sample};
pub(crate) use slo::Promise;
pub(crate) use value::{Value, elements};

/// Joins errors, so that a signature shows all of them at once.
#[derive(Default)]
pub(crate) struct Errors(pub(crate) Option<Error>);

impl Errors {
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            none => *none = Some(error),
        }
    }
}

/// Parses all of `args`, an option at a time, and gives everything that is wrong with them at once.
/// `one` takes what follows the name of an option that is `known`.
fn parse_options(
    args: TokenStream,
    attribute: &str,
    known: &[&str],
    mut one: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) -> Option<Error> {
    let mut errors = Errors::default();
    let mut option = |input: ParseStream<'_>| {
        let key = input
            .call(Ident::parse_any)
            .map_err(|error| Error::new(error.span(), format!("expected an option, one of {}", list(known))))?;
        if known.iter().any(|name| key == name) { one(&key, input) } else { Err(unknown(&key, attribute, known)) }
    };
    let parsed = (|input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Err(error) = option(input) {
                errors.push(error);
                skip_to_comma(input);
            }
            if !input.is_empty() && input.parse::<Option<Token![,]>>()?.is_none() {
                errors.push(Error::new(input.span(), "expected a comma before this, or nothing"));
                skip_to_comma(input);
                input.parse::<Option<Token![,]>>()?;
            }
        }
        Ok(())
    })
    .parse2(args);
    if let Err(error) = parsed {
        errors.push(error);
    }
    errors.0
}

fn unknown(key: &Ident, attribute: &str, known: &[&str]) -> Error {
    let name = key.to_string();
    let hint = nearest(&name, known).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    Error::new(key.span(), format!("unknown option `{name}`{hint}\nwhat `{attribute}` takes: {}", list(known)))
}

fn once<T>(slot: &mut Option<T>, key: &Ident, value: T) -> syn::Result<()> {
    if slot.replace(value).is_some() {
        return Err(Error::new(key.span(), format!("`{key}` is given twice; keep one of them")));
    }
    Ok(())
}

/// `= value`, read by `parse`.
fn value_of<T>(
    input: ParseStream<'_>,
    key: &Ident,
    example: &str,
    parse: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    if !input.peek(Token![=]) {
        return Err(Error::new(key.span(), format!("`{key}` needs a value; write `{key} = {example}`")));
    }
    input.parse::<Token![=]>()?;
    let at = if input.is_empty() { key.span() } else { input.span() };
    parse(input).map_err(|error| {
        let why = error.to_string();
        let why = if why.starts_with("expected") || why.starts_with("unexpected") {
            format!("`{key}` does not take this value; write `{key} = {example}`")
        } else {
            why
        };
        Error::new(at, why)
    })
}

fn value<T: Parse>(input: ParseStream<'_>, key: &Ident, example: &str) -> syn::Result<T> {
    value_of(input, key, example, T::parse)
}

/// An option that is there or not.
fn flag(input: ParseStream<'_>, key: &Ident) -> syn::Result<Span> {
    if input.peek(Token![=]) {
        return Err(Error::new(input.span(), format!("`{key}` takes no value; write `{key}`, or leave it out")));
    }
    Ok(key.span())
}

/// What stands in the parentheses after the name of an option.
fn parenthesized(input: ParseStream<'_>, key: &Ident, example: &str) -> syn::Result<TokenStream> {
    let needs = |what, at| Error::new(at, format!("`{key}` needs {what}; write `{key}({example})`"));
    if !input.peek(token::Paren) {
        return Err(needs("parentheses", if input.peek(Token![=]) { input.span() } else { key.span() }));
    }
    let inside;
    syn::parenthesized!(inside in input);
    if inside.is_empty() {
        return Err(needs("something in its parentheses", key.span()));
    }
    inside.parse()
}

fn name(text: LitStr) -> syn::Result<LitStr> {
    let value = text.value();
    if value.trim().is_empty() || value.chars().any(char::is_control) {
        return Err(Error::new(
            text.span(),
            "a name needs at least one visible character and no control characters; \
             leave `name` out to get the function's full path",
        ));
    }
    Ok(text)
}

fn runtime(input: ParseStream<'_>, key: &Ident) -> syn::Result<Path> {
    if !input.peek(Token![=]) {
        return Err(Error::new(key.span(), "`crate` needs a path; write `crate = my_facade::perf_runtime`"));
    }
    input.parse::<Token![=]>()?;
    let at = input.span();
    let path = match input.parse::<Option<LitStr>>()? {
        Some(text) => text.parse(),
        None => input.parse(),
    };
    path.map_err(|_| Error::new(at, "expected the path of the runtime; write `crate = my_facade::perf_runtime`"))
}

const WORKLOADS: &[&str] = &["micro", "light", "medium", "heavy"];

fn workload(text: LitStr) -> syn::Result<LitStr> {
    let value = text.value();
    if WORKLOADS.contains(&value.as_str()) {
        return Ok(text);
    }
    let hint = nearest(&value, WORKLOADS).map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
    Err(Error::new(
        text.span(),
        format!(
            "unknown workload \"{value}\"{hint}\nthe classes are \"micro\" (a call takes < 1 ms), \
             \"light\" (< 10 ms), \"medium\" (< 100 ms) and \"heavy\" (longer)"
        ),
    ))
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        // A token tree always parses where the input is not empty.
        let _ = input.parse::<proc_macro2::TokenTree>();
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The known word that is at most two edits (or half the word) away.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let (distance, near) = known.iter().map(|name| (edits(word, name), *name)).min()?;
    (distance <= 2.min(near.len() / 2)).then_some(near)
}

/// Levenshtein distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
