//! What a slow call tells of its arguments: statements at the beginning of the body.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::site::{local, private};
use crate::options::{Captured, Options};

/// Binds what is captured, and the guard that tells it when the body ends. They stand where `site` is the function's
/// and the arguments are bound, and before anything of the body; nothing where nothing is captured.
pub(super) fn statements(options: &Options, is_future: bool) -> TokenStream {
    let Some((_, captured)) = options.capture.as_ref().filter(|_| cfg!(not(feature = "off"))) else {
        return TokenStream::new();
    };
    let (private, site, guard, fields) = (private(options), local("site"), local("captured"), local("fields"));
    let (mut kept, mut written) = (TokenStream::new(), TokenStream::new());
    for (index, Captured { name, value, is_display }) in captured.iter().enumerate() {
        // Where it cannot be borrowed or written, rustc says so of what the user wrote.
        let at = value.span().resolved_at(Span::mixed_site());
        let of_value = |name: &str| Ident::new(&format!("{name}_{index}"), at);
        let (place, copied) = (of_value("place"), of_value("kept"));
        kept.extend(quote_spanned! {at=>
            let #place = &(#value);
            let #copied = { use #private::Borrowed as _; #private::Capture(#place).kept() };
        });
        let write = if *is_display { quote_spanned!(at=> display) } else { quote_spanned!(at=> debug) };
        written.extend(quote_spanned!(at=> #fields.#write(#name, &#copied);));
    }
    let new = if is_future { quote!(of_future) } else { quote!(new) };
    quote! {
        #kept
        let #guard = #private::Captured::#new(#site, move |#fields: &mut #private::Fields<'_>| { #written });
    }
}
