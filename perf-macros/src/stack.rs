//! Attributes of ours that stand on the same function, found by the outermost of them.

use proc_macro2::{Span, TokenStream};
use syn::Error;

use crate::attribute::{Attribute, Meta, Path};
use crate::check;
use crate::options::{Errors, Guard, Kind, Options, Role};

/// All that is asked for one function.
#[derive(Clone, Default)]
pub(crate) struct Stack {
    pub(crate) options: Options,
    /// In the order in which a call passes them.
    pub(crate) guards: Vec<Guard>,
    /// What was taken off the function, by the paths that it had there.
    pub(crate) taken: Vec<Path>,
}

impl Stack {
    /// Takes the guards' attributes, and `#[profiled]`, out of `attrs`, beside `first`, which has been taken by rustc.
    pub(crate) fn collect(
        first: Option<(Kind, TokenStream)>,
        options: Options,
        attrs: &mut Vec<Attribute>,
        errors: &mut Errors,
    ) -> Self {
        let mut stack = Self { options, guards: Vec::new(), taken: Vec::new() };
        if let Some((kind, args)) = first {
            stack.add(kind, Span::call_site(), args, errors);
            stack.take_profiled(attrs, errors);
        }
        let mut at = 0;
        while at < attrs.len() {
            match kind_of(&attrs[at].meta) {
                Some(kind) => {
                    let meta = attrs.remove(at).meta;
                    stack.taken.push(meta.path().clone());
                    stack.add(kind, meta.span(), meta.arguments(), errors);
                }
                None => at += 1,
            }
        }
        stack.guards.sort_by_key(|guard| guard.kind);
        stack.share(errors);
        stack
    }

    fn add(&mut self, kind: Kind, at: Span, args: TokenStream, errors: &mut Errors) {
        let (guard, error) = Guard::parse(kind, at, args);
        if let Some(error) = error {
            errors.push(error);
        }
        if self.guards.iter().any(|other| other.kind == kind) {
            let name = kind.attribute();
            errors.push(Error::new(at, format!("`#[{name}]` is given twice\nput all options into one")));
        }
        self.guards.push(guard);
    }

    fn take_profiled(&mut self, attrs: &mut Vec<Attribute>, errors: &mut Errors) {
        let Some(at) = attrs.iter().position(|attr| check::is_profiled(&attr.meta)) else { return };
        let meta = attrs.remove(at).meta;
        self.taken.push(meta.path().clone());
        let (options, error) = Options::parse(meta.arguments());
        if let Some(error) = error {
            errors.push(error);
        }
        if options.skip.is_some() {
            errors.push(Error::new(
                meta.span(),
                "a guarded function is measured too, because its guards go by what is measured\nleave `skip` out",
            ));
        }
        self.options = options;
    }

    /// What one attribute says holds for all: the workload, the runtime, the fallback. Says where two differ.
    fn share(&mut self, errors: &mut Errors) {
        for guard in &self.guards {
            if let (Some(one), Some(other)) = (&self.options.workload, &guard.workload)
                && one.value() != other.value()
            {
                errors.push(Error::new(other.span(), "another attribute declares another workload\nkeep one of them"));
            }
            self.options.workload = self.options.workload.take().or_else(|| guard.workload.clone());
            self.options.runtime = self.options.runtime.take().or_else(|| guard.runtime.clone());
        }
        let mut fallbacks = self.guards.iter().filter_map(|guard| guard.expression(Role::Fallback));
        if let Some((_, first)) = fallbacks.next() {
            for (key, other) in fallbacks.filter(|(_, other)| other.to_string() != first.to_string()) {
                errors.push(Error::new(
                    key.span(),
                    format!("another attribute names another fallback, `{first}`\nkeep one of them: `{other}` or that"),
                ));
            }
        }
    }

    /// The guard of this kind.
    pub(crate) fn guard(&self, kind: Kind) -> Option<&Guard> {
        self.guards.iter().find(|guard| guard.kind == kind)
    }

    /// What is called where a call is refused.
    pub(crate) fn fallback(&self) -> Option<&TokenStream> {
        self.guards.iter().find_map(|guard| guard.expression(Role::Fallback)).map(|(_, path)| path)
    }
}

/// The guard that an attribute asks for, if it is one of ours by its name: alone, or `path::name`. Others have
/// attributes of these names too. What has options that ours do not have is left to them, and so is what comes
/// from a crate of that name (`cached::proc_macro::cached`).
pub(crate) fn kind_of(meta: &Meta) -> Option<Kind> {
    let names = meta.names();
    let (last, before) = names.split_last()?;
    let kind = [Kind::Retry, Kind::CircuitBreaker, Kind::RateLimited, Kind::Timeout, Kind::Bulkhead]
        .into_iter()
        .find(|kind| **last == kind.attribute())?;
    if before.first().is_some_and(|first| first == last) {
        return None;
    }
    // What is wrong with one of ours it says itself, when it is its turn.
    Guard::parse(kind, meta.span(), meta.arguments()).1.is_none().then_some(kind)
}
