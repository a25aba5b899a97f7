//! The ways out of a body.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Whether a body may end before its end: `return`, `?`, or a macro, which may hide them.
pub(super) fn leaves_early(body: TokenStream) -> bool {
    any_token(body, &|token, macro_name| match token {
        TokenTree::Ident(name) => name == "return",
        TokenTree::Punct(punct) => punct.as_char() == '?',
        TokenTree::Group(_) => macro_name.is_some(),
        TokenTree::Literal(_) => false,
    })
}

/// Whether a `return` may stand where it cannot be seen (nor led elsewhere): in a macro other than
/// the standard library's, or among a macro's arguments.
pub(super) fn hides_returns(body: TokenStream) -> bool {
    const KNOWN: &str = "assert assert_eq assert_ne debug_assert debug_assert_eq debug_assert_ne panic todo \
        unimplemented unreachable print println eprint eprintln write writeln format format_args \
        vec matches concat stringify line file column cfg env";
    any_token(body, &|token, macro_name| {
        let TokenTree::Group(arguments) = token else { return false };
        macro_name.is_some_and(|name| {
            let is_known = KNOWN.split(' ').any(|known| name == known);
            let is_return = |token: &TokenTree, _: Option<&str>| matches!(token, TokenTree::Ident(i) if i == "return");
            !is_known || any_token(arguments.stream(), &is_return)
        })
    })
}

/// Whether `found` is true of any token, at any depth. It is told the macro whose arguments a group
/// is, if it is any's.
fn any_token(tokens: TokenStream, found: &dyn Fn(&TokenTree, Option<&str>) -> bool) -> bool {
    let mut name = None;
    let mut is_macro = false;
    for token in tokens {
        let macro_name = if is_macro { name.as_deref() } else { None };
        if found(&token, macro_name) {
            return true;
        }
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == '!' => is_macro = name.is_some(),
            TokenTree::Ident(ident) => (name, is_macro) = (Some(ident.to_string()), false),
            // A `$path` of `macro_rules!` comes with an invisible pair of brackets.
            TokenTree::Group(group) => {
                if any_token(group.stream(), found) {
                    return true;
                }
                name = (group.delimiter() == Delimiter::None).then(String::new);
                is_macro = false;
            }
            _ => (name, is_macro) = (None, false),
        }
    }
    false
}
