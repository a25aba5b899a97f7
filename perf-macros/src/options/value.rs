//! Values of options: a literal, whose form is checked here, or an expression, whose type is rustc's.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::parse::{ParseStream, Parser};
use syn::{Error, Ident, Lit, Token};

use super::nearest;

/// What an option takes.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    Duration,
    Rate,
    Share,
    /// A whole number of at least one.
    Count,
    /// A number of at least one.
    Factor,
    /// One of these words, each a variant of the enum of this name.
    Words(&'static str, &'static [&'static str]),
    /// A duration, or a number of calls.
    Window,
    /// A number of calls, or `"adaptive"`.
    CountOrAdaptive,
    /// A duration, or `"adaptive"`.
    DurationOrAdaptive,
    Expression,
    Flag,
}

/// What was written.
#[derive(Clone)]
pub(crate) enum Value {
    /// Nanoseconds.
    Duration(u64),
    /// So many in so many nanoseconds.
    Rate(u64, u64),
    Number(f64),
    Count(u64),
    Adaptive,
    /// An enum's name, and a variant's.
    Word(&'static str, Ident),
    Expression(TokenStream),
    Flag,
}

impl Form {
    /// Something that may be written.
    pub(crate) fn example(self) -> String {
        match self {
            Self::Duration | Self::Window => "\"250ms\"".to_owned(),
            Self::Rate => "\"100/s\"".to_owned(),
            Self::Share => "0.2".to_owned(),
            Self::Count | Self::CountOrAdaptive => "16".to_owned(),
            Self::Factor => "2.0".to_owned(),
            Self::Words(_, words) => format!("\"{}\"", words[0]),
            Self::DurationOrAdaptive => "\"250ms\" or \"adaptive\"".to_owned(),
            Self::Expression => "an expression".to_owned(),
            Self::Flag => String::new(),
        }
    }

    fn allowed(self) -> String {
        const DURATION: &str = "a duration such as \"250ms\", \"1.5s\" or \"2min\"";
        match self {
            Self::Duration => DURATION.to_owned(),
            Self::Rate => "a rate such as \"100/s\", \"5/min\" or \"10/250ms\"".to_owned(),
            Self::Share => "a share, more than 0 and at most 1, such as 0.2 or \"20%\"".to_owned(),
            Self::Count => "a whole number of at least 1".to_owned(),
            Self::Factor => "a number of at least 1".to_owned(),
            Self::Words(_, words) => {
                words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ").replace(", \"", " or \"")
            }
            Self::Window => format!("{DURATION}, or a number of calls such as 100"),
            Self::CountOrAdaptive => "a whole number of at least 1, or \"adaptive\"".to_owned(),
            Self::DurationOrAdaptive => format!("{DURATION}, or \"adaptive\""),
            Self::Expression | Self::Flag => "an expression".to_owned(),
        }
    }

    /// Reads a value up to the next comma.
    pub(crate) fn read(self, key: &str, input: ParseStream<'_>) -> syn::Result<Value> {
        let is_alone = input.peek2(Token![,]) || input.fork().parse::<TokenTree>().is_ok_and(|_| tail_is_empty(input));
        let negative = input.peek(Token![-]) && input.peek2(Lit);
        if !(is_alone && input.peek(Lit) || negative) || matches!(self, Self::Expression) {
            return Ok(Value::Expression(expression(input)?));
        }
        let at = input.span();
        if negative {
            input.parse::<Token![-]>()?;
        }
        let literal: Lit = input.parse()?;
        let value = if negative { None } else { self.of_literal(&literal) };
        value.ok_or_else(|| self.refusal(key, &literal, negative, at))
    }

    fn refusal(self, key: &str, literal: &Lit, negative: bool, at: Span) -> Error {
        let sign = if negative { "-" } else { "" };
        let hint = match (self, literal) {
            (Self::Words(_, words), Lit::Str(text)) => nearest(&text.value(), words),
            _ => None,
        };
        let hint = hint.map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
        let written = quote!(#literal);
        Error::new(at, format!("`{key}` does not take `{sign}{written}`{hint}\nwrite {}", self.allowed()))
    }

    fn of_literal(self, literal: &Lit) -> Option<Value> {
        let text = match literal {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        };
        let text = text.as_deref();
        let count = || match literal {
            Lit::Int(number) => number.base10_parse().ok().filter(|count: &u64| *count > 0),
            _ => None,
        };
        let number = || match literal {
            Lit::Int(number) => number.base10_parse::<u32>().ok().map(f64::from),
            Lit::Float(number) => number.base10_parse::<f64>().ok(),
            _ => None,
        };
        match self {
            Self::CountOrAdaptive | Self::DurationOrAdaptive if text == Some("adaptive") => Some(Value::Adaptive),
            Self::Duration | Self::DurationOrAdaptive => text.and_then(nanos).map(Value::Duration),
            Self::Rate => text.and_then(rate).map(|(count, nanos)| Value::Rate(count, nanos)),
            Self::Share => {
                let percent = || text?.strip_suffix('%')?.trim().parse::<f64>().ok().map(|n| n / 100.0);
                number().or_else(percent).filter(|share| *share > 0.0 && *share <= 1.0).map(Value::Number)
            }
            Self::Count | Self::CountOrAdaptive => count().map(Value::Count),
            Self::Factor => number().filter(|factor| *factor >= 1.0).map(Value::Number),
            Self::Words(name, words) => {
                let word = text.filter(|text| words.contains(text))?;
                let variant: String = word.split('_').map(capitalised).collect();
                Some(Value::Word(name, Ident::new(&variant, literal.span())))
            }
            Self::Window => text.and_then(nanos).map(Value::Duration).or_else(|| count().map(Value::Count)),
            Self::Expression | Self::Flag => None,
        }
    }
}

impl Value {
    /// The expression that it is in the expansion.
    pub(crate) fn tokens(&self, private: &TokenStream) -> TokenStream {
        match self {
            Self::Duration(nanos) => quote!(#private::Duration::from_nanos(#nanos)),
            Self::Rate(count, nanos) => quote!(#private::Rate::new(#count, #private::Duration::from_nanos(#nanos))),
            Self::Number(number) => quote!(#number),
            Self::Count(count) => quote!(#count),
            Self::Word(name, variant) => {
                let name = format_ident!("{name}");
                quote!(#private::#name::#variant)
            }
            Self::Expression(tokens) => tokens.clone(),
            Self::Adaptive | Self::Flag => TokenStream::new(),
        }
    }
}

/// Whether nothing follows the next token.
fn tail_is_empty(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    ahead.parse::<TokenTree>().is_ok() && ahead.is_empty()
}

/// An expression: all up to the next comma, but for those between the bars of a closure, or the angle brackets of a
/// `::<…>`.
pub(super) fn expression(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut taken = TokenStream::new();
    if input.peek(Token![|]) && !input.peek(Token![||]) {
        let is_bar = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '|');
        let mut bars = 0;
        while bars < 2 && !input.is_empty() {
            let next: TokenTree = input.parse()?;
            bars += usize::from(is_bar(&next));
            taken.extend([next]);
        }
    }
    let mut depth = 0_usize;
    while !input.is_empty() && (depth > 0 || !input.peek(Token![,])) {
        let opens = input.peek(Token![::]) && input.peek3(Token![<]);
        if opens || (depth > 0 && input.peek(Token![<])) {
            depth += 1;
        } else if depth > 0 && input.peek(Token![->]) {
            taken.extend([input.parse::<TokenTree>()?, input.parse::<TokenTree>()?]);
            continue;
        } else if depth > 0 && input.peek(Token![>]) {
            depth -= 1;
        }
        let count = if opens { 3 } else { 1 };
        taken.extend((0..count).map_while(|_| input.parse::<TokenTree>().ok()));
    }
    if taken.is_empty() { Err(input.error("expected an expression")) } else { Ok(taken) }
}

/// The elements of a tuple; anything else is its only one.
pub(crate) fn elements(tokens: &TokenStream) -> Vec<TokenStream> {
    let parse = |input: ParseStream<'_>| {
        let inside;
        syn::parenthesized!(inside in input);
        let (mut elements, mut is_tuple) = (Vec::new(), inside.is_empty() && input.is_empty());
        while !inside.is_empty() {
            elements.push(expression(&inside)?);
            is_tuple |= inside.parse::<Option<Token![,]>>()?.is_some();
        }
        if is_tuple { Ok(elements) } else { Err(input.error("in parentheses")) }
    };
    parse.parse2(tokens.clone()).unwrap_or_else(|_| vec![tokens.clone()])
}

/// Units of time, and their nanoseconds.
const UNITS: &[(&str, f64)] =
    &[("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("min", 6e10), ("h", 3.6e12), ("d", 8.64e13)];

/// Nanoseconds of `"250ms"`; more than none, and as many as fit.
fn nanos(text: &str) -> Option<u64> {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '_')).len();
    let (number, unit) = text.trim().split_at(text.len() - digits);
    let number: f64 = number.replace('_', "").parse().ok()?;
    let unit = unit.trim();
    let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let nanos = (number * scale).round();
    (nanos >= 1.0 && nanos < u64::MAX as f64).then_some(nanos as u64)
}

/// Calls and nanoseconds of `"10_000/s"` or `"10/250ms"`.
fn rate(text: &str) -> Option<(u64, u64)> {
    let (count, per) = text.split_once('/')?;
    let count = count.trim().replace('_', "").parse().ok().filter(|count| *count > 0)?;
    let per = per.trim();
    let per = if per.starts_with(|c: char| c.is_ascii_digit()) { nanos(per) } else { nanos(&format!("1{per}")) };
    Some((count, per?))
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tuple_has_elements_and_anything_else_is_one() {
        let split = |text: &str| -> Vec<String> {
            elements(&text.parse().unwrap()).iter().map(|element| element.to_string().replace(' ', "")).collect()
        };
        assert_eq!(split("(a, b.c::<D, E>(f, g), &h[1])"), ["a", "b.c::<D,E>(f,g)", "&h[1]"]);
        assert_eq!(split("(a,)"), ["a"]);
        assert!(split("()").is_empty());
        for one in ["a", "(a)", "(a,b).0", "f(a,b)", "[a,b]", "(a+b)*c"] {
            assert_eq!(split(one), [one]);
        }
    }

    #[test]
    fn durations_have_a_number_and_a_unit() {
        assert_eq!(nanos("250ms"), Some(250_000_000));
        assert_eq!(nanos("1.5 s"), Some(1_500_000_000));
        assert_eq!(nanos("2min"), Some(120_000_000_000));
        for wrong in ["", "250", "ms", "1 week", "-1s", "0s", "1e99h", "1..5s"] {
            assert_eq!(nanos(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn rates_have_a_count_and_a_unit_or_a_duration() {
        assert_eq!(rate("10_000/s"), Some((10_000, 1_000_000_000)));
        assert_eq!(rate("5 / min"), Some((5, 60_000_000_000)));
        assert_eq!(rate("10/250ms"), Some((10, 250_000_000)));
        for wrong in ["", "10", "/s", "0/s", "10/", "10/week", "-1/s", "1.5/s"] {
            assert_eq!(rate(wrong), None, "{wrong}");
        }
    }
}
