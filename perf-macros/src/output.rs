//! What a signature says about how its function ends. Only what no alias can change is decided
//! here, by syntax; the rest is left to the runtime's traits.

use quote::ToTokens;
use syn::{AssocType, GenericArgument, PathArguments, ReturnType, Type, TypeImplTrait, TypeParamBound, TypePath};

/// How a function ends, as far as its signature tells.
pub(crate) enum Output {
    /// `-> !`
    Never,
    /// Nothing, or `-> ()`.
    Unit,
    /// A reference, a tuple and the like: neither a `Result` nor a future, under any alias.
    Infallible(Type),
    /// Anything with a name: a trait decides whether it is a `Result`, a boxed future, or neither.
    Named(Type),
    /// `impl Trait`, which cannot be written down again.
    Opaque,
    /// `impl Future<Output = T>`; the type is `_` where it cannot be written down again.
    Future(Type),
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
            Type::ImplTrait(bounds) => future_output(bounds).map_or(Self::Opaque, Self::Future),
            Type::Reference(_) | Type::Tuple(_) | Type::Array(_) | Type::Slice(_) | Type::Ptr(_) | Type::BareFn(_) => {
                Self::Infallible(erased(ty))
            }
            _ => Self::Named(erased(ty)),
        }
    }
}

/// `T` of `impl Future<Output = T> + …`.
fn future_output(opaque: &TypeImplTrait) -> Option<Type> {
    opaque.bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let last = bound.path.segments.last()?;
        if last.ident != "Future" {
            return None;
        }
        let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(AssocType { ident, ty, .. }) if ident == "Output" => Some(erased(ty)),
            _ => None,
        })
    })
}

/// The type with `_` for every `impl Trait`, so that it can stand in an expression.
pub(crate) fn erased(ty: &Type) -> Type {
    let mut ty = ty.clone();
    erase(&mut ty);
    ty
}

fn erase(ty: &mut Type) {
    match ty {
        Type::ImplTrait(_) => *ty = syn::parse_quote!(_),
        Type::Paren(inner) => erase(&mut inner.elem),
        Type::Group(inner) => erase(&mut inner.elem),
        Type::Reference(inner) => erase(&mut inner.elem),
        Type::Ptr(inner) => erase(&mut inner.elem),
        Type::Array(inner) => erase(&mut inner.elem),
        Type::Slice(inner) => erase(&mut inner.elem),
        Type::Tuple(inner) => inner.elems.iter_mut().for_each(erase),
        Type::Path(TypePath { path, .. }) => {
            for segment in &mut path.segments {
                if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
                    for argument in &mut arguments.args {
                        if let GenericArgument::Type(inner) = argument {
                            erase(inner);
                        }
                    }
                }
            }
        }
        _ => {}
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

/// True for `!`, also behind parentheses.
pub(crate) fn is_never(ty: &Type) -> bool {
    ty.to_token_stream().to_string() == "!"
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
