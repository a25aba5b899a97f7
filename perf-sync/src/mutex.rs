use std::fmt;
use std::sync::{self, LockResult, PoisonError, TryLockError, TryLockResult};

use perf_core::LockKind;

use crate::lock::{Entered, How, Name};
use crate::{guard_traits, guarded};

/// [`std::sync::Mutex`] with a name.
///
/// Free, it is taken with a few instructions more than the original: see [what it costs](crate#what-it-costs).
pub struct Mutex<T: ?Sized> {
    name: Name,
    inner: sync::Mutex<T>,
}

/// The right to use what is in a [`Mutex`], which it gives back when it is dropped.
#[must_use = "dropped at once, the lock is free again"]
pub struct MutexGuard<'a, T: ?Sized>(pub(crate) Entered<sync::MutexGuard<'a, T>>);

guard_traits!(MutexGuard, mut);

impl<T> Mutex<T> {
    /// One under this name in snapshots. Locks of the same name are added up.
    pub fn named(name: &str, value: T) -> Self {
        Self { name: Name::new(name, LockKind::StdMutex), inner: sync::Mutex::new(value) }
    }

    /// See [`std::sync::Mutex::into_inner`].
    ///
    /// # Errors
    ///
    /// It is poisoned.
    pub fn into_inner(self) -> LockResult<T> {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits for the lock and takes it: see [`std::sync::Mutex::lock`].
    ///
    /// # Errors
    ///
    /// It is poisoned.
    #[inline]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        match self.inner.try_lock() {
            Ok(inner) => Ok(self.enter(inner)),
            Err(TryLockError::WouldBlock) => self.wait(),
            Err(TryLockError::Poisoned(poisoned)) => Err(PoisonError::new(self.enter(poisoned.into_inner()))),
        }
    }

    /// Takes the lock if it is free: see [`std::sync::Mutex::try_lock`].
    ///
    /// # Errors
    ///
    /// It is poisoned, or not free.
    #[inline]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        match self.inner.try_lock() {
            Ok(inner) => Ok(self.enter(inner)),
            Err(TryLockError::WouldBlock) => {
                self.name.lock().refused();
                Err(TryLockError::WouldBlock)
            }
            Err(TryLockError::Poisoned(poisoned)) => {
                Err(TryLockError::Poisoned(PoisonError::new(self.enter(poisoned.into_inner()))))
            }
        }
    }

    #[inline]
    fn enter<'a>(&self, inner: sync::MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        MutexGuard(self.name.lock().enter(How::Exclusive, inner))
    }

    #[cold]
    fn wait(&self) -> LockResult<MutexGuard<'_, T>> {
        let waiting = self.name.lock().wait();
        guarded(self.inner.lock(), |inner| MutexGuard(waiting.enter(How::Exclusive, inner)))
    }

    /// See [`std::sync::Mutex::is_poisoned`].
    pub fn is_poisoned(&self) -> bool {
        self.inner.is_poisoned()
    }

    /// See [`std::sync::Mutex::clear_poison`].
    pub fn clear_poison(&self) {
        self.inner.clear_poison();
    }

    /// See [`std::sync::Mutex::get_mut`].
    ///
    /// # Errors
    ///
    /// It is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.inner.get_mut()
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
