//! What a slow call tells of its arguments: statements at the beginning of the body.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::site::{local, private};
use crate::options::{Captured, Options};

/// Binds what is captured, and the guard that tells it when the body ends, to which `#site` must be the function's.
/// Nothing where nothing is captured.
pub(super) fn statements(options: &Options, is_future: bool) -> TokenStream {
    let Some((_, captured)) = &options.capture else { return TokenStream::new() };
    let (private, site, guard, fields) = (private(options), local("site"), local("captured"), local("fields"));
    let (mut kept, mut written) = (TokenStream::new(), TokenStream::new());
    for (index, Captured { name, value, is_display }) in captured.iter().enumerate() {
        let (place, value_kept) = (local(&format!("place_{index}")), local(&format!("kept_{index}")));
        // Where it cannot be borrowed or written, rustc says so of what the user wrote.
        let at = value.span().resolved_at(Span::mixed_site());
        let borrow = quote_spanned!(at=> let #place = &(#value););
        kept.extend(quote! {
            #borrow
            let #value_kept = { use #private::Borrowed as _; #private::Capture(#place).kept() };
        });
        let write = if *is_display { quote!(display) } else { quote!(debug) };
        written.extend(quote_spanned!(at=> #fields.#write(#name, &#value_kept);));
    }
    let new = if is_future { quote!(of_future) } else { quote!(new) };
    quote! {
        #kept
        let #guard = #private::Captured::#new(#site, move |#fields: &mut #private::Fields<'_>| { #written });
    }
}
