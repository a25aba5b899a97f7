//! The statics of one annotated function.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::LitStr;

use super::extras::Extras;
use crate::options::{Options, Promise, Sample};

/// `::perf_runtime::__private`, or where the user says it is.
pub(crate) fn private(options: &Options) -> TokenStream {
    if let Some(path) = &options.runtime { quote!(#path::__private) } else { quote!(::perf_runtime::__private) }
}

/// A local of ours, which no token of the user's can name.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// Declares `SITE` and `LANE`. Items are not hygienic: these must stand in a block of their own,
/// which holds no token of the user's.
pub(crate) fn items(options: &Options, function: &Ident) -> TokenStream {
    let private = private(options);
    let settings = settings(options, &private);
    let name = match &options.name {
        Some(name) => quote!(.named(#name)),
        None => TokenStream::new(),
    };
    // The call's span is what `Location::caller` will report as the function's place.
    let at = function.span().resolved_at(Span::mixed_site());
    let new = quote_spanned!(at=> #private::Site::new(#private::type_name::<Here>, #private::module_path!(), &LANE));
    let (extras, named) = Extras::of(options, &private).items(&quote!(#new #name #settings));
    let promises = options.slo.iter().map(|promises| {
        let promises = promises.iter().map(Promise::set);
        quote!(.slo(#private::Slo::new() #(#promises)*))
    });
    quote! {
        struct Here;
        #extras
        static SITE: #private::Site = #new #name #settings #named #(#promises)*;
        #private::thread_local! {
            static LANE: #private::Lane = const { #private::Lane::NEW };
        }
    }
}

fn settings(options: &Options, private: &TokenStream) -> TokenStream {
    let mut settings = TokenStream::new();
    if let Some(workload) = &options.workload {
        let variant = variant(workload);
        settings.extend(quote!(.workload(#private::Workload::#variant)));
    }
    if options.capture.is_some() {
        settings.extend(quote!(.capturing()));
    }
    match options.sample {
        // The slowest calls are among the timed ones.
        None if options.capture.is_some() => settings.extend(quote!(.every(1))),
        None | Some(Sample::Adaptive) => {}
        Some(Sample::Always) => settings.extend(quote!(.every(1))),
        Some(Sample::Share(share)) => {
            // A share of 10⁻⁹ is one call in 2³⁰, the longest interval there is.
            let every = (1.0 / share).round().clamp(1.0, f64::from(1_u32 << 30)) as u32;
            settings.extend(quote!(.every(#every)));
        }
    }
    if options.cpu.is_some() {
        settings.extend(quote!(.cpu()));
    }
    settings
}

/// What makes the future that measures another.
pub(super) fn measured(options: &Options, private: &TokenStream) -> TokenStream {
    if options.counts_allocations() { quote!(#private::measured) } else { quote!(#private::Measured::new) }
}

/// The variant of `Workload` that a class is.
pub(super) fn variant(workload: &LitStr) -> Ident {
    let variant = match workload.value().as_str() {
        "micro" => "Micro",
        "light" => "Light",
        "medium" => "Medium",
        _ => "Heavy",
    };
    Ident::new(variant, workload.span())
}
