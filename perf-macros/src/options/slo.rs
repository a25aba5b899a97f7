//! `slo(p95 = "200ms", errors = 0.01)`: what is promised of a function's calls.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::ParseStream;
use syn::{Error, Ident, Token};

use super::value::Form;
use super::{Value, parenthesized, parse_options, value_of};

/// What may be promised, in the order in which it is kept: percentiles rise.
const KNOWN: &[&str] = &["p50", "p90", "p95", "p99", "p999", "errors"];

const EXAMPLE: &str = "p95 = \"200ms\", errors = 0.01";

/// One promise.
#[derive(Clone)]
pub(crate) struct Promise {
    key: Ident,
    value: Value,
}

/// Takes what stands after `slo`, and says all that is wrong at once.
pub(super) fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Vec<Promise>> {
    let inside = parenthesized(input, key, EXAMPLE)?;
    let mut promises: Vec<Promise> = Vec::new();
    let error = parse_options(inside, "slo", KNOWN, |key, input| {
        let promise = Promise { key: key.clone(), value: value(key, input)? };
        if promises.iter().any(|other| other.key == promise.key) {
            return Err(Error::new(key.span(), format!("`{key}` is given twice; keep one of them")));
        }
        promises.push(promise);
        Ok(())
    });
    if let Some(error) = error {
        return Err(error);
    }
    promises.sort_by_key(|promise| KNOWN.iter().position(|name| promise.key == name));
    for pair in promises.windows(2) {
        if let (Value::Duration(lower), Value::Duration(higher)) = (&pair[0].value, &pair[1].value)
            && lower > higher
        {
            let (low, high) = (&pair[0].key, &pair[1].key);
            let why = format!(
                "`{high}` is never less than `{low}`, and this promises that it is\ngive `{high}` the longer time"
            );
            return Err(Error::new(high.span(), why));
        }
    }
    Ok(promises)
}

fn value(key: &Ident, input: ParseStream<'_>) -> syn::Result<Value> {
    let (form, example) = if key == "errors" { (Form::Share, "0.01") } else { (Form::Duration, "\"200ms\"") };
    value_of(input, key, example, |input: ParseStream<'_>| {
        let at = if input.is_empty() || input.peek(Token![,]) { key.span() } else { input.span() };
        match form.read(&key.to_string(), input)? {
            // It is kept in a static.
            Value::Expression(_) => Err(Error::new(at, format!("`{key}` takes a literal; write `{key} = {example}`"))),
            value => Ok(value),
        }
    })
}

impl Promise {
    /// A call of the builder's method for it.
    pub(crate) fn set(&self) -> TokenStream {
        let key = &self.key;
        match &self.value {
            Value::Duration(nanos) => quote!(.#key(#nanos)),
            Value::Number(share) => quote!(.#key(#share)),
            _ => TokenStream::new(),
        }
    }
}
