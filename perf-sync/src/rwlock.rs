use std::fmt;
use std::sync::{self, LockResult, PoisonError, TryLockError, TryLockResult};

use perf_core::LockKind;

use crate::lock::{Entered, How, Name};
use crate::{guard_traits, guarded};

/// [`std::sync::RwLock`] with a name.
///
/// Free, it is taken with a few instructions more than the original: see [what it costs](crate#what-it-costs).
pub struct RwLock<T: ?Sized> {
    name: Name,
    inner: sync::RwLock<T>,
}

/// The right to read what is in an [`RwLock`], which it gives back when it is dropped.
#[must_use = "dropped at once, the lock is free again"]
pub struct RwLockReadGuard<'a, T: ?Sized>(Entered<sync::RwLockReadGuard<'a, T>>);

/// The right to change what is in an [`RwLock`], which it gives back when it is dropped.
#[must_use = "dropped at once, the lock is free again"]
pub struct RwLockWriteGuard<'a, T: ?Sized>(Entered<sync::RwLockWriteGuard<'a, T>>);

guard_traits!(RwLockReadGuard);
guard_traits!(RwLockWriteGuard, mut);

impl<T> RwLock<T> {
    /// One under this name in snapshots. Locks of the same name are added up.
    pub fn named(name: &str, value: T) -> Self {
        Self { name: Name::new(name, LockKind::StdRwLock), inner: sync::RwLock::new(value) }
    }

    /// See [`std::sync::RwLock::into_inner`].
    ///
    /// # Errors
    ///
    /// It is poisoned.
    pub fn into_inner(self) -> LockResult<T> {
        self.inner.into_inner()
    }
}

/// The four ways to take one.
macro_rules! ways {
    ($($guard:ident, $how:ident, $name:ident $try_name:ident $enter:ident, $what:literal;)*) => {$(
        #[doc = concat!("Waits for the lock and takes it ", $what, ": see [`std::sync::RwLock::", stringify!($name), "`].")]
        ///
        /// # Errors
        ///
        /// It is poisoned.
        #[inline]
        pub fn $name(&self) -> LockResult<$guard<'_, T>> {
            match self.inner.$try_name() {
                Ok(inner) => Ok(self.$enter(inner)),
                Err(TryLockError::Poisoned(poisoned)) => Err(PoisonError::new(self.$enter(poisoned.into_inner()))),
                Err(TryLockError::WouldBlock) => {
                    let waiting = self.name.lock().wait();
                    guarded(self.inner.$name(), |inner| $guard(waiting.enter(How::$how, inner)))
                }
            }
        }

        #[doc = concat!("Takes the lock ", $what, " if it can be had: see [`std::sync::RwLock::", stringify!($try_name), "`].")]
        ///
        /// # Errors
        ///
        /// It is poisoned, or cannot be had.
        #[inline]
        pub fn $try_name(&self) -> TryLockResult<$guard<'_, T>> {
            match self.inner.$try_name() {
                Ok(inner) => Ok(self.$enter(inner)),
                Err(TryLockError::WouldBlock) => {
                    self.name.lock().refused();
                    Err(TryLockError::WouldBlock)
                }
                Err(TryLockError::Poisoned(poisoned)) => {
                    Err(TryLockError::Poisoned(PoisonError::new(self.$enter(poisoned.into_inner()))))
                }
            }
        }

        #[inline]
        fn $enter<'a>(&self, inner: sync::$guard<'a, T>) -> $guard<'a, T> {
            $guard(self.name.lock().enter(How::$how, inner))
        }
    )*};
}

impl<T: ?Sized> RwLock<T> {
    ways! {
        RwLockReadGuard, Shared, read try_read enter_shared, "to be shared";
        RwLockWriteGuard, Exclusive, write try_write enter_alone, "alone";
    }

    /// See [`std::sync::RwLock::is_poisoned`].
    pub fn is_poisoned(&self) -> bool {
        self.inner.is_poisoned()
    }

    /// See [`std::sync::RwLock::clear_poison`].
    pub fn clear_poison(&self) {
        self.inner.clear_poison();
    }

    /// See [`std::sync::RwLock::get_mut`].
    ///
    /// # Errors
    ///
    /// It is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.inner.get_mut()
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
