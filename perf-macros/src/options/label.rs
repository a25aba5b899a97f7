//! `label(kind = expr, tier = expr, max = 100)` and `by_type`: what calls are broken down by.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Error, Ident, LitInt, Token, token};

use super::value::Form;
use super::{Errors, Value, parenthesized, skip_to_comma};
use crate::signature::Signature;
use crate::types::Type;

/// Values that have a place of their own, unless told otherwise.
const VALUES: u32 = 32;

/// The most that there may be. Each may take as much memory as a function.
const MOST_VALUES: u32 = 1024;

/// One breakdown.
#[derive(Clone)]
pub(crate) struct Label {
    pub(crate) key: String,
    at: Span,
    pub(crate) of: Of,
    pub(crate) max: u32,
}

/// What tells calls apart.
#[derive(Clone)]
pub(crate) enum Of {
    /// What an expression of the arguments gives.
    Value(TokenStream),
    /// What a type is called.
    Type(TokenStream),
}

/// Types to break down by: these, or else the function's own.
#[derive(Clone)]
pub(crate) struct Types {
    at: Span,
    named: Vec<Type>,
    /// Where there are none, that is all right: a block asked, not the function.
    is_optional: bool,
}

/// Takes what stands after `label`, and adds to `labels`. Says all that is wrong at once.
pub(super) fn parse(labels: &mut Vec<Label>, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    let inside = parenthesized(input, key, "kind = kind")?;
    let (mut errors, mut found, mut max) = (Errors::default(), Vec::new(), None);
    let mut one = |input: ParseStream<'_>| {
        let name = input.call(Ident::parse_any)?;
        if name == "max" {
            once_max(&mut max, &name, input)
        } else {
            value(&name, input).map(|label| found.push(label))
        }
    };
    let all = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Err(error) = one(input) {
                errors.push(error);
                skip_to_comma(input);
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    };
    all.parse2(inside)?;
    if found.is_empty() && errors.0.is_none() {
        errors.push(Error::new(key.span(), "`label` names nothing to break down by; write `label(kind = kind)`"));
    }
    for mut label in found {
        label.max = max.unwrap_or(VALUES);
        add(labels, label, &mut errors);
    }
    errors.0.map_or(Ok(()), Err)
}

fn value(name: &Ident, input: ParseStream<'_>) -> syn::Result<Label> {
    let missing = || Error::new(name.span(), format!("label `{name}` needs a value; write `{name} = {name}`"));
    if input.parse::<Option<Token![=]>>()?.is_none() || input.is_empty() || input.peek(Token![,]) {
        return Err(missing());
    }
    let Value::Expression(of) = Form::Expression.read(&name.to_string(), input)? else { return Err(missing()) };
    Ok(Label { key: name.unraw().to_string(), at: name.span(), of: Of::Value(of), max: VALUES })
}

fn once_max(max: &mut Option<u32>, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    let complain = |at| {
        Error::new(
            at,
            format!("`max` is how many values have a place of their own: write `max = 100`, from 1 to {MOST_VALUES}"),
        )
    };
    if input.parse::<Option<Token![=]>>()?.is_none() {
        return Err(complain(key.span()));
    }
    let at = if input.is_empty() { key.span() } else { input.span() };
    let number: LitInt = input.parse().map_err(|_| complain(at))?;
    let number = number.base10_parse().ok().filter(|number| (1..=MOST_VALUES).contains(number));
    super::once(max, key, number.ok_or_else(|| complain(at))?)
}

fn add(labels: &mut Vec<Label>, label: Label, errors: &mut Errors) {
    if labels.iter().any(|other| other.key == label.key) {
        let why = format!("there is a label `{}` already; give this one another name", label.key);
        return errors.push(Error::new(label.at, why));
    }
    labels.push(label);
}

/// What stands after `by_type`: nothing, or types.
pub(super) fn types(key: &Ident, input: ParseStream<'_>) -> syn::Result<Types> {
    const FORMS: &str = "write `by_type`, or `by_type(T)` to choose";
    if input.peek(Token![=]) {
        return Err(Error::new(input.span(), format!("`by_type` takes types in parentheses; {FORMS}")));
    }
    let mut named = Vec::new();
    if input.peek(token::Paren) {
        let inside = parenthesized(input, key, "T")?;
        let all = |input: ParseStream<'_>| Punctuated::<Type, Token![,]>::parse_terminated(input);
        named.extend(all.parse2(inside)?);
        if named.iter().any(|ty| ty.0.is_empty()) {
            return Err(Error::new(key.span(), format!("`by_type` misses a type between two commas; {FORMS}")));
        }
    }
    Ok(Types { at: key.span(), named, is_optional: false })
}

impl Types {
    /// For a function in the block that asks.
    pub(crate) fn if_any(self) -> Self {
        Self { is_optional: true, ..self }
    }

    /// Adds a label for each type: of those that were named, or else of the function's parameters, or else `Self`.
    pub(crate) fn add_to(&self, labels: &mut Vec<Label>, sig: &Signature, errors: &mut Errors) {
        let mut types: Vec<(String, Of)> = self.named.iter().map(of_type).collect();
        if types.is_empty() {
            types = parameters.parse2(sig.generics.clone()).unwrap_or_default();
        }
        if types.is_empty() && sig.knows_self() {
            types.push(of_type(&Type(quote!(Self))));
        }
        if types.is_empty() && !self.is_optional {
            let why = "there is no type to split by: the function has no type parameters, and no `self`\n\
                 leave `by_type` out, or name a type: `by_type(T)`";
            errors.push(Error::new(self.at, why));
        }
        for (key, of) in types {
            add(labels, Label { key, at: self.at, of, max: VALUES }, errors);
        }
    }
}

fn of_type(ty: &Type) -> (String, Of) {
    (ty.to_token_stream().to_string().replace(' ', ""), Of::Type(ty.to_token_stream()))
}

/// The types and constants of `<'a, T: Bound, const N: usize>`.
fn parameters(generics: ParseStream<'_>) -> syn::Result<Vec<(String, Of)>> {
    let mut found = Vec::new();
    generics.parse::<Token![<]>()?;
    while !generics.is_empty() && !generics.peek(Token![>]) {
        crate::attribute::Attribute::parse_outer(generics)?;
        if generics.parse::<Option<Token![const]>>()?.is_some() {
            let name = generics.call(Ident::parse_any)?;
            found.push((name.to_string(), Of::Value(quote!(#name))));
        } else if !generics.peek(syn::Lifetime) {
            let name = generics.call(Ident::parse_any)?;
            found.push(of_type(&Type(quote!(#name))));
        }
        // Bounds and defaults, with all their angle brackets.
        crate::tokens::until(generics, |input| input.peek(Token![,]) || input.peek(Token![>]));
        generics.parse::<Option<Token![,]>>()?;
    }
    generics.parse::<TokenStream>()?;
    Ok(found)
}
