//! `parking_lot` with names: [`Mutex`], [`RwLock`] and [`Condvar`]. Without its upgradable reads, and without what its guards
//! do beyond [`map`](MutexGuard::map).

use std::fmt;
use std::time::{Duration, Instant};

use ::parking_lot as original;
pub use ::parking_lot::WaitTimeoutResult;
use perf_core::LockKind;

use crate::guard_traits;
use crate::lock::{Entered, How, Name};

/// [`parking_lot::Mutex`](original::Mutex) with a name.
pub struct Mutex<T: ?Sized> {
    name: Name,
    inner: original::Mutex<T>,
}

/// [`parking_lot::RwLock`](original::RwLock) with a name.
pub struct RwLock<T: ?Sized> {
    name: Name,
    inner: original::RwLock<T>,
}

/// A guard, and the guard of a part.
macro_rules! guards {
    ($($guard:ident of $lock:ident, mapped $mapped:ident, $what:literal $(, $mutable:tt)?;)*) => {$(
        #[doc = concat!("The right to ", $what, " what is in a lock, which it gives back when it is dropped.")]
        #[must_use = "dropped at once, the lock is free again"]
        pub struct $guard<'a, T: ?Sized>(Entered<original::$guard<'a, T>>);

        #[doc = concat!("The right to ", $what, " a part of what is in a lock. Made by [`", stringify!($guard), "::map`].")]
        #[must_use = "dropped at once, the lock is free again"]
        pub struct $mapped<'a, T: ?Sized>(Entered<original::$mapped<'a, T>>);

        guard_traits!($guard $(, $mutable)?);
        guard_traits!($mapped $(, $mutable)?);

        impl<'a, T: ?Sized> $guard<'a, T> {
            /// Of a part.
            pub fn map<U: ?Sized>(guard: Self, part: impl FnOnce(&$($mutable)? T) -> &$($mutable)? U) -> $mapped<'a, U> {
                $mapped(guard.0.map(|inner| original::$guard::map(inner, part)))
            }
        }
    )*};
}

guards! {
    MutexGuard of Mutex, mapped MappedMutexGuard, "use", mut;
    RwLockReadGuard of RwLock, mapped MappedRwLockReadGuard, "read";
    RwLockWriteGuard of RwLock, mapped MappedRwLockWriteGuard, "change", mut;
}

/// The ways to take a lock.
macro_rules! ways {
    ($($guard:ident, $how:ident, $name:ident $try_name:ident $try_for:ident $try_until:ident;)*) => {$(
        #[doc = concat!("Waits for the lock and takes it, as the original's `", stringify!($name), "` does.")]
        #[inline]
        pub fn $name(&self) -> $guard<'_, T> {
            match self.inner.$try_name() {
                Some(inner) => $guard(self.name.lock().enter(How::$how, inner)),
                None => {
                    let waiting = self.name.lock().wait();
                    let inner = self.inner.$name();
                    $guard(waiting.enter(How::$how, inner))
                }
            }
        }

        /// The same if that need not be waited for.
        #[inline]
        pub fn $try_name(&self) -> Option<$guard<'_, T>> {
            let Some(inner) = self.inner.$try_name() else {
                self.name.lock().refused();
                return None;
            };
            Some($guard(self.name.lock().enter(How::$how, inner)))
        }

        /// The same if it can be had within this time.
        pub fn $try_for(&self, timeout: Duration) -> Option<$guard<'_, T>> {
            if let Some(inner) = self.inner.$try_name() {
                return Some($guard(self.name.lock().enter(How::$how, inner)));
            }
            let waiting = self.name.lock().wait();
            let Some(inner) = self.inner.$try_for(timeout) else {
                self.name.lock().refused();
                return None;
            };
            Some($guard(waiting.enter(How::$how, inner)))
        }

        /// The same if it can be had before this moment.
        pub fn $try_until(&self, deadline: Instant) -> Option<$guard<'_, T>> {
            self.$try_for(deadline.saturating_duration_since(Instant::now()))
        }
    )*};
}

/// What both have in common.
macro_rules! lock {
    ($lock:ident, $kind:ident) => {
        impl<T> $lock<T> {
            /// One under this name in snapshots. Locks of the same name are added up.
            pub fn named(name: &str, value: T) -> Self {
                Self { name: Name::new(name, LockKind::$kind), inner: original::$lock::new(value) }
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

            /// Whether somebody has it.
            pub fn is_locked(&self) -> bool {
                self.inner.is_locked()
            }
        }

        impl<T: ?Sized + fmt::Debug> fmt::Debug for $lock<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.inner.fmt(f)
            }
        }
    };
}

lock!(Mutex, ParkingLotMutex);
lock!(RwLock, ParkingLotRwLock);

impl<T: ?Sized> Mutex<T> {
    ways! {
        MutexGuard, Exclusive, lock try_lock try_lock_for try_lock_until;
    }
}

impl<T: ?Sized> RwLock<T> {
    ways! {
        RwLockReadGuard, Shared, read try_read try_read_for try_read_until;
        RwLockWriteGuard, Exclusive, write try_write try_write_for try_write_until;
    }
}

/// [`parking_lot::Condvar`](original::Condvar) for [`Mutex`].
///
/// Who waits for it does not hold the lock meanwhile, and takes it once more afterwards. Waiting for it is not waiting for
/// the lock.
#[derive(Debug, Default)]
pub struct Condvar(original::Condvar);

impl Condvar {
    /// One that nobody waits for.
    #[must_use]
    pub const fn new() -> Self {
        Self(original::Condvar::new())
    }

    /// Wakes one, and says whether there was one.
    pub fn notify_one(&self) -> bool {
        self.0.notify_one()
    }

    /// Wakes all, and says how many there were.
    pub fn notify_all(&self) -> usize {
        self.0.notify_all()
    }

    /// Waits until it is woken.
    pub fn wait<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>) {
        guard.0.meanwhile(How::Exclusive, |inner| self.0.wait(inner));
    }

    /// The same for so long at most.
    pub fn wait_for<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, timeout: Duration) -> WaitTimeoutResult {
        guard.0.meanwhile(How::Exclusive, |inner| self.0.wait_for(inner, timeout))
    }

    /// Waits for as long as the condition holds.
    pub fn wait_while<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, mut condition: impl FnMut(&mut T) -> bool) {
        while condition(guard) {
            self.wait(guard);
        }
    }
}
