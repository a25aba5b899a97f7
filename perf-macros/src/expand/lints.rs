//! Lints that look at the whole of a body, and would miss what is still in it.

use crate::item::Function;

/// Clippy wants `clone` and `partial_cmp` to be one certain expression where `Copy` and `Ord` say the
/// same. Where the body is that expression, the lint has nothing to say.
pub(super) fn is_canonical(function: &Function) -> bool {
    let body = function.body.as_ref().map_or(String::new(), |body| body.stream().to_string().replace(' ', ""));
    let name = &function.sig.ident;
    (name == "clone" && body == "*self") || (name == "partial_cmp" && body.starts_with("Some(self.cmp("))
}
