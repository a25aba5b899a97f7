//! What a signature says about how its function ends. Only what no alias can change is decided
//! here, by syntax; the rest is left to the runtime's traits.

use syn::visit_mut::{self, VisitMut};
use syn::{AssocType, GenericArgument, PathArguments, ReturnType, Type, TypeImplTrait, TypeParamBound};

/// How a function ends, as far as its signature tells.
pub(crate) enum Output {
    /// `-> !`
    Never,
    /// Nothing, or `-> ()`.
    Unit,
    /// A reference, a tuple and the like: neither a `Result` nor a future, under any alias.
    Infallible(Type),
    /// Anything with a name: a trait decides whether it is a `Result`, a boxed future, or neither.
    Named(Written),
    /// `impl Trait`, or a tuple with one: nothing to look at, and it cannot be written down again,
    /// though a closure may have to learn its arguments' types from it. Or a raw pointer, which may
    /// be to a temporary that a binding would keep.
    Opaque,
    /// `impl Future<Output = T>`.
    Future(Written),
}

/// A type of a signature, fit to stand in an expression.
#[derive(Clone)]
pub(crate) struct Written {
    pub(crate) ty: Type,
    /// It had an `impl Trait` somewhere, which is `_` now.
    pub(crate) is_open: bool,
}

impl Output {
    pub(crate) fn of(output: &ReturnType) -> Self {
        match output {
            ReturnType::Default => Self::Unit,
            ReturnType::Type(_, ty) => Self::of_type(ty),
        }
    }

    fn of_type(ty: &Type) -> Self {
        match ty {
            Type::Never(_) => Self::Never,
            Type::Tuple(tuple) if tuple.elems.is_empty() => Self::Unit,
            Type::Paren(inner) => Self::of_type(&inner.elem),
            Type::Group(inner) => Self::of_type(&inner.elem),
            Type::Ptr(_) => Self::Opaque,
            Type::ImplTrait(bounds) => future_output(bounds).map_or(Self::Opaque, Self::Future),
            Type::Reference(_) | Type::Tuple(_) | Type::Array(_) | Type::Slice(_) | Type::BareFn(_) => {
                let written = Written::of(ty);
                if written.is_open { Self::Opaque } else { Self::Infallible(written.ty) }
            }
            _ => Self::Named(Written::of(ty)),
        }
    }
}

/// `T` of `impl Future<Output = T> + …`, unless it promises a trait that our wrapper does not have.
fn future_output(opaque: &TypeImplTrait) -> Option<Written> {
    const KEPT: &[&str] = &["Future", "Send", "Sync", "Unpin", "UnwindSafe", "RefUnwindSafe", "Debug"];
    let traits = || {
        opaque.bounds.iter().filter_map(|bound| match bound {
            TypeParamBound::Trait(bound) => bound.path.segments.last(),
            _ => None,
        })
    };
    if !traits().all(|last| KEPT.iter().any(|kept| last.ident == kept)) {
        return None;
    }
    let PathArguments::AngleBracketed(arguments) = &traits().find(|last| last.ident == "Future")?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(AssocType { ident, ty, .. }) if ident == "Output" => Some(Written::of(ty)),
        _ => None,
    })
}

impl Written {
    pub(crate) fn of(ty: &Type) -> Self {
        let mut written = Self { ty: ty.clone(), is_open: false };
        let mut ty = written.ty.clone();
        written.visit_type_mut(&mut ty);
        written.ty = ty;
        written
    }

    /// True for `!`, also behind parentheses.
    pub(crate) fn is_never(&self) -> bool {
        matches!(Output::of_type(&self.ty), Output::Never)
    }
}

impl VisitMut for Written {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::ImplTrait(_) = ty {
            self.is_open = true;
            *ty = syn::parse_quote!(_);
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }
}

/// True where moving a value of this type cannot run any drop code, under any alias.
pub(crate) fn never_drops(ty: &Type) -> bool {
    match ty {
        Type::Reference(_) | Type::Ptr(_) | Type::BareFn(_) | Type::Never(_) => true,
        Type::Paren(inner) => never_drops(&inner.elem),
        Type::Group(inner) => never_drops(&inner.elem),
        Type::Array(inner) => never_drops(&inner.elem),
        Type::Tuple(inner) => inner.elems.iter().all(never_drops),
        _ => false,
    }
}

/// True for the names under which nobody expects a boxed future, so that it need not be asked.
/// Where somebody does hide one there, its making is measured, as written.
pub(crate) fn never_a_future(ty: &Type) -> bool {
    const KNOWN: &[&str] = &[
        "Result", "Option", "Vec", "String", "Box", "Arc", "Rc", "Cow", "bool", "char", "str", "u8", "u16", "u32",
        "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64", "Ordering", "Duration",
    ];
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| KNOWN.iter().any(|known| last.ident == known))
}

/// Whether a type that cannot be asked is a `Result`, going by its name.
pub(crate) fn looks_like_result(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Result"))
}
