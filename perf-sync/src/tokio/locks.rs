use std::fmt;

use perf_core::LockKind;
use tokio::sync::{self, TryLockError};

use super::awaited;
use crate::guard_traits;
use crate::lock::{Entered, How, Name};

/// [`tokio::sync::Mutex`] with a name.
pub struct Mutex<T: ?Sized> {
    name: Name,
    inner: sync::Mutex<T>,
}

/// [`tokio::sync::RwLock`] with a name.
pub struct RwLock<T: ?Sized> {
    name: Name,
    inner: sync::RwLock<T>,
}

macro_rules! guards {
    ($($guard:ident, $what:literal $(, $mutable:tt)?;)*) => {$(
        #[doc = concat!("The right to ", $what, " what is in a lock, which it gives back when it is dropped.")]
        #[must_use = "dropped at once, the lock is free again"]
        pub struct $guard<'a, T: ?Sized>(Entered<sync::$guard<'a, T>>);

        guard_traits!($guard $(, $mutable)?);
    )*};
}

guards! {
    MutexGuard, "use", mut;
    RwLockReadGuard, "read";
    RwLockWriteGuard, "change", mut;
}

/// The ways to take a lock.
macro_rules! ways {
    ($($guard:ident, $how:ident, $name:ident $try_name:ident $blocking:ident;)*) => {$(
        #[doc = concat!("Waits for the lock and takes it, as the original's `", stringify!($name), "` does: in turn, and one")]
        /// who does not want it any more can be dropped.
        pub async fn $name(&self) -> $guard<'_, T> {
            let lock = self.name.lock();
            let (inner, waiting) = awaited(self.inner.$name(), || lock.wait()).await;
            $guard(match waiting {
                Some(waiting) => waiting.enter(How::$how, inner),
                None => lock.enter(How::$how, inner),
            })
        }

        /// The same if that need not be waited for.
        ///
        /// # Errors
        ///
        /// The lock cannot be had.
        pub fn $try_name(&self) -> Result<$guard<'_, T>, TryLockError> {
            let lock = self.name.lock();
            match self.inner.$try_name() {
                Ok(inner) => Ok($guard(lock.enter(How::$how, inner))),
                Err(error) => {
                    lock.refused();
                    Err(error)
                }
            }
        }

        /// The same on a thread that runs no tasks.
        ///
        /// # Panics
        ///
        /// It does, and the lock is not free.
        pub fn $blocking(&self) -> $guard<'_, T> {
            let lock = self.name.lock();
            if let Ok(inner) = self.inner.$try_name() {
                return $guard(lock.enter(How::$how, inner));
            }
            let waiting = lock.wait();
            let inner = self.inner.$blocking();
            $guard(waiting.enter(How::$how, inner))
        }
    )*};
}

/// What both have in common.
macro_rules! lock {
    ($lock:ident, $kind:ident) => {
        impl<T> $lock<T> {
            /// One under this name in snapshots. Locks of the same name are added up.
            pub fn named(name: &str, value: T) -> Self {
                Self { name: Name::new(name, LockKind::$kind), inner: sync::$lock::new(value) }
            }

            /// What was in it.
            pub fn into_inner(self) -> T {
                self.inner.into_inner()
            }
        }

        impl<T: ?Sized> $lock<T> {
            /// What is in it, which nobody else can have at the moment.
            pub fn get_mut(&mut self) -> &mut T {
                self.inner.get_mut()
            }
        }

        impl<T: ?Sized + fmt::Debug> fmt::Debug for $lock<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.inner.fmt(f)
            }
        }
    };
}

lock!(Mutex, TokioMutex);
lock!(RwLock, TokioRwLock);

impl<T: ?Sized> Mutex<T> {
    ways! {
        MutexGuard, Exclusive, lock try_lock blocking_lock;
    }
}

/// Of one whose contents are of a known size.
impl<T> RwLock<T> {
    ways! {
        RwLockReadGuard, Shared, read try_read blocking_read;
        RwLockWriteGuard, Exclusive, write try_write blocking_write;
    }
}
