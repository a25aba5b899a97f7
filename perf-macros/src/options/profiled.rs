//! `#[profiled(workload = "light", name = "…", sample = …, cpu, skip, crate = path)]`, with its spans.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, Lit, LitStr, Token};

use super::{Errors, name, once, parse_options, runtime, value, workload};
use crate::attribute::Path;

/// What may stand in the parentheses, in the order in which errors list it.
const KNOWN: &[&str] = &["workload", "name", "sample", "cpu", "skip", "crate"];

/// The options as written; everything is optional.
#[derive(Default, Clone)]
pub(crate) struct Options {
    /// A workload class.
    pub(crate) workload: Option<LitStr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) sample: Option<Sample>,
    /// CPU time is wanted.
    pub(crate) cpu: Option<Span>,
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
        let mut errors = Errors(parse_options(args, "profiled", KNOWN, |key, input| options.parse_one(key, input)));
        if let Some(error) = options.contradiction() {
            errors.push(error);
        }
        (options, errors.0)
    }

    /// `skip` beside anything that would have been for the measuring.
    fn contradiction(&self) -> Option<Error> {
        let is_more = self.workload.is_some() || self.name.is_some() || self.sample.is_some() || self.cpu.is_some();
        let why = "`skip` leaves the function out, so the other options have nothing to say\nkeep `skip` or keep them";
        self.skip.filter(|_| is_more).map(|at| Error::new(at, why))
    }

    fn parse_one(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        match key.to_string().as_str() {
            "workload" => once(&mut self.workload, key, workload(value(input, key, "\"light\"")?)?),
            "name" => once(&mut self.name, key, name(value(input, key, "\"checkout\"")?)?),
            "sample" => once(&mut self.sample, key, value(input, key, "\"always\"")?),
            "crate" => once(&mut self.runtime, key, runtime(input, key)?),
            flag if input.peek(Token![=]) => {
                Err(Error::new(input.span(), format!("`{flag}` takes no value; write `{flag}`, or leave it out")))
            }
            "cpu" => once(&mut self.cpu, key, key.span()),
            _ => once(&mut self.skip, key, key.span()),
        }
    }
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
