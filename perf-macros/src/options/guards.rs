//! The options of the attributes that guard a function, as tables.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;
use syn::parse::ParseStream;
use syn::{Error, Ident, LitStr, Token};

use super::value::{Form, Value};
use super::{Errors, name, once, parse_options, runtime, value, value_of, workload};
use crate::attribute::Path;

/// The guards, in the order in which a call passes them, whatever the order in the source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Kind {
    Cached,
    LoadShed,
    Retry,
    CircuitBreaker,
    RateLimited,
    Timeout,
    Bulkhead,
}

/// What becomes of an option.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// A call of the builder's method of the same name.
    Number,
    /// What decides whether an output is a failure, or is worth another attempt.
    Predicate,
    /// What is called instead.
    Fallback,
    /// What tells calls apart.
    Key,
    /// What a call costs.
    Cost,
}

struct Spec {
    name: &'static str,
    form: Form,
    role: Role,
}

const fn number(name: &'static str, form: Form) -> Spec {
    Spec { name, form, role: Role::Number }
}

const fn expression(name: &'static str, role: Role) -> Spec {
    Spec { name, form: Form::Expression, role }
}

const FALLBACK: Spec = expression("fallback", Role::Fallback);

const CACHED: &[Spec] = &[
    number("capacity", Form::Count),
    number("ttl", Form::Duration),
    expression("key", Role::Key),
    number("stale_while_revalidate", Form::Duration),
    number("cache_errors", Form::Flag),
];

const LOAD_SHED: &[Spec] = &[
    number("max_load", Form::Share),
    number("priority", Form::Words("Priority", &["low", "normal", "high", "critical"])),
    FALLBACK,
];

const RETRY: &[Spec] = &[
    number("attempts", Form::Count),
    number("backoff", Form::Duration),
    number("max_backoff", Form::Duration),
    number("budget", Form::Share),
    number("reserve", Form::Count),
    number("deadline", Form::Duration),
    expression("on", Role::Predicate),
];

const CIRCUIT_BREAKER: &[Spec] = &[
    number("failure_rate", Form::Share),
    number("slow_call", Form::Duration),
    number("slow_rate", Form::Share),
    number("window", Form::Window),
    number("min_calls", Form::Count),
    number("open_for", Form::Duration),
    number("max_open", Form::Duration),
    number("backoff", Form::Factor),
    number("probes", Form::Count),
    expression("failure", Role::Predicate),
    FALLBACK,
    number("shadow", Form::Flag),
];

const RATE_LIMITED: &[Spec] = &[
    number("rate", Form::Rate),
    number("burst", Form::Count),
    number("algorithm", Form::Words("Algorithm", &["token_bucket", "leaky_bucket", "fixed_window", "sliding_window"])),
    expression("key", Role::Key),
    number("max_keys", Form::Count),
    expression("cost", Role::Cost),
    number("when_limited", Form::Words("WhenLimited", &["reject", "wait"])),
    number("max_wait", Form::Duration),
    FALLBACK,
];

const TIMEOUT: &[Spec] = &[
    number("timeout", Form::DurationOrAdaptive),
    number("min_timeout", Form::Duration),
    number("max_timeout", Form::Duration),
    FALLBACK,
];

const BULKHEAD: &[Spec] = &[
    number("max_concurrent", Form::CountOrAdaptive),
    number("min_limit", Form::Count),
    number("max_limit", Form::Count),
    number("max_wait", Form::Duration),
    number("max_waiting", Form::Count),
    FALLBACK,
];

/// What every guard takes beside its own.
const COMMON: &[&str] = &["name", "crate"];

impl Kind {
    /// The attribute's name.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Cached => "cached",
            Self::LoadShed => "load_shed",
            Self::Retry => "retry",
            Self::CircuitBreaker => "circuit_breaker",
            Self::RateLimited => "rate_limited",
            Self::Timeout => "timeout",
            Self::Bulkhead => "bulkhead",
        }
    }

    fn specs(self) -> &'static [Spec] {
        match self {
            Self::Cached => CACHED,
            Self::LoadShed => LOAD_SHED,
            Self::Retry => RETRY,
            Self::CircuitBreaker => CIRCUIT_BREAKER,
            Self::RateLimited => RATE_LIMITED,
            Self::Timeout => TIMEOUT,
            Self::Bulkhead => BULKHEAD,
        }
    }

    /// `"250ms"` is as good as `timeout = "250ms"`, where there is one option that everyone writes.
    fn with_leading_name(self, args: TokenStream) -> TokenStream {
        let literal = match args.clone().into_iter().next() {
            Some(TokenTree::Literal(literal)) if matches!(self, Self::Timeout | Self::Bulkhead) => literal,
            _ => return args,
        };
        let name = Ident::new(self.specs()[0].name, literal.span());
        quote!(#name = #args)
    }
}

/// One guard's attribute as written.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) kind: Kind,
    /// Where the attribute's name is.
    pub(crate) at: Span,
    options: Vec<(&'static Spec, Ident, Value)>,
    pub(crate) workload: Option<LitStr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) runtime: Option<Path>,
}

impl Guard {
    /// Parses all of `args`, and says everything that is wrong with them at once.
    pub(crate) fn parse(kind: Kind, at: Span, args: TokenStream) -> (Self, Option<Error>) {
        let mut guard = Self { kind, at, options: Vec::new(), workload: None, name: None, runtime: None };
        let mut known: Vec<&str> = kind.specs().iter().map(|spec| spec.name).chain(COMMON.iter().copied()).collect();
        if kind == Kind::CircuitBreaker {
            known.insert(0, "workload");
        }
        let args = kind.with_leading_name(args);
        let mut errors =
            Errors(parse_options(args, kind.attribute(), &known, |key, input| guard.parse_one(key, input)));
        if errors.0.is_none()
            && let Some(error) = guard.contradiction()
        {
            errors.push(error);
        }
        (guard, errors.0)
    }

    fn parse_one(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        let Some(spec) = self.kind.specs().iter().find(|spec| key == spec.name) else {
            return match key.to_string().as_str() {
                "name" => once(&mut self.name, key, name(value(input, key, "\"db\"")?)?),
                "workload" => once(&mut self.workload, key, workload(value(input, key, "\"light\"")?)?),
                _ => once(&mut self.runtime, key, runtime(input, key)?),
            };
        };
        let value = match spec.form {
            Form::Flag if input.peek(Token![=]) => {
                return Err(Error::new(
                    input.span(),
                    format!("`{key}` takes no value; write `{key}`, or leave it out"),
                ));
            }
            Form::Flag => Value::Flag,
            form => value_of(input, key, &form.example(), |input| form.read(spec.name, input))?,
        };
        let mut slot = self.options.iter().any(|(known, ..)| known.name == spec.name).then_some(());
        once(&mut slot, key, ())?;
        self.options.push((spec, key.clone(), value));
        Ok(())
    }

    /// Options that are missing, or of which one leaves the other nothing to say.
    fn contradiction(&self) -> Option<Error> {
        let missing = |name: &str, example: &str| {
            let why = format!("`{}` needs `{name}`; write `{example}`", self.kind.attribute());
            self.option(name).is_none().then(|| Error::new(self.at, why))
        };
        let alone = |name: &str, other: &str, why: &str| {
            let (key, _) = self.option(name)?;
            self.option(other).is_none().then(|| Error::new(key.span(), why))
        };
        match self.kind {
            Kind::RateLimited => missing("rate", "#[rate_limited(rate = \"100/s\")]").or_else(|| {
                alone(
                    "max_keys",
                    "key",
                    "`max_keys` is about keys, and there is no `key`\nwrite `key = …`, or leave it out",
                )
            }),
            Kind::Timeout => missing("timeout", "#[timeout(\"250ms\")]"),
            Kind::Bulkhead => missing("max_concurrent", "#[bulkhead(max_concurrent = 16)]"),
            Kind::Cached => alone(
                "stale_while_revalidate",
                "ttl",
                "nothing ever is stale without a `ttl`\nwrite `ttl = \"1min\"`, or leave it out",
            ),
            Kind::CircuitBreaker => alone(
                "slow_rate",
                "slow_call",
                "`slow_rate` is a share of slow calls, and nothing says which are slow\nwrite `slow_call = \"250ms\"`",
            )
            .filter(|_| self.workload.is_none()),
            _ => None,
        }
    }

    /// What was written for an option.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.option(name).map(|(_, value)| value)
    }

    fn option(&self, name: &str) -> Option<(&Ident, &Value)> {
        self.options.iter().find(|(spec, ..)| spec.name == name).map(|(_, key, value)| (key, value))
    }

    /// The expression of the one option that has this role, and where its name is.
    pub(crate) fn expression(&self, role: Role) -> Option<(&Ident, &TokenStream)> {
        self.options.iter().find_map(|(spec, key, value)| match value {
            Value::Expression(tokens) if spec.role == role => Some((key, tokens)),
            _ => None,
        })
    }

    /// The numbers, by the names of the builder's methods.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = (&Ident, &Value)> {
        self.options.iter().filter(|(spec, ..)| spec.role == Role::Number).map(|(_, key, value)| (key, value))
    }

    /// Whether an option was written.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.option(name).is_some()
    }
}
