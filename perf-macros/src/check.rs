//! What cannot be wrapped, and what to do about it.

use proc_macro2::Span;
use syn::Error;

use crate::attribute::{Attribute, Meta};
use crate::item::Function;
use crate::options::{Guard, Kind, Options, Role};
use crate::output::{Ending, Output};
use crate::stack::Stack;
use crate::types::{Shape, Type};

/// Why a function cannot be wrapped, if it cannot.
pub(crate) fn unwrappable(function: &Function) -> Option<Error> {
    let sig = &function.sig;
    let (at, why) = if let Some(keyword) = sig.qualifier("const") {
        (
            keyword,
            "a `const fn` cannot be wrapped: it may run in the compiler, which has no clock\n\
             remove `const`, or put the attribute on the function that calls it",
        )
    } else if function.body.is_none() {
        (
            sig.ident.span(),
            "a function without a body cannot be wrapped\n\
             put the attribute on the implementation, or give this one a default body",
        )
    } else if let Some(variadic) = sig.variadic() {
        (variadic, "a C-variadic function cannot be wrapped\nput the attribute on the function that it calls")
    } else if let Some(naked) = naked(&function.attrs) {
        (naked, "a naked function has no room for a wrapper\nmeasure the function that calls it")
    } else {
        return None;
    };
    Some(Error::new(at, why))
}

/// A second attribute of ours among those that are left, which would count every call twice.
pub(crate) fn repeated(attrs: &[Attribute]) -> Option<Error> {
    attrs.iter().find_map(|attr| {
        if is_profiled(&attr.meta) {
            let why = "`#[profiled]` is given twice, which would count every call twice\nput all options into one";
            return Some(Error::new(attr.meta.span(), why));
        }
        let conditional = attr.conditional()?;
        let ours = conditional.iter().find(|meta| is_profiled(meta))?;
        Some(Error::new(
            ours.span(),
            "`#[profiled]` under a condition cannot be seen by the one around or before it\n\
             write two versions of the function, each under its `#[cfg(…)]`, or make the other one conditional too",
        ))
    })
}

pub(crate) fn is_profiled(meta: &Meta) -> bool {
    meta.names().last().is_some_and(|last| *last == "profiled")
}

/// Why a function cannot tell its arguments at its end, if it cannot.
pub(crate) fn uncapturable(function: &Function, options: &Options) -> Option<Error> {
    let (at, _) = options.capture.as_ref()?;
    matches!(Ending::of(&function.sig), Ending::Future(_) | Ending::Boxed(_)).then(|| {
        let why = "`capture` needs the arguments at the end, and this function has given them to its future by then\n\
             make it an `async fn`";
        Error::new(*at, why)
    })
}

/// What is wrong where a block says what its functions are to capture.
pub(crate) fn captures_as_block(options: &Options) -> Option<Error> {
    let (at, _) = options.capture.as_ref()?;
    let why = "`capture` names arguments of one function, and this is a block of them\n\
         write `#[profiled(capture(…))]` on the function inside";
    Some(Error::new(*at, why))
}

fn naked(attrs: &[Attribute]) -> Option<Span> {
    let is_naked = |meta: &Meta| meta.is("naked") || (meta.is("unsafe") && meta.arguments().to_string() == "naked");
    attrs.iter().find(|attr| is_naked(&attr.meta)).map(|attr| attr.meta.span())
}

/// Why a function cannot be guarded as its attributes say, though it could be wrapped.
pub(crate) fn unguardable(function: &Function, stack: &Stack) -> Option<Error> {
    let sig = &function.sig;
    let at = |kind: Kind| stack.guard(kind).map(|guard| guard.at);
    let ending = Ending::of(sig);
    let first = stack.guards.first()?.at;
    let error = |at: Span, why: &str| Some(Error::new(at, why));
    if matches!(ending, Ending::Value(Output::Never)) {
        return error(
            first,
            "a function that never returns cannot say that it was refused\nguard a function that it calls",
        );
    }
    let can_tell = !matches!(ending, Ending::Value(Output::Unit | Output::Infallible(_) | Output::Opaque));
    let refuses = |guard: &Guard| !matches!(guard.kind, Kind::Cached | Kind::Retry);
    if !can_tell && stack.fallback().is_none() && stack.guards.iter().any(refuses) {
        return error(
            first,
            "a refused call has to give something back, and this type cannot say that it was refused\n\
             return a `Result<_, E>` where `E: From<perf_runtime::Rejected>`, or write `fallback = path`: \
             a function of the same arguments",
        );
    }
    if let (Some(at), Ending::Value(_)) = (at(Kind::Timeout), &ending) {
        return error(
            at,
            "a timeout stops a future where it waits, and this function waits for nothing\nmake it an `async fn`",
        );
    }
    if matches!(ending, Ending::Future(_) | Ending::Boxed(_)) {
        let why =
            "needs the arguments again, which this function has given to its future by then\nmake it an `async fn`";
        let fallback =
            stack.guards.iter().find_map(|guard| guard.expression(Role::Fallback)).map(|(key, _)| key.span());
        let asked = [
            at(Kind::Retry).zip(Some("`retry`")),
            at(Kind::Cached).zip(Some("`cached`")),
            fallback.zip(Some("`fallback`")),
        ];
        if let Some((at, what)) = asked.into_iter().flatten().next() {
            return error(at, &format!("{what} {why}"));
        }
    }
    let takes_any_self = sig.inputs.iter().any(|argument| argument.receiver().is_some());
    if let Some(cached) = stack.guard(Kind::Cached)
        && takes_any_self
        && !cached.has("key")
    {
        return error(
            cached.at,
            "`cached` cannot know what of `self` tells calls apart\n\
             write `key = …`: an expression of `self` and the other arguments, such as `key = (self.id, name)`",
        );
    }
    let takes_self = sig.inputs.iter().find(|argument| {
        let is_reference = matches!(Type(argument.pat.clone()).shape(), Shape::Reference)
            || matches!(argument.ty.shape(), Shape::Reference);
        argument.receiver().is_some() && !is_reference
    });
    if let (Some(at), Some(_)) = (at(Kind::Retry), takes_self) {
        return error(at, "another attempt needs `self` again, which the first one takes\ntake `&self`");
    }
    None
}
