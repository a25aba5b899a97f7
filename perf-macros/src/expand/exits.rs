//! The ways out of a body.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, ExprAsync, ExprClosure, ExprConst, Item, parse_quote};

/// Whether a body may end before its end: `return`, `?`, or a macro, which may hide them.
pub(super) fn leaves_early(body: TokenStream) -> bool {
    any_token(body, &|token, macro_name| match token {
        TokenTree::Ident(name) => name == "return",
        TokenTree::Punct(punct) => punct.as_char() == '?',
        TokenTree::Group(_) => macro_name.is_some(),
        TokenTree::Literal(_) => false,
    })
}

/// Whether a `return` may stand where [`rewrite_returns`] cannot see it: in a macro other than the
/// standard library's, or among a macro's arguments.
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

/// Writes every `return value` of the body itself as `return { exit(value) }`. A body that does not
/// parse stays as it is: rustc has more to say about it.
pub(super) fn rewrite_returns(body: &Group, exit: &dyn Fn(&TokenStream) -> TokenStream) -> TokenStream {
    let tokens = TokenStream::from(TokenTree::Group(body.clone()));
    let Ok(mut block) = syn::parse2::<Block>(tokens.clone()) else { return tokens };
    Returns(exit).visit_block_mut(&mut block);
    block.into_token_stream()
}

struct Returns<'a>(&'a dyn Fn(&TokenStream) -> TokenStream);

impl VisitMut for Returns<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        if let Expr::Return(leave) = expr {
            let value = leave.expr.take().map_or_else(|| quote!(()), ToTokens::into_token_stream);
            let exit = (self.0)(&value);
            leave.expr = Some(parse_quote!({ #exit }));
        }
    }

    // Whose `return`s are their own.
    fn visit_expr_closure_mut(&mut self, _: &mut ExprClosure) {}
    fn visit_expr_async_mut(&mut self, _: &mut ExprAsync) {}
    fn visit_expr_const_mut(&mut self, _: &mut ExprConst) {}
    fn visit_item_mut(&mut self, _: &mut Item) {}
}
