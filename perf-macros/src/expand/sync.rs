//! A function that returns when it is done.

use proc_macro2::{Group, Span, TokenStream};
use quote::quote;
use syn::Token;

use super::extras::Extras;
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
    let mut call = Call::of(options, &function);
    let inside = match output {
        // It ends by a panic or not at all, and `Drop` sees the panic.
        Output::Never => {
            let (enter, captured) = (call.enter(), &call.captured);
            quote!(#enter #captured #body)
        }
        Output::Named(written) if is_tracked => call.tracked(written, &body),
        Output::Opaque | Output::Future(_) => call.watched(&body),
        _ if is_tracked => call.watched(&body),
        _ => {
            let run = if leaves_early {
                let (asked, captured) = (call.extras().asked_for(&function.sig), &call.captured);
                let asked = quote!(#asked #captured);
                call.unpacked = call.extras().unpacked(&function.sig);
                closure(&mut function, output, &body, &call.private, &asked)
            } else {
                call.in_place(output, &quote!(#body))
            };
            let (enter, exit) = (call.enter(), call.exit(output, &run));
            quote!(#enter #exit)
        }
    };
    // What never returns is on a cold path, and looking up labels is worth no copies.
    let stays_out_of_line = matches!(output, Output::Never) || !options.labels.is_empty();
    let hint = if stays_out_of_line { None } else { inline::hint(&function) };
    let function = with_body(&function, quote!(#inner_attrs #inside));
    quote!(#hint #function)
}

/// What the forms of one call have in common.
struct Call<'a> {
    options: &'a Options,
    function: syn::Ident,
    private: TokenStream,
    /// What labels need of arguments that are taken apart later.
    unpacked: TokenStream,
    /// What binds the arguments that are captured.
    captured: TokenStream,
}

impl<'a> Call<'a> {
    fn of(options: &'a Options, function: &Function) -> Self {
        let function = function.sig.ident.clone();
        let captured = capture::statements(options, false);
        Self { options, function, private: private(options), unpacked: TokenStream::new(), captured }
    }

    fn extras(&self) -> Extras<'_> {
        Extras::of(self.options, &self.private)
    }

    /// `let call = Call::enter(…);`
    fn enter(&self) -> TokenStream {
        let private = &self.private;
        self.begin(None, &|lane, site| quote!(#private::Call::enter(#lane, #site)))
    }

    /// Begins the call, and one for each label, each as `enter` says of its lane and its site.
    fn begin(
        &self,
        mutable: Option<Token![mut]>,
        enter: &dyn Fn(TokenStream, TokenStream) -> TokenStream,
    ) -> TokenStream {
        let (items, private, call) = (items(self.options, &self.function), &self.private, local("call"));
        let own = enter(quote!(LANE.with(#private::Lane::here)), quote!(&SITE));
        let extras = self.extras();
        if extras.is_none() {
            return quote!(let #mutable #call = { #items #own };);
        }
        let scope = extras.scope().map(|scope| (scope, quote!(&SITE)));
        let (names, kept): (Vec<_>, Vec<_>) = extras.kept().into_iter().chain(scope).chain(extras.site()).unzip();
        let (unpacked, find) = (&self.unpacked, extras.find());
        let (begin_flight, begin_scope, labels) = (extras.begin_flight(), extras.begin_scope(), extras.labels());
        let begun = labels.iter().map(|label| enter(quote!(#label.lane()), quote!(#label)));
        quote! {
            let (#call, #(#names,)*) = { #items (|| #own, #(#kept,)*) };
            #unpacked
            #find
            #begin_flight
            #begin_scope
            let #mutable #call = #call();
            #(let #mutable #labels = #begun;)*
        }
    }

    /// The calls to be ended, those that began last first.
    fn calls(&self) -> Vec<syn::Ident> {
        self.extras().labels().into_iter().rev().chain([local("call")]).collect()
    }

    /// A guard that is dropped when the body ends, however it does, and the body as it is.
    fn watched(&self, body: &Group) -> TokenStream {
        let private = &self.private;
        let (begin, captured) =
            (self.begin(None, &|lane, site| quote!(#private::Tracked::enter(#lane, #site, false))), &self.captured);
        quote!(#begin #captured #body)
    }

    /// The same where the outcome counts: it is looked at where the body ends, to which every
    /// `return` leads. What is left is a `?`, an error if the type is a `Result`.
    fn tracked(&self, written: &Written, body: &Group) -> TokenStream {
        let private = &self.private;
        let Written { ty, is_open } = written;
        let is_error = if *is_open {
            let is_error = looks_like_result(ty);
            quote!(#is_error)
        } else {
            quote!({ use #private::NoResult as _; #private::Ended::<#ty>::IS_RESULT })
        };
        let run = self.in_place(&Output::Named(written.clone()), &redirected(body).body);
        let end = self.exit_named(written, &run, &quote!(.take()));
        let begin = self.begin(
            Some(Token![mut](Span::mixed_site())),
            &|lane, site| quote!(#private::Tracked::enter(#lane, #site, #is_error)),
        );
        quote!(#begin #end)
    }

    /// The body as an expression of which rustc does not say that what follows is unreachable, even
    /// if it is. No `allow` could stop it where the user forbids that.
    fn in_place(&self, output: &Output, body: &TokenStream) -> TokenStream {
        let (private, captured) = (&self.private, &self.captured);
        let body = if captured.is_empty() { body.clone() } else { quote!({ #captured #body }) };
        let otherwise = (!matches!(output, Output::Unit)).then(|| quote!(else { #private::never() }));
        quote!(if true #body #otherwise)
    }

    /// Statements that run the body, tell the calls how it ended, and end with its value.
    fn exit(&self, output: &Output, run: &TokenStream) -> TokenStream {
        let (out, calls) = (local("out"), self.calls());
        match output {
            Output::Named(written) => self.exit_named(written, run, &TokenStream::new()),
            Output::Infallible(ty) => {
                let private = &self.private;
                quote!(let #out: #private::Same<#ty> = #run; #(#calls.returned();)* #out)
            }
            // No semicolon here, so that rustc finds a body of another type where it is.
            _ => quote!(#run #(#calls.returned();)*),
        }
    }

    /// The same where the value has a name. `take` gets a call out of what watches it.
    fn exit_named(&self, written: &Written, run: &TokenStream, take: &TokenStream) -> TokenStream {
        let (private, out, value) = (&self.private, local("out"), local("value"));
        let ty = &written.ty;
        let own = local("call");
        let settle = self.calls().into_iter().map(|call| {
            let is_error = quote!({ use #private::Infallible as _; #private::Output(#value).is_error() });
            match self.extras().scope().filter(|_| call == own) {
                _ if never_a_future(ty) => quote!(settle(#call #take)),
                Some(scope) => quote!(settle_scoped(#call #take, #scope, |#value| #is_error)),
                None => quote!(settle_any(#call #take, |#value| #is_error)),
            }
        });
        let flight = self.extras().flight().filter(|_| !never_a_future(ty));
        let ground = flight
            .map(|flight| quote!(let #out = { use #private::Grounded as _; #private::Ended(#out).ground(#flight) };));
        quote! {
            let #out: #private::Same<#ty> = #run;
            #(let #out = { use #private::Settle as _; #private::Ended(#out).#settle };)*
            #ground
            #out
        }
    }
}

/// `invoke(move || -> T { let a = a; … body })`, a statement where there is no value.
fn closure(
    function: &mut Function,
    output: &Output,
    body: &Group,
    private: &TokenStream,
    asked: &TokenStream,
) -> TokenStream {
    let arguments = arguments::for_closure(&mut function.sig);
    let (arrow, end) = match output {
        Output::Infallible(ty) | Output::Named(Written { ty, .. }) => (quote!(-> #private::Same<#ty>), None),
        _ => (quote!(-> ()), Some(quote!(;))),
    };
    let arguments = quote!(#arguments #asked);
    let inside = if arguments.is_empty() { quote!(#body) } else { quote!({ #arguments #body }) };
    quote!(#private::invoke(move || #arrow #inside) #end)
}
