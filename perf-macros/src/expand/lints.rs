//! Lints that look at the whole of a body, and would miss what is still in it.

use crate::item::Function;

/// Whether a lint of clippy's would say something that it does not say of the function as written.
///
/// `clone` and `partial_cmp` should be one certain expression where `Copy` and `Ord` say the same, and
/// a type that is not used is all right where there is nothing that could use it.
pub(super) fn misjudge(function: &Function) -> bool {
    let body = function.body.as_ref().map_or(String::new(), |body| body.stream().to_string().replace(' ', ""));
    let (name, is_generic) = (&function.sig.ident, !function.sig.generics.is_empty());
    (name == "clone" && body == "*self")
        || (name == "partial_cmp" && body.starts_with("Some(self.cmp("))
        || (is_generic && body.is_empty())
}
