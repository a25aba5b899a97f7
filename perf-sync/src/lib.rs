//! Queues and locks that know how long is waited for them: those of the standard library, of `crossbeam-channel`,
//! `parking_lot` and `tokio`, each with a name under which it is in snapshots.
//!
//! They stand where the originals did, and give back the originals' errors:
//!
//! ```
//! use perf_runtime::sync::{Mutex, mpsc};
//!
//! let (sender, receiver) = mpsc::sync_channel("orders", 100);
//! let accounts = Mutex::named("accounts", vec![0_u64; 10]);
//!
//! sender.send(7).unwrap();
//! accounts.lock().unwrap()[0] += receiver.recv().unwrap();
//!
//! let snapshot = perf_runtime::snapshot();
//! let orders = snapshot.queue("orders").unwrap();
//! assert_eq!((orders.sent, orders.received, orders.depth, orders.peak), (1, 1, 0, 1));
//! println!("under way for {:?}", orders.wait.p99());
//! assert_eq!(snapshot.lock("accounts").unwrap().acquired(), 1);
//! println!("{snapshot}");
//! ```
//!
//! | where | what | feature |
//! | --- | --- | --- |
//! | here | `Mutex`, `RwLock`, `Condvar`, [`mpsc`] of the standard library | |
//! | `crossbeam` | `bounded`, `unbounded` of `crossbeam-channel` | `crossbeam-channel` |
//! | `parking_lot` | `Mutex`, `RwLock`, `Condvar` | `parking_lot` |
//! | `tokio` | `Mutex`, `RwLock`, `mpsc` | `tokio` |
//!
//! # What is known
//!
//! Counts are exact. Every item carries the time at which it was sent, eight bytes, so that the
//! [wait](perf_core::QueueStats::wait) of every one is known. Whoever has to wait, for a lock, for room or for an item, is
//! timed each time. A lock that is free is taken without reading a clock, but for a thread's first 64 times and one in 64
//! after that, at random.
//!
//! What has the same name and kind is added up, as is good for the queues of connections; queues of other capacities are
//! told apart. There may be 1024 names of queues and 1024 of locks; what comes later is added up under `(other)`.
//!
//! # What it costs
//!
//! Threads count in cells of their own, so that none is in another's way. Taking a lock that is free and giving it back
//! takes 55 to 90 instructions more than the original's 23 to 40, without an atomic operation among them; what is written
//! down of a wait is, once the lock is free again. An item takes 200 to 250 more than the original's 200 to 220, most of
//! them for two readings of the clock and the histogram, and one atomic addition to a word that only the queue's senders
//! write. Nothing is allocated but when a thread first uses a
//! name, and 1 kB when it first meets a duration that is 256 times as long as others, or as short; no lock is taken but the
//! one that was asked for. A name takes some 20 kB. None of this is for use in a global allocator.
//!
//! Waiting is as it was: who waits does so in the original, in its order.

mod condvar;
mod history;
mod lock;
pub mod mpsc;
mod mutex;
mod names;
mod queue;
mod rwlock;

#[cfg(feature = "crossbeam-channel")]
pub mod crossbeam;
#[cfg(feature = "parking_lot")]
pub mod parking_lot;
#[cfg(feature = "tokio")]
pub mod tokio;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{LockResult, PoisonError};

pub use condvar::Condvar;
pub use mutex::{Mutex, MutexGuard};
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Whether nothing is to be measured: queues and locks are the originals then, with a few words more.
const OFF: bool = cfg!(feature = "off");

/// Nanoseconds, where they are wanted.
#[inline(always)]
fn now() -> u64 {
    if OFF { 0 } else { perf_core::__guard::nanos() }
}

/// To what only the running thread writes.
#[inline]
fn add(to: &AtomicU64, count: u64) {
    to.store(to.load(Relaxed).wrapping_add(count), Relaxed);
}

/// A guard of ours around the original's, poisoned or not.
#[inline]
fn guarded<G, O>(result: LockResult<G>, guard: impl FnOnce(G) -> O) -> LockResult<O> {
    match result {
        Ok(inner) => Ok(guard(inner)),
        Err(poisoned) => Err(PoisonError::new(guard(poisoned.into_inner()))),
    }
}

/// The traits of a guard, which is an [`Entered`](lock::Entered).
macro_rules! guard_traits {
    ($guard:ident $(, $mutable:tt)?) => {
        impl<T: ?Sized> ::std::ops::Deref for $guard<'_, T> {
            type Target = T;

            #[inline]
            fn deref(&self) -> &T {
                &self.0.inner
            }
        }

        $(impl<T: ?Sized> ::std::ops::DerefMut for $guard<'_, T> {
            #[inline]
            fn deref_mut(&$mutable self) -> &mut T {
                &mut self.0.inner
            }
        })?

        impl<T: ?Sized + ::std::fmt::Debug> ::std::fmt::Debug for $guard<'_, T> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(&**self, f)
            }
        }

        impl<T: ?Sized + ::std::fmt::Display> ::std::fmt::Display for $guard<'_, T> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&**self, f)
            }
        }
    };
}

use guard_traits;
