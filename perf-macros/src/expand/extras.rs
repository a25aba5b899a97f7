//! What is known of a function beside what is known of all: its labels, each a call within the call, and how many
//! calls are in flight, and what they allocate.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

use super::site::local;
use crate::options::{Label, Of, Options};
use crate::signature::{Argument, Signature};
use crate::tokens::names_any;

pub(super) struct Extras<'a> {
    labels: &'a [Label],
    counts_flights: bool,
    counts_allocations: bool,
    captures: bool,
    private: &'a TokenStream,
}

impl<'a> Extras<'a> {
    pub(super) fn of(options: &'a Options, private: &'a TokenStream) -> Self {
        let (counts_flights, counts_allocations) = (options.in_flight.is_some(), options.counts_allocations());
        let captures = options.capture.is_some() && cfg!(not(feature = "off"));
        Self { labels: &options.labels, counts_flights, counts_allocations, captures, private }
    }

    pub(super) fn is_none(&self) -> bool {
        self.labels.is_empty() && !self.counts_flights && !self.counts_allocations && !self.captures
    }

    /// The statics, and calls of the site's builder that name them. `part` makes the site of what has none of
    /// its own among a label's values.
    pub(super) fn items(&self, part: &TokenStream) -> (TokenStream, TokenStream) {
        let private = self.private;
        let (mut items, mut named) = (TokenStream::new(), TokenStream::new());
        if self.counts_flights {
            items.extend(quote!(static FLIGHT: #private::Flight = #private::Flight::new();));
            named.extend(quote!(.in_flight(&FLIGHT)));
        }
        if self.counts_allocations {
            items.extend(quote!(static TOTALS: #private::Totals = #private::Totals::new();));
            named.extend(quote!(.allocations(&TOTALS)));
        }
        for (label, name) in self.labels.iter().zip(self.statics()) {
            let Label { key, max, .. } = label;
            items.extend(quote!(static #name: #private::Labels = #private::Labels::new(#key, #max, #part.part());));
        }
        if !self.labels.is_empty() {
            let statics = self.statics();
            named.extend(quote!(.labels(&[#(&#statics),*])));
        }
        (items, named)
    }

    fn statics(&self) -> Vec<Ident> {
        (0..self.labels.len()).map(|at| local(&format!("LABEL_{at}"))).collect()
    }

    /// What is called after the labels.
    pub(super) fn labels(&self) -> Vec<Ident> {
        (0..self.labels.len()).map(|at| local(&format!("label_{at}"))).collect()
    }

    pub(super) fn flight(&self) -> Option<Ident> {
        self.counts_flights.then(|| local("flight"))
    }

    /// The scope in which allocations are counted.
    pub(super) fn scope(&self) -> Option<Ident> {
        self.counts_allocations.then(|| local("scope"))
    }

    /// Locals that stand for the statics outside of the block that these are in, and what they are there.
    pub(super) fn kept(&self) -> Vec<(Ident, TokenStream)> {
        let statics = self.statics().into_iter().map(|name| quote!(&#name));
        let labels = self.labels().into_iter().zip(statics);
        labels.chain(self.flight().map(|flight| (flight, quote!(&FLIGHT)))).collect()
    }

    /// The same for the site, which what is captured is told of.
    pub(super) fn site(&self) -> Option<(Ident, TokenStream)> {
        self.captures.then(|| (local("site"), quote!(&SITE)))
    }

    /// Statements that bind what labels ask for and arguments take apart, or leave for unused, where the arguments
    /// have not been [bound again](super::arguments) yet: by reference, because the body is to have them.
    pub(super) fn unpacked(&self, sig: &Signature) -> TokenStream {
        let is_asked_for = |argument: &Argument| {
            let is_there = argument.name().is_some_and(|name| !name.to_string().starts_with('_'));
            argument.receiver().is_none() && !is_there && names_any(self.values(), &names_of(argument.pat.clone()))
        };
        let arguments = sig.inputs.iter().enumerate().filter(|(_, argument)| is_asked_for(argument));
        let bind = |(index, argument): (usize, &Argument)| {
            let (pat, fresh) = (without_modifiers(argument.pat.clone()), local(&format!("argument_{index}")));
            quote!(#[allow(unused_variables)] let #pat = &#fresh;)
        };
        arguments.map(bind).collect()
    }

    /// All tokens of all expressions.
    fn values(&self) -> TokenStream {
        let values = self.labels.iter().filter_map(|label| match &label.of {
            Of::Value(value) => Some(value.clone()),
            Of::Type(_) => None,
        });
        values.collect()
    }

    /// Statements that make of each label's local the site of the value that it has in this call.
    pub(super) fn find(&self) -> TokenStream {
        let private = self.private;
        let find = |(label, name): (&Label, Ident)| match &label.of {
            Of::Type(ty) => quote!(let #name = #name.find(#private::type_name::<#ty>());),
            Of::Value(value) => {
                // What cannot be shown is told of where it stands.
                let at = value.clone().into_iter().next().map_or_else(Span::mixed_site, |token| token.span());
                let find = quote_spanned!(at.resolved_at(Span::mixed_site())=> find);
                quote! {
                    let #name = {
                        use #private::{Bare as _, Shown as _};
                        (&#private::LabelOf(&(#value))).#find(#name)
                    };
                }
            }
        };
        self.labels.iter().zip(self.labels()).map(find).collect()
    }

    /// Counts a call as in flight until the end of the block.
    pub(super) fn begin_flight(&self) -> Option<TokenStream> {
        self.flight().map(|flight| quote!(let #flight = #flight.begin();))
    }

    /// Counts allocations until the end of the block: of a call that begins after it, and is not timed longer for that.
    pub(super) fn begin_scope(&self) -> Option<TokenStream> {
        let private = self.private;
        self.scope().map(|scope| quote!(let #scope = #private::Scope::enter(#scope);))
    }

    /// A future that is measured once more for each label, and counted while it is in flight.
    pub(super) fn measured(&self, future: TokenStream, probe: &TokenStream) -> TokenStream {
        let private = self.private;
        let flying = match self.flight() {
            Some(flight) => quote!(#private::Flying::new(#flight, #future)),
            None => future,
        };
        self.labels().iter().fold(
            flying,
            |future, label| quote!(#private::Measured::new(move || (#label, #label.lane()), #future, #probe)),
        )
    }

    /// Statements that mention the arguments that labels ask for. Where the body does not, rustc would call what is
    /// bound for it unused.
    pub(super) fn asked_for(&self, sig: &Signature) -> TokenStream {
        asked_for(sig, &[&self.values()])
    }
}

fn names_of(pattern: TokenStream) -> Vec<String> {
    let mut names = Vec::new();
    for token in pattern {
        match token {
            TokenTree::Ident(ident) => names.push(ident.to_string()),
            TokenTree::Group(group) => names.extend(names_of(group.stream())),
            _ => {}
        }
    }
    names
}

/// A pattern without the words that say how its names are bound: they are references.
fn without_modifiers(pattern: TokenStream) -> TokenStream {
    let keep = |token| match token {
        TokenTree::Ident(word) if word == "mut" || word == "ref" => None,
        TokenTree::Group(group) => {
            let mut inside = Group::new(group.delimiter(), without_modifiers(group.stream()));
            inside.set_span(group.span());
            Some(inside.into())
        }
        token => Some(token),
    };
    pattern.into_iter().filter_map(keep).collect()
}

/// Statements that mention the arguments that are in `expressions`.
pub(super) fn asked_for(sig: &Signature, expressions: &[&TokenStream]) -> TokenStream {
    let is_asked_for = |name: &Ident| {
        let name = name.to_string();
        expressions.iter().any(|tokens| names_any(tokens.to_token_stream(), &[&name]))
    };
    let arguments = sig.inputs.iter().filter(|argument| argument.receiver().is_none());
    let names = arguments.filter_map(Argument::name).filter(is_asked_for);
    quote!(#(_ = &#names;)*)
}
