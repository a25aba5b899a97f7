//! What is kept of what functions give: all of it, or what is in an `Ok`.

use std::marker::PhantomData;

/// What a cache can keep.
#[diagnostic::on_unimplemented(
    message = "a cache cannot keep `{Self}`, which every hit would have to clone",
    label = "cannot be kept in a cache",
    note = "what a `#[cached]` function returns has to be `Clone + Send + Sync`; an `Arc` of it is",
    note = "of a `Result`, what is in an `Ok`, unless errors are kept too"
)]
pub trait Keepable: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> Keepable for T {}

/// Keeps a part of an output, and makes an output of that.
pub trait Keeper<Out> {
    /// What is kept.
    type Kept: Keepable;

    /// It, if there is something to be kept.
    fn kept(output: &Out) -> Option<&Self::Kept>;

    /// The output that it was kept of.
    fn output(kept: Self::Kept) -> Out;
}

/// Keeps all.
#[derive(Clone, Copy, Debug)]
pub struct KeepsAll;

impl<V: Keepable> Keeper<V> for KeepsAll {
    type Kept = V;

    #[inline]
    fn kept(output: &V) -> Option<&V> {
        Some(output)
    }

    #[inline]
    fn output(kept: V) -> V {
        kept
    }
}

/// Keeps what is in an `Ok`, whatever errors are.
#[derive(Clone, Copy, Debug)]
pub struct KeepsOk;

impl<T: Keepable, E> Keeper<Result<T, E>> for KeepsOk {
    type Kept = T;

    #[inline]
    fn kept(output: &Result<T, E>) -> Option<&T> {
        output.as_ref().ok()
    }

    #[inline]
    fn output(kept: T) -> Result<T, E> {
        Ok(kept)
    }
}

/// Asks a type who keeps it: a `Result`, under whatever name, has a method of its own for that, and all others a trait's.
#[derive(Debug)]
pub struct Kept<Out>(PhantomData<fn() -> Out>);

impl<Out> Kept<Out> {
    /// Of nothing yet.
    pub const NEW: Self = Self(PhantomData);
}

impl<T, E> Kept<Result<T, E>> {
    /// Keeps what is in an `Ok`.
    #[inline]
    #[must_use]
    pub fn keeper(&self) -> KeepsOk {
        KeepsOk
    }
}

/// That of all other types.
pub trait KeptWhole {
    /// Keeps all.
    #[inline]
    fn keeper(&self) -> KeepsAll {
        KeepsAll
    }
}

impl<Out> KeptWhole for Kept<Out> {}
