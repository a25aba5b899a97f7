//! Keys of functions: arguments as they are, borrowed; owned only where they are to be kept.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};

use super::store::Matches;

/// What can tell calls apart, by itself or with others.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot tell the calls of a cached function apart",
    label = "cannot be a cache's key",
    note = "a key has to be `Hash + Eq + Clone + Send + Sync`, or borrowed from what is",
    note = "write `key = …` in the attribute: an expression of the arguments that is"
)]
pub trait KeyPart: Hash + Eq {
    /// What is kept of it.
    type Kept: Eq + Send + Sync + 'static;

    /// Keeps it.
    fn keep(&self) -> Self::Kept;

    /// Whether it is what was kept.
    fn is(&self, kept: &Self::Kept) -> bool;
}

#[diagnostic::do_not_recommend]
impl<Q> KeyPart for Q
where
    Q: ToOwned<Owned: Eq + Send + Sync + 'static> + Hash + Eq + ?Sized,
{
    type Kept = Q::Owned;

    #[inline]
    fn keep(&self) -> Q::Owned {
        self.to_owned()
    }

    #[inline]
    fn is(&self, kept: &Q::Owned) -> bool {
        self == kept.borrow()
    }
}

/// A whole key: its parts, in pairs, `(a, (b, ()))`.
pub trait Keyed {
    /// What is kept of it.
    type Kept: Eq + Send + Sync + 'static;

    /// Hashes all parts.
    fn hash<H: Hasher>(&self, state: &mut H);

    /// Keeps them.
    fn keep(&self) -> Self::Kept;

    /// Whether they are what was kept.
    fn is(&self, kept: &Self::Kept) -> bool;
}

impl Keyed for () {
    type Kept = ();

    #[inline]
    fn hash<H: Hasher>(&self, _: &mut H) {}

    #[inline]
    fn keep(&self) {}

    #[inline]
    fn is(&self, (): &()) -> bool {
        true
    }
}

impl<Q: KeyPart + ?Sized, R: Keyed> Keyed for (&Q, R) {
    type Kept = (Q::Kept, R::Kept);

    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
        self.1.hash(state);
    }

    #[inline]
    fn keep(&self) -> Self::Kept {
        (self.0.keep(), self.1.keep())
    }

    #[inline]
    fn is(&self, (first, others): &Self::Kept) -> bool {
        self.0.is(first) && self.1.is(others)
    }
}

/// A key, as the store asks for it.
pub(super) struct Whole<'a, P>(pub(super) &'a P);

impl<P: Keyed> Hash for Whole<'_, P> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<P: Keyed> Matches<P::Kept> for Whole<'_, P> {
    #[inline]
    fn matches(&self, key: &P::Kept) -> bool {
        self.0.is(key)
    }
}

/// A reference to a part of a key, which may be a reference itself: then it is what that refers to.
#[derive(Debug)]
pub struct KeyOf<T>(pub T);

impl<'a, Q: ?Sized> KeyOf<&'_ &'a Q> {
    /// The part.
    #[inline]
    #[must_use]
    pub fn part(&self) -> &'a Q {
        self.0
    }
}

/// The same of what is no reference.
pub trait ByValue<'a, Q: ?Sized> {
    /// The part.
    fn part(&self) -> &'a Q;
}

impl<'a, Q: ?Sized> ByValue<'a, Q> for KeyOf<&'a Q> {
    #[inline]
    fn part(&self) -> &'a Q {
        self.0
    }
}
