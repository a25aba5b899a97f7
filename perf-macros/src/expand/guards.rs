//! What a guarded function keeps: its guards, how they are made, and what they ask of each call.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::site::{local, variant};
use crate::options::{Guard, Kind, Role, Value};
use crate::stack::Stack;

pub(super) struct Guards<'a> {
    pub(super) stack: &'a Stack,
    pub(super) private: &'a TokenStream,
}

/// Guards that a call passes one after the other, outermost first, kept together.
pub(super) struct Stages {
    pub(super) name: Ident,
    pub(super) kinds: Vec<Kind>,
}

impl Guards<'_> {
    /// The names and types of all that is kept.
    pub(super) fn kept(&self) -> Vec<(Ident, TokenStream)> {
        let stages = [self.stages(), self.outer_stages()].into_iter().filter(|stages| !stages.kinds.is_empty());
        let alone = self.those(|kind| matches!(kind, Kind::Retry | Kind::Timeout | Kind::Cached));
        let stages = stages.map(|stages| (stages.name, nested(&stages.kinds, |kind| self.type_of(kind))));
        stages.chain(alone.into_iter().map(|kind| (local(kind.attribute()), self.type_of(kind)))).collect()
    }

    /// The guards that each attempt passes.
    pub(super) fn stages(&self) -> Stages {
        let sheds_outside = self.stack.guard(Kind::Retry).is_some();
        let kinds = self.those(|kind| match kind {
            Kind::LoadShed => !sheds_outside,
            Kind::CircuitBreaker | Kind::RateLimited | Kind::Bulkhead => true,
            Kind::Cached | Kind::Retry | Kind::Timeout => false,
        });
        Stages { name: local("guards"), kinds }
    }

    /// Those that all attempts of a call pass together.
    pub(super) fn outer_stages(&self) -> Stages {
        let retries = self.stack.guard(Kind::Retry).is_some();
        Stages { name: local("outer_guards"), kinds: self.those(|kind| kind == Kind::LoadShed && retries) }
    }

    fn those(&self, which: impl Fn(Kind) -> bool) -> Vec<Kind> {
        self.stack.guards.iter().map(|guard| guard.kind).filter(|kind| which(*kind)).collect()
    }

    fn type_of(&self, kind: Kind) -> TokenStream {
        let private = self.private;
        let is_keyed = || self.stack.guard(kind).is_some_and(|guard| guard.has("key"));
        match kind {
            Kind::Cached => quote!(#private::AnyCache),
            Kind::LoadShed => quote!(#private::LoadShedder),
            Kind::Retry => quote!(#private::Retry),
            Kind::CircuitBreaker => quote!(#private::CircuitBreaker),
            Kind::RateLimited if is_keyed() => quote!(#private::KeyedRateLimiter),
            Kind::RateLimited => quote!(#private::RateLimiter),
            Kind::Timeout => quote!(#private::Timeout),
            Kind::Bulkhead => quote!(#private::Bulkhead),
        }
    }

    /// A reference to the guards of a stack, in pairs, which the first call makes.
    pub(super) fn kept_all(&self, stages: &Stages) -> TokenStream {
        let (kept, site, make) = (&stages.name, local("site"), self.make_all(stages));
        quote!(#kept.get(#site, #make))
    }

    /// What makes them.
    pub(super) fn make_all(&self, stages: &Stages) -> TokenStream {
        let private = self.private;
        let make = |kind| {
            let made = self.stack.guard(kind).map(|guard| self.made(guard));
            quote!(#made?)
        };
        let all = nested(&stages.kinds, make);
        self.make(&quote!(#private::Ok(#all)))
    }

    /// A reference to a guard that is kept by itself.
    pub(super) fn kept_one(&self, guard: &Guard) -> TokenStream {
        self.get(&local(guard.kind.attribute()), &self.made(guard))
    }

    fn get(&self, kept: &Ident, made: &TokenStream) -> TokenStream {
        let (site, closure) = (local("site"), self.make(made));
        quote!(#kept.get(#site, #closure))
    }

    fn make(&self, made: &TokenStream) -> TokenStream {
        let (private, name) = (self.private, local("name"));
        quote!(|#name: #private::Name| #made)
    }

    /// An expression that makes one, or says why it cannot, by its builder; `name` is in scope.
    fn made(&self, guard: &Guard) -> TokenStream {
        let (private, ty) = (self.private, self.type_of(guard.kind));
        let name = local("name");
        let name = guard.name.as_ref().map_or(quote!(#name), |given| quote!(#private::Name::given(#given)));
        let workload = self.stack.options.workload.as_ref().filter(|_| guard.kind == Kind::CircuitBreaker);
        let workload = workload.map(|class| {
            let class = variant(class);
            quote!(.workload(#private::Workload::#class))
        });
        // Those two choose what is made, and how it is asked.
        let numbers = guard.numbers().filter(|(key, _)| *key != "timeout" && *key != "cache_errors");
        let numbers: TokenStream = numbers.map(|(key, value)| self.set(key, value)).collect();
        let builder = match (guard.kind, guard.value("timeout")) {
            (Kind::Timeout, Some(Value::Adaptive)) => quote!(adaptive()),
            (Kind::Timeout, Some(timeout)) => {
                let timeout = timeout.tokens(private);
                quote!(builder(#timeout))
            }
            _ => quote!(builder()),
        };
        quote!(<#ty>::#builder.name(#name) #workload #numbers .build())
    }

    /// A call of the builder's method for one option.
    fn set(&self, key: &Ident, value: &Value) -> TokenStream {
        let private = self.private;
        let tokens = value.tokens(private);
        match value {
            Value::Flag => quote!(.#key(true)),
            Value::Adaptive => quote!(.adaptive()),
            Value::Duration(_) if key == "window" => quote!(.window(#private::BreakerWindow::Time(#tokens))),
            Value::Count(_) if key == "window" => quote!(.window(#private::BreakerWindow::Calls(#tokens as _))),
            Value::Count(_) => quote!(.#key(#tokens as _)),
            _ => quote!(.#key(#tokens)),
        }
    }

    /// What the guards of a stack ask of each call, in pairs.
    pub(super) fn inputs(&self, stages: &Stages) -> TokenStream {
        let private = self.private;
        nested(&stages.kinds, |kind| {
            let expression = |role| self.stack.guard(kind)?.expression(role).map(|(_, tokens)| tokens);
            if kind != Kind::RateLimited {
                return quote!(());
            }
            let cost = expression(Role::Cost).map_or(quote!(1), |cost| quote!(#private::cost(#cost)));
            let keyed = |key: &TokenStream| quote!((#private::key_of(&(#key)), #cost));
            expression(Role::Key).map_or_else(|| cost.clone(), keyed)
        })
    }
}

/// `(a, (b, ()))`
fn nested(kinds: &[Kind], each: impl Fn(Kind) -> TokenStream) -> TokenStream {
    kinds.iter().rev().fold(quote!(()), |inner, kind| {
        let outer = each(*kind);
        quote!((#outer, #inner))
    })
}
