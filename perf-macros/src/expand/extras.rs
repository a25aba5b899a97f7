//! What is known of a function beside what is known of all: its labels, each a call within the call, and how many
//! calls are in flight.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};

use super::site::local;
use crate::options::{Label, Of, Options};
use crate::signature::{Argument, Signature};
use crate::tokens::names_any;

pub(super) struct Extras<'a> {
    labels: &'a [Label],
    counts_flights: bool,
    private: &'a TokenStream,
}

impl<'a> Extras<'a> {
    pub(super) fn of(options: &'a Options, private: &'a TokenStream) -> Self {
        Self { labels: &options.labels, counts_flights: options.in_flight.is_some(), private }
    }

    pub(super) fn is_none(&self) -> bool {
        self.labels.is_empty() && !self.counts_flights
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

    /// Locals that stand for the statics outside of the block that these are in, and what they are there.
    pub(super) fn kept(&self) -> Vec<(Ident, TokenStream)> {
        let statics = self.statics().into_iter().map(|name| quote!(&#name));
        let labels = self.labels().into_iter().zip(statics);
        labels.chain(self.flight().map(|flight| (flight, quote!(&FLIGHT)))).collect()
    }

    /// Statements that make of each label's local the site of the value that it has in this call.
    pub(super) fn find(&self) -> TokenStream {
        let private = self.private;
        let find = |(label, name): (&Label, Ident)| match &label.of {
            Of::Type(ty) => quote!(let #name = #name.find(#private::type_name::<#ty>());),
            Of::Value(value) => quote! {
                let #name = {
                    use #private::{Bare as _, Shown as _};
                    (&#private::LabelOf(&(#value))).find(#name)
                };
            },
        };
        self.labels.iter().zip(self.labels()).map(find).collect()
    }

    /// Counts a call as in flight until the end of the block.
    pub(super) fn begin_flight(&self) -> Option<TokenStream> {
        self.flight().map(|flight| quote!(let #flight = #flight.begin();))
    }

    /// A future that is measured once more for each label, and counted while it is in flight.
    pub(super) fn measured(&self, future: TokenStream, probe: &TokenStream) -> TokenStream {
        let private = self.private;
        let flying = match self.flight() {
            Some(flight) => quote!(#private::Flying::new(#flight, #future)),
            None => future,
        };
        self.labels().iter().fold(flying, |future, label| {
            quote!(#private::Measured::new(move || (#label, #label.lane()), #future, #probe))
        })
    }

    /// Statements that mention the arguments that labels ask for. Where the body does not, rustc would call what is
    /// bound for it unused.
    pub(super) fn asked_for(&self, sig: &Signature) -> TokenStream {
        let values = self.labels.iter().filter_map(|label| match &label.of {
            Of::Value(value) => Some(value),
            Of::Type(_) => None,
        });
        asked_for(sig, &values.collect::<Vec<_>>())
    }
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
