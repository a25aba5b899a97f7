//! What a signature says about how its function ends. Only what no alias can change is decided
//! here, by syntax; the rest is left to the runtime's traits.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Lifetime, Token};

use crate::signature::Signature;
use crate::tokens::until;
use crate::types::{Shape, Type, last_segment};

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
    pub(crate) fn of(ty: &Type) -> Self {
        let written = Written::of(ty);
        match ty.shape() {
            Shape::Never => Self::Never,
            Shape::Unit => Self::Unit,
            Shape::Pointer => Self::Opaque,
            Shape::Opaque(bounds) => future_output.parse2(bounds).map_or(Self::Opaque, Self::Future),
            Shape::Named => Self::Named(written),
            _ if written.is_open => Self::Opaque,
            _ => Self::Infallible(written.ty),
        }
    }
}

/// How a function ends that is guarded, which has to be left in the same way where it is refused.
pub(crate) enum Ending {
    Value(Output),
    /// It is an `async fn`.
    Async(Written),
    /// `impl Future<Output = T>`
    Future(Written),
    /// `Pin<Box<dyn Future<Output = T>>>`
    Boxed(Written),
}

impl Ending {
    pub(crate) fn of(sig: &Signature) -> Self {
        if sig.is_async() {
            let ty = if sig.output.0.is_empty() { Type(quote!(())) } else { sig.output.clone() };
            return Self::Async(Written::of(&ty));
        }
        match Output::of(&sig.output) {
            Output::Future(written) => Self::Future(written),
            output => boxed_future(&sig.output).map_or(Self::Value(output), Self::Boxed),
        }
    }

    /// The type of the output, where it can be written down.
    pub(crate) fn ty(&self) -> TokenStream {
        match self {
            Self::Async(Written { ty, .. })
            | Self::Future(Written { ty, .. })
            | Self::Boxed(Written { ty, .. })
            | Self::Value(Output::Named(Written { ty, .. }) | Output::Infallible(ty)) => quote!(#ty),
            Self::Value(Output::Unit) => quote!(()),
            Self::Value(_) => quote!(_),
        }
    }
}

/// `T` of `Pin<Box<dyn Future<Output = T>>>`, or of `BoxFuture<'_, T>` as the `futures` crates call it.
fn boxed_future(ty: &Type) -> Option<Written> {
    let argument = |tokens: TokenStream| -> Option<TokenStream> {
        let parse = |input: ParseStream<'_>| {
            input.parse::<Token![<]>()?;
            if input.peek(Lifetime) {
                input.parse::<Lifetime>()?;
                input.parse::<Token![,]>()?;
            }
            let argument = until(input, ends_argument);
            input.parse::<TokenStream>()?;
            Ok(argument)
        };
        parse.parse2(tokens).ok()
    };
    if !matches!(ty.shape(), Shape::Named) {
        return None;
    }
    let (name, arguments) = last_segment.parse2(ty.0.clone()).ok()?;
    if name == "BoxFuture" || name == "LocalBoxFuture" {
        return Some(Written::of(&Type(argument(arguments)?)));
    }
    let (inner, arguments) = last_segment.parse2(argument(arguments).filter(|_| name == "Pin")?).ok()?;
    let bounds = argument(arguments).filter(|_| inner == "Box")?;
    let bounds: TokenStream = bounds.into_iter().skip_while(|token| token.to_string() == "dyn").collect();
    future_output.parse2(bounds).ok()
}

/// `T` of `Future<Output = T> + …`, unless that promises a trait that our wrapper does not have.
fn future_output(bounds: ParseStream<'_>) -> syn::Result<Written> {
    const KEPT: &[&str] = &["Future", "Send", "Sync", "Unpin", "UnwindSafe", "RefUnwindSafe", "Debug"];
    let mut output = Err(bounds.error("no `Future` among them"));
    while !bounds.is_empty() {
        let is_trait = !bounds.peek(Lifetime) && !bounds.peek(Token![use]);
        let bound = until(bounds, |input| input.peek(Token![+]));
        bounds.parse::<Option<Token![+]>>()?;
        if is_trait {
            let (name, arguments) = last_segment.parse2(unparenthesized(bound))?;
            if name == "Future" {
                output = associated_output.parse2(arguments);
            } else if !KEPT.iter().any(|kept| name == kept) {
                return Err(bounds.error("not kept"));
            }
        }
    }
    output.map(|ty| Written::of(&ty))
}

/// `T` of `<Output = T>`.
fn associated_output(arguments: ParseStream<'_>) -> syn::Result<Type> {
    let is_output = |input: ParseStream<'_>| {
        input.peek2(Token![=]) && input.fork().parse::<Ident>().is_ok_and(|name| name == "Output")
    };
    arguments.parse::<Token![<]>()?;
    until(arguments, is_output);
    arguments.parse::<Ident>()?;
    arguments.parse::<Token![=]>()?;
    let ty = Type(until(arguments, ends_argument));
    arguments.parse::<TokenStream>()?;
    Ok(ty)
}

fn ends_argument(input: ParseStream<'_>) -> bool {
    input.peek(Token![,]) || input.peek(Token![;]) || input.peek(Token![>])
}

fn unparenthesized(tokens: TokenStream) -> TokenStream {
    let mut all = tokens.clone().into_iter();
    match (all.next(), all.next()) {
        (Some(TokenTree::Group(only)), None) => only.stream(),
        _ => tokens,
    }
}

impl Written {
    pub(crate) fn of(ty: &Type) -> Self {
        let closed = without_opaque.parse2(ty.0.clone()).map_or_else(|_| ty.clone(), Type);
        Self { is_open: closed.0.to_string() != ty.0.to_string(), ty: closed }
    }

    /// True for `!`, also behind parentheses.
    pub(crate) fn is_never(&self) -> bool {
        matches!(self.ty.shape(), Shape::Never)
    }
}

/// A type with `_` in the place of every `impl Trait`.
fn without_opaque(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut closed = TokenStream::new();
    while !input.is_empty() {
        if input.peek(Token![impl]) {
            until(input, ends_argument);
            closed.extend(quote!(_));
            continue;
        }
        closed.extend([match input.parse()? {
            // Braces are an expression's, and what it declares is its own.
            TokenTree::Group(group) if group.delimiter() != Delimiter::Brace => {
                let mut inside = Group::new(group.delimiter(), without_opaque.parse2(group.stream())?);
                inside.set_span(group.span());
                inside.into()
            }
            token => token,
        }]);
    }
    Ok(closed)
}

/// True where moving a value of this type cannot run any drop code, under any alias.
pub(crate) fn never_drops(ty: &Type) -> bool {
    match ty.shape() {
        Shape::Reference | Shape::Pointer | Shape::Function | Shape::Never => true,
        Shape::Array(element) => never_drops(&element),
        Shape::Tuple(elements) => elements.iter().all(never_drops),
        Shape::Unit => !ty.0.is_empty(),
        Shape::Opaque(_) | Shape::Named => false,
    }
}

/// True for the names under which nobody expects a boxed future, so that it need not be asked.
/// Where somebody does hide one there, its making is measured, as written.
pub(crate) fn never_a_future(ty: &Type) -> bool {
    const KNOWN: &[&str] = &[
        "Result", "Option", "Vec", "String", "Box", "Arc", "Rc", "Cow", "bool", "char", "str", "u8", "u16", "u32",
        "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64", "Ordering", "Duration",
    ];
    ty.name().is_some_and(|name| KNOWN.iter().any(|known| name == known))
}

/// Whether a type that cannot be asked is a `Result`, going by its name.
pub(crate) fn looks_like_result(ty: &Type) -> bool {
    ty.name().is_some_and(|name| name == "Result")
}
