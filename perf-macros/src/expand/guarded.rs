//! A function whose guards decide whether it runs.
//!
//! Layers are expressions, each around the one before:
//!
//! 1. the *run*: the body, measured, and stopped where it takes too long;
//! 2. the stack of guards that let it run, and are told how it ended; where one refuses, the function is
//!    left with what it gives then: its error, or what the fallback gives;
//! 3. `retry`, which makes attempts until one will do;
//! 4. load shedding around that, if there are retries: otherwise it is the first of the stack;
//! 5. `cached`, which answers without any of that.

use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote};

use super::extras::{Extras, asked_for};
use super::guards::{Guards, Stages};
use super::site::{self, items, local, private};
use super::{arguments, capture, future, split_inner_attrs, with_body};
use crate::item::Function;
use crate::options::{self, Guard, Kind, Role};
use crate::output::{Ending, Output};
use crate::signature::{Argument, Signature};
use crate::stack::Stack;
use crate::types::Shape;

/// Wraps a function of which `check::unguardable` has nothing to say.
pub(crate) fn function(mut function: Function, stack: &Stack) -> TokenStream {
    let Some(body) = function.body.clone() else { return quote!(#function) };
    let (inner_attrs, body) = split_inner_attrs(&body);
    let ending = Ending::of(&function.sig);
    let asked = asked(&function.sig, stack);
    let unpacked = Extras::of(&stack.options, &TokenStream::new()).unpacked(&function.sig);
    let rebound = match ending {
        Ending::Async(_) => arguments::for_future(&mut function.sig),
        _ => arguments::for_closure(&mut function.sig),
    };
    let private = private(&stack.options);
    let captured = capture::statements(&stack.options, !matches!(ending, Ending::Value(_)));
    let rebound = quote!(#rebound #asked #captured);
    let guards = Guards { stack, private: &private };
    let inside = Layers { stack, guards, private: &private, ending: &ending, sig: &function.sig, unpacked };
    let inside = inside.all(&rebound, &body);
    let inside = match &ending {
        Ending::Async(written) if future::stays_async(&function, written) => quote!(#inside.await),
        Ending::Async(_) => {
            future::becomes_plain(&mut function, &private);
            inside
        }
        _ => inside,
    };
    with_body(&function, quote!(#inner_attrs #inside))
}

/// Mentions the arguments that guards and labels ask for.
fn asked(sig: &Signature, stack: &Stack) -> TokenStream {
    let of = |role| stack.guards.iter().filter_map(move |guard| guard.expression(role));
    let labels = Extras::of(&stack.options, &TokenStream::new()).asked_for(sig);
    let guards = asked_for(sig, &of(Role::Key).chain(of(Role::Cost)).map(|(_, tokens)| tokens).collect::<Vec<_>>());
    quote!(#guards #labels)
}

struct Layers<'a> {
    stack: &'a Stack,
    guards: Guards<'a>,
    private: &'a TokenStream,
    ending: &'a Ending,
    sig: &'a Signature,
    /// What labels need of arguments that are taken apart later.
    unpacked: TokenStream,
}

impl Layers<'_> {
    fn has(&self, kind: Kind) -> bool {
        self.stack.guard(kind).is_some()
    }

    fn is_async(&self) -> bool {
        !matches!(self.ending, Ending::Value(_))
    }

    fn awaited(&self) -> Option<TokenStream> {
        self.is_async().then(|| quote!(.await))
    }

    /// Whether somebody may need the arguments once more after the body has had them.
    fn repeats(&self) -> bool {
        self.has(Kind::Retry) || (self.has(Kind::Timeout) && self.stack.fallback().is_some())
    }

    /// The whole body.
    fn all(&self, rebound: &TokenStream, body: &Group) -> TokenStream {
        let (private, future) = (self.private, local("future"));
        let statics = self.statics();
        let (before, measured) = match self.ending {
            Ending::Value(_) => (None, TokenStream::new()),
            Ending::Async(output) => {
                let hint = future::output_hint(private, output);
                let keyword = if self.repeats() { quote!(async) } else { quote!(async move) };
                (None, quote!(#keyword { #rebound #hint #body }))
            }
            // Its body has run when there is a future at all.
            Ending::Future(_) | Ending::Boxed(..) => {
                (Some(quote!(let #future = #private::invoke(move || { #rebound #body });)), quote!(#future))
            }
        };
        let (again, run) = match self.ending {
            Ending::Value(output) => (self.again(), self.run(output, rebound, body)),
            _ => (self.again(), self.run_future(&measured)),
        };
        if let Ending::Value(output) = self.ending
            && self.is_plain()
        {
            let passed = self.passed_in_a_line(output, rebound, body);
            return quote!(#statics #passed);
        }
        let run = if again.is_empty() { run } else { quote!({ #again #run }) };
        let mut attempt = self.passed(&self.guards.stages(), &run);
        if self.has(Kind::Retry) {
            attempt = self.passed(&self.guards.outer_stages(), &self.retried(&attempt));
        }
        let value = self.cached(&self.settled(&attempt));
        let inside = match self.ending {
            Ending::Value(_) => value,
            Ending::Async(output) | Ending::Future(output) | Ending::Boxed(output) => {
                let hint = future::output_hint(private, output);
                quote!(async move { #hint #value })
            }
        };
        if matches!(self.ending, Ending::Boxed(_)) {
            quote!(#statics #before #private::boxed(#inside))
        } else {
            quote!(#statics #before #inside)
        }
    }

    /// What is known of the function beside; nothing where it is not measured.
    fn extras(&self) -> Option<Extras<'_>> {
        let extras = Extras::of(&self.stack.options, self.private);
        (!cfg!(feature = "off") && !extras.is_none()).then_some(extras)
    }

    /// All that the function keeps between calls, under local names.
    fn statics(&self) -> TokenStream {
        let (site, lane, private) = (local("site"), local("lane"), self.private);
        let items = items(&self.stack.options, &self.sig.ident);
        let kept = self.guards.kept();
        let (names, types): (Vec<_>, Vec<_>) = kept.into_iter().unzip();
        let statics: Vec<Ident> = names.iter().map(|name| local(&name.to_string().to_uppercase())).collect();
        let (beside, kept): (Vec<_>, Vec<_>) =
            self.extras().map_or_else(Vec::new, |extras| extras.kept()).into_iter().unzip();
        let find = self.extras().map(|extras| extras.find());
        let unpacked = find.as_ref().map(|_| &self.unpacked);
        // rustc never sees what this attribute has taken, and would call the names' imports unused.
        let taken = &self.stack.taken;
        quote! {
            #(#[#taken(@)] const _: () = ();)*
            let (#site, #lane, #(#names,)* #(#beside,)*) = {
                #items
                #(static #statics: #private::Kept<#types> = #private::Kept::new();)*
                (&SITE, || LANE.with(#private::Lane::here), #(&#statics,)* #(#kept,)*)
            };
            #unpacked
            #find
        }
    }

    /// The body of a function that gives back a value, as an expression of that.
    fn run(&self, output: &Output, rebound: &TokenStream, body: &Group) -> TokenStream {
        let (private, ty) = (self.private, self.ending.ty());
        let (site, lane, call, out) = (local("site"), local("lane"), local("call"), local("out"));
        let arrow = if matches!(output, Output::Opaque) { None } else { Some(quote!(-> #private::Same<#ty>)) };
        let keyword = if self.repeats() { None } else { Some(quote!(move)) };
        let body = quote!(#keyword || #arrow { #rebound #body });
        if cfg!(feature = "off") {
            return quote!({ _ = #lane; #private::invoke(#body) });
        }
        let run = if self.stack.options.counts_allocations() {
            quote!(#private::scoped(#site, #body))
        } else {
            quote!(#private::invoke(#body))
        };
        let labels = self.extras().map_or_else(Vec::new, |extras| extras.labels());
        let flight = self.extras().and_then(|extras| extras.begin_flight());
        let ended = labels.iter().rev().chain([&call]).map(|call| {
            if matches!(output, Output::Named(_)) {
                quote!(let #out = { use #private::Settle as _; #private::Ended(#out).settle(#call) };)
            } else {
                quote!(#call.returned();)
            }
        });
        let settle = if labels.is_empty() && matches!(output, Output::Named(_)) {
            quote!({ use #private::Settle as _; #private::Ended(#out).settle(#call) })
        } else if labels.is_empty() {
            quote!({ #call.returned(); #out })
        } else {
            quote!(#(#ended)* #out)
        };
        quote! {{
            #flight
            let #call = #private::Call::enter(#lane(), #site);
            #(let #labels = #private::Call::enter(#labels.lane(), #labels);)*
            let #out = #run;
            #settle
        }}
    }

    /// The same of a future, and a `Result<_, Rejected>` where it may be stopped.
    fn run_future(&self, future: &TokenStream) -> TokenStream {
        let private = self.private;
        let (site, lane) = (local("site"), local("lane"));
        let measured = match self.ending {
            _ if cfg!(feature = "off") => quote!({ _ = #lane; #future }),
            Ending::Async(output) | Ending::Future(output) | Ending::Boxed(output) => {
                let probe = future::error_probe(private, output);
                let future = match self.extras() {
                    Some(extras) => extras.measured(future.clone(), &probe),
                    None => future.clone(),
                };
                let measured = site::measured(&self.stack.options, private);
                quote!(#measured(move || (#site, #lane()), #future, #probe))
            }
            Ending::Value(_) => future.clone(),
        };
        let run = match self.stack.guard(Kind::Timeout) {
            None => measured,
            Some(timeout) => {
                let timeout = self.guards.kept_one(timeout);
                quote!(#timeout.call_async(#measured))
            }
        };
        if self.has(Kind::Retry) {
            let attempts = local("attempts");
            quote!(#attempts.watch(#run).await)
        } else {
            quote!(#run.await)
        }
    }

    /// `run`, if the guards let it, which are told how it ended.
    fn passed(&self, stages: &Stages, run: &TokenStream) -> TokenStream {
        if stages.kinds.is_empty() {
            return run.clone();
        }
        let (private, awaited) = (self.private, self.awaited());
        let (permit, rejected, out, inputs) = (local("permit"), local("rejected"), local("out"), local("inputs"));
        let (input, guards) = (self.guards.inputs(stages), self.guards.kept_all(stages));
        let (refused, verdict) = (self.told_apart("refused", &self.refused()), self.verdict(stages));
        let enter = if self.is_async() { quote!(enter_async) } else { quote!(enter) };
        let of = if self.has(Kind::Timeout) { quote!(verdict_of_attempt) } else { quote!(verdict_of) };
        quote! {{
            let #inputs = #input;
            match #private::Permit::#enter(#guards, #inputs) #awaited {
                #private::Err(#rejected) => break 'call #refused,
                #private::Ok(#permit) => {
                    let #out = #run;
                    #permit.settle(#private::#of(&#out, #verdict));
                    #out
                }
            }
        }}
    }

    /// Whether there is nothing to it but guards and a body that is run once, by whose error a refusal is told.
    fn is_plain(&self) -> bool {
        let is_one_of_many = |kind| matches!(kind, Kind::Cached | Kind::Retry | Kind::Timeout);
        let is_plain =
            self.stack.fallback().is_none() && !self.stack.guards.iter().any(|guard| is_one_of_many(guard.kind));
        is_plain
            && matches!(self.ending, Ending::Value(Output::Named(_)))
            && self.extras().is_none()
            && !cfg!(feature = "off")
    }

    /// The whole of such a function.
    fn passed_in_a_line(&self, output: &Output, rebound: &TokenStream, body: &Group) -> TokenStream {
        let (private, ty, stages) = (self.private, self.ending.ty(), self.guards.stages());
        let (site, lane, kept, out, call) = (local("site"), local("lane"), &stages.name, local("out"), local("call"));
        let (rejected, inputs) = (local("rejected"), local("inputs"));
        let (make, input) = (self.guards.make_all(&stages), self.guards.inputs(&stages));
        let (is_error, verdict, refused) = (self.is_error(), self.verdict(&stages), self.refused());
        let arrow = if matches!(output, Output::Opaque) { None } else { Some(quote!(-> #private::Same<#ty>)) };
        let mut body = quote!(move || #arrow { #rebound #body });
        if self.stack.options.counts_allocations() {
            body = quote!(move || #private::scoped(#site, #body));
        }
        quote! {{
            let #inputs = #input;
            #private::passed::<_, #private::Same<#ty>, _>(
                #kept,
                #site,
                #make,
                #lane,
                |#out, #call| { use #private::Settle as _; #private::Ended(#out).settle(#call) },
                #is_error,
                #verdict,
                #inputs,
                #body,
                |#rejected| #refused,
            )
        }}
    }

    /// What an output is to those who ask how their call ended.
    fn verdict(&self, stages: &Stages) -> TokenStream {
        let breaker = self.stack.guard(Kind::CircuitBreaker).filter(|_| stages.kinds.contains(&Kind::CircuitBreaker));
        match breaker.and_then(|breaker| breaker.expression(Role::Predicate)) {
            Some((_, predicate)) => predicate.clone(),
            None => self.is_error(),
        }
    }

    /// A predicate: whether an output is an error.
    fn is_error(&self) -> TokenStream {
        let (private, out) = (self.private, local("out"));
        if let Ending::Value(Output::Unit | Output::Infallible(_) | Output::Opaque) = self.ending {
            return quote!(|_| false);
        }
        quote!(|#out| { use #private::Infallible as _; #private::Output(#out).is_error() })
    }

    /// Attempts until one will do.
    fn retried(&self, attempt: &TokenStream) -> TokenStream {
        let Some(retry) = self.stack.guard(Kind::Retry) else { return attempt.clone() };
        let (private, awaited) = (self.private, self.awaited());
        let (out, attempts) = (local("out"), local("attempts"));
        let retry_made = self.guards.kept_one(retry);
        let wants = match retry.expression(Role::Predicate) {
            Some((_, predicate)) => predicate.clone(),
            None => self.is_error(),
        };
        let of = if self.has(Kind::Timeout) { quote!(verdict_of_attempt) } else { quote!(verdict_of) };
        let pause = if self.is_async() { quote!(pause_async) } else { quote!(pause) };
        // A future that is an attempt is watched for itself.
        let (begin, end) = if self.is_async() {
            (None, None)
        } else {
            (Some(quote!(#attempts.begin();)), Some(quote!(#attempts.end();)))
        };
        quote! {{
            let mut #attempts = #retry_made.attempts();
            loop {
                #begin
                let #out = #attempt;
                #end
                if !#attempts.wants(#private::#of(&#out, #wants)) || !#attempts.#pause()#awaited {
                    break #out;
                }
            }
        }}
    }

    /// The arguments once more, where the body is not the last to need them.
    fn again(&self) -> TokenStream {
        let private = self.private;
        let again = |argument: &Argument| {
            let name = argument.name().filter(|_| argument.receiver().is_none())?;
            Some(match argument.ty.shape() {
                Shape::Reference if argument.ty.is_mutable_reference() => quote!(let #name = &mut *#name;),
                _ => quote!(let #name = #private::Clone::clone(&#name);),
            })
        };
        if !self.repeats() {
            return TokenStream::new();
        }
        self.sig.inputs.iter().filter_map(again).collect()
    }

    /// The function's value, where a guard did not refuse.
    fn settled(&self, attempt: &TokenStream) -> TokenStream {
        let (private, out, rejected) = (self.private, local("out"), local("rejected"));
        let value = if self.has(Kind::Timeout) {
            let (own, refused) = (self.told_apart("own", &quote!(#out)), self.told_apart("refused", &self.refused()));
            quote! {
                match #attempt {
                    #private::Ok(#out) => #own,
                    #private::Err(#rejected) => #refused,
                }
            }
        } else {
            self.told_apart("own", attempt)
        };
        quote!('call: { #value })
    }

    /// A value of the function's `own`, or one in its place that was `refused`, where somebody wants to know which.
    fn told_apart(&self, which: &str, value: &TokenStream) -> TokenStream {
        let (private, which) = (self.private, Ident::new(which, Span::mixed_site()));
        if self.has(Kind::Cached) { quote!(#private::Loaded::#which(#value)) } else { value.clone() }
    }

    /// What the function gives where it is refused.
    fn refused(&self) -> TokenStream {
        let (private, ty, awaited, rejected) = (self.private, self.ending.ty(), self.awaited(), local("rejected"));
        if let Some(fallback) = self.stack.fallback() {
            let name = |argument: &Argument| argument.receiver().or_else(|| argument.name());
            let arguments = self.sig.inputs.iter().filter_map(name);
            quote!({ #private::answered(&#rejected); (#fallback)(#(#arguments),*) #awaited })
        } else {
            quote!(<#private::Same<#ty> as #private::Refusable>::refused(#rejected))
        }
    }

    /// The value from memory, where it is there.
    fn cached(&self, value: &TokenStream) -> TokenStream {
        let Some(cached) = self.stack.guard(Kind::Cached) else { return value.clone() };
        let (private, ty, awaited) = (self.private, self.ending.ty(), self.awaited());
        let (recalled, out, missed) = (local("recalled"), local("out"), local("missed"));
        let (cache, key) = (self.guards.kept_one(cached), self.key(cached));
        let is_no_result = matches!(self.ending, Ending::Value(Output::Unit | Output::Infallible(_) | Output::Opaque));
        let keeper = if is_no_result || cached.has("cache_errors") {
            quote!(#private::KeepsAll)
        } else {
            quote!({ use #private::KeptWhole as _; #private::KeptOf::<#private::Same<#ty>>::NEW.keeper() })
        };
        let (load, how) = if self.is_async() {
            (quote!(async move { #value }), quote!(load_async))
        } else {
            (quote!(move || -> #private::Loaded<#private::Same<#ty>> { #value }), quote!(load))
        };
        // The closure is of a type that no other instance of a generic function has.
        quote! {{
            let #recalled = {
                use #private::ByValue as _;
                #cache.recall::<_, _, #private::Same<#ty>, _>(&|| (), &#key, #keeper)
            };
            match #recalled {
                #private::Ok(#out) => #out,
                #private::Err(#missed) => #missed.#how(#load)#awaited,
            }
        }}
    }

    /// What tells calls apart, in pairs: borrowed, because the body is to have the arguments.
    fn key(&self, cached: &Guard) -> TokenStream {
        let private = self.private;
        let parts: Vec<TokenStream> = match cached.expression(Role::Key) {
            Some((_, key)) => options::elements(key).iter().map(|part| quote!((#part))).collect(),
            None => self.sig.inputs.iter().filter_map(Argument::name).map(ToTokens::into_token_stream).collect(),
        };
        parts.iter().rev().fold(quote!(()), |others, part| quote!((#private::KeyOf(&#part).part(), #others)))
    }
}
