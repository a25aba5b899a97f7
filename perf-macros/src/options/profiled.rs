//! `#[profiled(workload = "light", name = "…", sample = …, skip, crate = path)]`, with its spans, and what else
//! is known of a function on request.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, Lit, LitStr, Token};

use super::capture::{Captured, capture};
use super::label::{Label, Types};
use super::slo::Promise;
use super::{Errors, flag, label, name, once, parse_options, runtime, slo, value, workload};
use crate::attribute::Path;
use crate::signature::Signature;

/// What may stand in the parentheses, in the order in which errors list it.
const KNOWN: &[&str] =
    &["workload", "name", "sample", "label", "by_type", "in_flight", "slo", "alloc", "capture", "cpu", "skip", "crate"];

/// The options as written; everything is optional.
#[derive(Default, Clone)]
pub(crate) struct Options {
    /// A workload class.
    pub(crate) workload: Option<LitStr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) sample: Option<Sample>,
    /// In the order in which they were written; types come last, when the function is known.
    pub(crate) labels: Vec<Label>,
    pub(crate) by_type: Option<Types>,
    pub(crate) in_flight: Option<Span>,
    /// The promises of an objective, in the order of their percentiles.
    pub(crate) slo: Option<Vec<Promise>>,
    /// Whether allocations are counted.
    pub(crate) alloc: Option<Span>,
    /// What slow calls tell of their arguments.
    pub(crate) capture: Option<(Span, Vec<Captured>)>,
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

    /// What holds for a member of the block that these stand on, where it says nothing itself.
    pub(crate) fn inherited(&self) -> Self {
        // Arguments are a function's own.
        Self { name: None, capture: None, by_type: self.by_type.clone().map(Types::if_any), ..self.clone() }
    }

    /// What holds for a member of the block, which says `self` itself.
    pub(crate) fn laid_over(self, outer: &Self) -> Self {
        let outer = outer.inherited();
        Self {
            workload: self.workload.or(outer.workload),
            name: self.name,
            sample: self.sample.or(outer.sample),
            labels: if self.labels.is_empty() { outer.labels } else { self.labels },
            by_type: self.by_type.or(outer.by_type),
            in_flight: self.in_flight.or(outer.in_flight),
            slo: self.slo.or(outer.slo),
            alloc: self.alloc.or(outer.alloc),
            capture: self.capture,
            cpu: self.cpu.or(outer.cpu),
            skip: self.skip,
            runtime: self.runtime.or(outer.runtime),
        }
    }

    /// The same for one function, with a label for each type that it is split by.
    pub(crate) fn with_types(&self, sig: &Signature, errors: &mut Errors) -> Self {
        let mut options = self.clone();
        if let Some(types) = options.by_type.take() {
            types.add_to(&mut options.labels, sig, errors);
        }
        options
    }

    /// Whether there is anything to be counted by.
    pub(crate) fn counts_allocations(&self) -> bool {
        self.alloc.is_some() && !cfg!(feature = "off")
    }

    /// `skip` beside anything that would have been for the measuring.
    fn contradiction(&self) -> Option<Error> {
        let is_broken_down = !self.labels.is_empty() || self.by_type.is_some();
        let is_more = self.workload.is_some() || self.name.is_some() || self.sample.is_some();
        let is_more = is_more
            || is_broken_down
            || self.capture.is_some()
            || self.cpu.is_some()
            || self.alloc.is_some()
            || self.in_flight.is_some()
            || self.slo.is_some();
        let why = "`skip` leaves the function out, so the other options have nothing to say\nkeep `skip` or keep them";
        self.skip.filter(|_| is_more).map(|at| Error::new(at, why))
    }

    fn parse_one(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        match key.to_string().as_str() {
            "workload" => once(&mut self.workload, key, workload(value(input, key, "\"light\"")?)?),
            "name" => once(&mut self.name, key, name(value(input, key, "\"checkout\"")?)?),
            "sample" => once(&mut self.sample, key, value(input, key, "\"always\"")?),
            "label" => label::parse(&mut self.labels, key, input),
            "by_type" => once(&mut self.by_type, key, label::types(key, input)?),
            "in_flight" => once(&mut self.in_flight, key, flag(input, key)?),
            "slo" => once(&mut self.slo, key, slo::parse(key, input)?),
            "capture" => once(&mut self.capture, key, (key.span(), capture(input, key)?)),
            "crate" => once(&mut self.runtime, key, runtime(input, key)?),
            "cpu" => once(&mut self.cpu, key, flag(input, key)?),
            "alloc" => once(&mut self.alloc, key, flag(input, key)?),
            _ => once(&mut self.skip, key, flag(input, key)?),
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
