//! `#[profiled(workload = "light", name = "…", sample = …, skip, crate = path)]`, with its spans.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Error, Lit, LitStr, Token, ext::IdentExt};

use crate::attribute::Path;

/// What may stand in the parentheses, in the order in which errors list it.
const KNOWN: &[&str] = &["workload", "name", "sample", "skip", "crate"];

const WORKLOADS: &[&str] = &["micro", "light", "medium", "heavy"];

/// The options as written; everything is optional.
#[derive(Default, Clone)]
pub(crate) struct Options {
    /// One of [`WORKLOADS`].
    pub(crate) workload: Option<LitStr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) sample: Option<Sample>,
    pub(crate) skip: Option<Span>,
    pub(crate) runtime: Option<Path>,
}

/// How often a call is timed.
#[derive(Clone, Copy)]
pub(crate) enum Sample {
    Adaptive,
    Always,
    /// A share of the calls, in `(0, 1]`.
    Share(f64),
}

impl Options {
    /// Parses all of `args`, and says everything that is wrong with them at once.
    pub(crate) fn parse(args: TokenStream) -> (Self, Option<Error>) {
        let mut options = Self::default();
        let mut errors = Errors::default();
        let parsed = (|input: ParseStream<'_>| {
            while !input.is_empty() {
                if let Err(error) = options.parse_one(input) {
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
        if let Some(error) = options.contradiction() {
            errors.push(error);
        }
        (options, errors.0)
    }

    /// `skip` beside anything that would have been for the measuring.
    fn contradiction(&self) -> Option<Error> {
        let is_more = self.workload.is_some() || self.name.is_some() || self.sample.is_some();
        let why = "`skip` leaves the function out, so the other options have nothing to say\nkeep `skip` or keep them";
        self.skip.filter(|_| is_more).map(|at| Error::new(at, why))
    }

    fn parse_one(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let key = input
            .call(syn::Ident::parse_any)
            .map_err(|error| Error::new(error.span(), format!("expected an option, one of {}", list(KNOWN))))?;
        match key.to_string().as_str() {
            "workload" => once(&mut self.workload, &key, workload(value(input, &key, "\"light\"")?)?),
            "name" => once(&mut self.name, &key, name(value(input, &key, "\"checkout\"")?)?),
            "sample" => once(&mut self.sample, &key, value(input, &key, "\"always\"")?),
            "skip" if input.peek(Token![=]) => {
                Err(Error::new(input.span(), "`skip` takes no value; write `skip`, or leave it out"))
            }
            "skip" => once(&mut self.skip, &key, key.span()),
            "crate" => once(&mut self.runtime, &key, runtime(input, &key)?),
            other => {
                let hint = nearest(other, KNOWN).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                Err(Error::new(
                    key.span(),
                    format!("unknown option `{other}`{hint}\nwhat `profiled` takes: {}", list(KNOWN)),
                ))
            }
        }
    }
}

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

fn once<T>(slot: &mut Option<T>, key: &syn::Ident, value: T) -> syn::Result<()> {
    if slot.replace(value).is_some() {
        return Err(Error::new(key.span(), format!("`{key}` is given twice; keep one of them")));
    }
    Ok(())
}

fn value<T: Parse>(input: ParseStream<'_>, key: &syn::Ident, example: &str) -> syn::Result<T> {
    if !input.peek(Token![=]) {
        return Err(Error::new(key.span(), format!("`{key}` needs a value; write `{key} = {example}`")));
    }
    input.parse::<Token![=]>()?;
    let at = if input.is_empty() { key.span() } else { input.span() };
    input.parse().map_err(|error| {
        let why = error.to_string();
        let why = if why.starts_with("expected") || why.starts_with("unexpected") {
            format!("`{key}` does not take this value; write `{key} = {example}`")
        } else {
            why
        };
        Error::new(at, why)
    })
}

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

fn runtime(input: ParseStream<'_>, key: &syn::Ident) -> syn::Result<Path> {
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

impl Parse for Sample {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        const FORMS: &str = "write \"adaptive\", \"always\" or a share of the calls such as 0.1 or \"10%\"";
        if input.peek(Token![-]) {
            return Err(Error::new(input.span(), format!("a share is more than 0 and at most 1; {FORMS}")));
        }
        let literal: Lit = input.parse()?;
        let share = match &literal {
            Lit::Str(text) => match text.value().as_str() {
                "adaptive" => return Ok(Self::Adaptive),
                "always" => return Ok(Self::Always),
                other => other.strip_suffix('%').and_then(|n| n.trim().parse::<f64>().ok()).map(|n| n / 100.0),
            },
            Lit::Float(number) => number.base10_parse().ok(),
            Lit::Int(number) => number.base10_parse::<u32>().ok().map(f64::from),
            _ => None,
        };
        match share {
            Some(share) if share > 0.0 && share <= 1.0 => Ok(Self::Share(share)),
            Some(_) => Err(Error::new(
                literal.span(),
                format!("a share is more than 0 and at most 1; {FORMS}\nto leave a function out, use `skip`"),
            )),
            None => Err(Error::new(
                literal.span(),
                format!("`sample` does not take `{}`; {FORMS}", literal.to_token_stream()),
            )),
        }
    }
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
