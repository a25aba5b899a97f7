//! `crossbeam-channel` with names: [`bounded`] and [`unbounded`].
//!
//! `select!` takes no ends but the original's; what is selected from has to stay one.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel as original;
pub use crossbeam_channel::{RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError};
use perf_core::QueueKind;

use crate::queue::{Item, Receiving, Sending, ends};

/// A queue that holds so many items, under this name in snapshots: see [`crossbeam_channel::bounded`].
#[must_use]
pub fn bounded<T>(name: &str, capacity: usize) -> (Sender<T>, Receiver<T>) {
    named(name, Some(capacity), original::bounded(capacity))
}

/// A queue without bounds under this name in snapshots: see [`crossbeam_channel::unbounded`].
#[must_use]
pub fn unbounded<T>(name: &str) -> (Sender<T>, Receiver<T>) {
    named(name, None, original::unbounded())
}

type Originals<T> = (original::Sender<Item<T>>, original::Receiver<Item<T>>);

fn named<T>(name: &str, capacity: Option<usize>, (sender, receiver): Originals<T>) -> (Sender<T>, Receiver<T>) {
    let (sending, receiving) = ends(name, QueueKind::Crossbeam, capacity);
    (Sender { end: sending, inner: sender }, Receiver { end: Arc::new(receiving), inner: receiver })
}

/// [`crossbeam_channel::Sender`] of a queue with a name.
pub struct Sender<T> {
    // Before it: see `Sending`. As in all ends.
    end: Arc<Sending>,
    inner: original::Sender<Item<T>>,
}

/// [`crossbeam_channel::Receiver`] of a queue with a name.
pub struct Receiver<T> {
    end: Arc<Receiving>,
    inner: original::Receiver<Item<T>>,
}

/// What both ends have in common.
macro_rules! end {
    ($end:ident) => {
        impl<T> $end<T> {
            /// Whether it holds nothing.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.inner.is_empty()
            }

            /// Whether it holds as much as it can.
            #[must_use]
            pub fn is_full(&self) -> bool {
                self.inner.is_full()
            }

            /// How many items it holds.
            #[must_use]
            pub fn len(&self) -> usize {
                self.inner.len()
            }

            /// How many it can hold, if there is a bound.
            #[must_use]
            pub fn capacity(&self) -> Option<usize> {
                self.inner.capacity()
            }

            /// Whether both are ends of the same queue.
            #[must_use]
            pub fn same_channel(&self, other: &Self) -> bool {
                self.inner.same_channel(&other.inner)
            }
        }

        impl<T> Clone for $end<T> {
            fn clone(&self) -> Self {
                Self { end: self.end.clone(), inner: self.inner.clone() }
            }
        }

        impl<T> fmt::Debug for $end<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($end)).finish_non_exhaustive()
            }
        }
    };
}

end!(Sender);
end!(Receiver);

impl<T> Sender<T> {
    /// Waits for room and sends: see [`crossbeam_channel::Sender::send`].
    ///
    /// # Errors
    ///
    /// Nobody receives any more; the item comes back.
    #[inline]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        match self.inner.try_send(Item::new(value)) {
            Ok(()) => {}
            Err(TrySendError::Full(item)) => {
                let _waiting = self.end.wait();
                self.inner.send(item).map_err(|SendError(item)| SendError(item.value))?;
            }
            Err(TrySendError::Disconnected(item)) => return Err(SendError(item.value)),
        }
        self.end.sent();
        Ok(())
    }

    /// Sends if there is room: see [`crossbeam_channel::Sender::try_send`].
    ///
    /// # Errors
    ///
    /// There is no room, or nobody receives any more; the item comes back.
    #[inline]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        match self.inner.try_send(Item::new(value)) {
            Ok(()) => {
                self.end.sent();
                Ok(())
            }
            Err(TrySendError::Full(item)) => {
                self.end.refused();
                Err(TrySendError::Full(item.value))
            }
            Err(TrySendError::Disconnected(item)) => Err(TrySendError::Disconnected(item.value)),
        }
    }

    /// Waits for room for so long: see [`crossbeam_channel::Sender::send_timeout`].
    ///
    /// # Errors
    ///
    /// There was no room in time, or nobody receives any more; the item comes back.
    pub fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        self.send_within(value, |item| self.inner.send_timeout(item, timeout))
    }

    /// The same until a moment: see [`crossbeam_channel::Sender::send_deadline`].
    ///
    /// # Errors
    ///
    /// There was no room in time, or nobody receives any more; the item comes back.
    pub fn send_deadline(&self, value: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        self.send_within(value, |item| self.inner.send_deadline(item, deadline))
    }

    fn send_within(
        &self,
        value: T,
        send: impl FnOnce(Item<T>) -> Result<(), SendTimeoutError<Item<T>>>,
    ) -> Result<(), SendTimeoutError<T>> {
        let result = match self.inner.try_send(Item::new(value)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(item)) => {
                let _waiting = self.end.wait();
                send(item)
            }
            Err(TrySendError::Disconnected(item)) => Err(SendTimeoutError::Disconnected(item)),
        };
        match result {
            Ok(()) => {
                self.end.sent();
                Ok(())
            }
            Err(SendTimeoutError::Timeout(item)) => {
                self.end.refused();
                Err(SendTimeoutError::Timeout(item.value))
            }
            Err(SendTimeoutError::Disconnected(item)) => Err(SendTimeoutError::Disconnected(item.value)),
        }
    }
}

impl<T> Receiver<T> {
    /// Waits for an item: see [`crossbeam_channel::Receiver::recv`].
    ///
    /// # Errors
    ///
    /// There is none, and nobody sends any more.
    #[inline]
    pub fn recv(&self) -> Result<T, RecvError> {
        let item = match self.inner.try_recv() {
            Err(TryRecvError::Empty) => {
                let _waiting = self.end.wait();
                self.inner.recv()?
            }
            found => found.map_err(|_| RecvError)?,
        };
        Ok(self.end.took_among_others(item))
    }

    /// See [`crossbeam_channel::Receiver::try_recv`].
    ///
    /// # Errors
    ///
    /// There is no item, at the moment or for good.
    #[inline]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.inner.try_recv().map(|item| self.end.took_among_others(item))
    }

    /// Waits for an item for so long: see [`crossbeam_channel::Receiver::recv_timeout`].
    ///
    /// # Errors
    ///
    /// There was none in time, or nobody sends any more.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.recv_within(|| self.inner.recv_timeout(timeout))
    }

    /// The same until a moment: see [`crossbeam_channel::Receiver::recv_deadline`].
    ///
    /// # Errors
    ///
    /// There was none in time, or nobody sends any more.
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.recv_within(|| self.inner.recv_deadline(deadline))
    }

    fn recv_within(&self, receive: impl FnOnce() -> Result<Item<T>, RecvTimeoutError>) -> Result<T, RecvTimeoutError> {
        let item = match self.inner.try_recv() {
            Err(TryRecvError::Empty) => {
                let _waiting = self.end.wait();
                receive()?
            }
            found => found.map_err(|_| RecvTimeoutError::Disconnected)?,
        };
        Ok(self.end.took_among_others(item))
    }

    /// All items until nobody sends any more.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self)
    }

    /// All items that there are, without waiting.
    #[must_use]
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter(self)
    }
}

/// All items of a [`Receiver`]. Made by [`Receiver::iter`].
#[derive(Debug)]
pub struct Iter<'a, T>(&'a Receiver<T>);

/// The items that a [`Receiver`] has. Made by [`Receiver::try_iter`].
#[derive(Debug)]
pub struct TryIter<'a, T>(&'a Receiver<T>);

/// All items of a [`Receiver`], which it owns.
#[derive(Debug)]
pub struct IntoIter<T>(Receiver<T>);

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.recv().ok()
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.try_recv().ok()
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.recv().ok()
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter(self)
    }
}
