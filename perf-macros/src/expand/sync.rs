//! A function that returns when it is done.

use proc_macro2::{Group, TokenStream};
use quote::quote;
use syn::Token;

use super::redirect::redirected;
use super::site::{items, local, private};
use super::{arguments, capture, exits, inline, shows_closures, split_inner_attrs, with_body};
use crate::item::Function;
use crate::options::Options;
use crate::output::{Output, Written, looks_like_result, never_a_future};

/// Counts, runs the body, and looks at how it ended.
///
/// A body that can only end at its end is a block whose value is looked at. One with a `return`,
/// a `?` or a macro (which may hide either) becomes a closure, so that all its ways out lead past
/// the same place. Where somebody could tell that a closure is there, a guard sees the body end. So it
/// does where there is nothing to look at, and a type that only the signature can tell.
pub(crate) fn function(mut function: Function, output: &Output, options: &Options) -> TokenStream {
    let Some(body) = function.body.clone() else { return quote!(#function) };
    let (inner_attrs, body) = split_inner_attrs(&body);
    let leaves_early = exits::leaves_early(body.stream());
    let is_tracked = leaves_early && shows_closures(&function, &body);
    let captured = capture::statements(options, false);
    let call = Call { options, function: &function.sig.ident.clone(), private: private(options), captured: &captured };
    let inside = match output {
        // It ends by a panic or not at all, and `Drop` sees the panic.
        Output::Never => {
            let enter = call.enter();
            quote!(#enter #captured #body)
        }
        Output::Named(written) if is_tracked => call.tracked(written, &body),
        Output::Opaque | Output::Future(_) => call.watched(&body),
        _ if is_tracked => call.watched(&body),
        _ => {
            let run = if leaves_early {
                closure(&mut function, output, &captured, &body, &call.private)
            } else {
                call.in_place(output, &quote!(#body))
            };
            let (enter, guard) = (call.enter(), local("call"));
            let exit = call.exit(output, &run, &quote!(#guard));
            quote!(#enter #exit)
        }
    };
    // What never returns is on a cold path.
    let hint = if matches!(output, Output::Never) { None } else { inline::hint(&function) };
    let function = with_body(&function, quote!(#inner_attrs #inside));
    quote!(#hint #function)
}

/// What the forms of one call have in common.
struct Call<'a> {
    options: &'a Options,
    function: &'a syn::Ident,
    private: TokenStream,
    /// What binds the arguments that are captured.
    captured: &'a TokenStream,
}

impl Call<'_> {
    /// `let call = Call::enter(…);`
    fn enter(&self) -> TokenStream {
        self.entered(None, &quote!(Call), None)
    }

    /// `let call = guard::enter(…);`, and before that the site, for those who capture arguments.
    fn entered(&self, mutable: Option<Token![mut]>, guard: &TokenStream, is_error: Option<TokenStream>) -> TokenStream {
        let (items, private, call) = (items(self.options, self.function), &self.private, local("call"));
        let is_error = is_error.map(|is_error| quote!(, #is_error));
        if self.captured.is_empty() {
            return quote! {
                let #mutable #call = {
                    #items #private::#guard::enter(LANE.with(#private::Lane::here), &SITE #is_error)
                };
            };
        }
        let (site, lane) = (local("site"), local("lane"));
        quote! {
            let (#site, #lane) = { #items (&SITE, LANE.with(#private::Lane::here)) };
            let #mutable #call = #private::#guard::enter(#lane, #site #is_error);
        }
    }

    /// A guard that is dropped when the body ends, however it does, and the body as it is.
    fn watched(&self, body: &Group) -> TokenStream {
        let (enter, captured) = (self.entered(None, &quote!(Tracked), Some(quote!(false))), self.captured);
        quote!(#enter #captured #body)
    }

    /// The same where the outcome counts: it is looked at where the body ends, to which every
    /// `return` leads. What is left is a `?`, an error if the type is a `Result`.
    fn tracked(&self, written: &Written, body: &Group) -> TokenStream {
        let (private, call) = (&self.private, local("call"));
        let Written { ty, is_open } = written;
        let is_error = if *is_open {
            let is_error = looks_like_result(ty);
            quote!(#is_error)
        } else {
            quote!({ use #private::NoResult as _; #private::Ended::<#ty>::IS_RESULT })
        };
        let run = self.in_place(&Output::Named(written.clone()), &redirected(body).body);
        let end = self.exit_named(written, &run, &quote!(#call.take()));
        let enter = self.entered(Some(<Token![mut]>::default()), &quote!(Tracked), Some(is_error));
        quote!(#enter #end)
    }

    /// The body as an expression of which rustc does not say that what follows is unreachable, even
    /// if it is. No `allow` could stop it where the user forbids that.
    fn in_place(&self, output: &Output, body: &TokenStream) -> TokenStream {
        let (private, captured) = (&self.private, self.captured);
        let body = if captured.is_empty() { body.clone() } else { quote!({ #captured #body }) };
        let otherwise = (!matches!(output, Output::Unit)).then(|| quote!(else { #private::never() }));
        quote!(if true #body #otherwise)
    }

    /// Statements that run the body, tell `call` how it ended, and end with its value.
    fn exit(&self, output: &Output, run: &TokenStream, call: &TokenStream) -> TokenStream {
        let out = local("out");
        match output {
            Output::Named(written) => self.exit_named(written, run, call),
            Output::Infallible(ty) => {
                let private = &self.private;
                quote!(let #out: #private::Same<#ty> = #run; #call.returned(); #out)
            }
            // No semicolon here, so that rustc finds a body of another type where it is.
            _ => quote!(#run #call.returned();),
        }
    }

    fn exit_named(&self, written: &Written, run: &TokenStream, call: &TokenStream) -> TokenStream {
        let (private, out, value) = (&self.private, local("out"), local("value"));
        let ty = &written.ty;
        let settle = if never_a_future(ty) {
            quote!(settle(#call))
        } else {
            quote!(settle_any(#call, |#value| { use #private::Infallible as _; #private::Output(#value).is_error() }))
        };
        quote! {
            let #out: #private::Same<#ty> = #run;
            let #out = { use #private::Settle as _; #private::Ended(#out).#settle };
            #out
        }
    }
}

/// `invoke(move || -> T { let a = a; … body })`, a statement where there is no value.
fn closure(
    function: &mut Function,
    output: &Output,
    captured: &TokenStream,
    body: &Group,
    private: &TokenStream,
) -> TokenStream {
    let arguments = arguments::for_closure(&mut function.sig);
    let arguments = quote!(#arguments #captured);
    let (arrow, end) = match output {
        Output::Infallible(ty) | Output::Named(Written { ty, .. }) => (quote!(-> #private::Same<#ty>), None),
        _ => (quote!(-> ()), Some(quote!(;))),
    };
    let inside = if arguments.is_empty() { quote!(#body) } else { quote!({ #arguments #body }) };
    quote!(#private::invoke(move || #arrow #inside) #end)
}
