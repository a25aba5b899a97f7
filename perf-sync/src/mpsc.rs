//! [`std::sync::mpsc`] with names: [`channel`] and [`sync_channel`].

use std::fmt;
use std::sync::{Arc, mpsc};
use std::time::Duration;

pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

use perf_core::QueueKind;

use crate::queue::{Item, Receiving, Sending, ends};

/// A queue without bounds under this name in snapshots: see [`std::sync::mpsc::channel`].
#[must_use]
pub fn channel<T>(name: &str) -> (Sender<T>, Receiver<T>) {
    let (inner, receiver) = mpsc::channel();
    let (sending, receiving) = ends(name, QueueKind::Std, None);
    (Sender { end: sending, inner }, Receiver { end: receiving, inner: receiver })
}

/// A queue that holds so many items, under this name in snapshots: see [`std::sync::mpsc::sync_channel`].
#[must_use]
pub fn sync_channel<T>(name: &str, bound: usize) -> (SyncSender<T>, Receiver<T>) {
    let (inner, receiver) = mpsc::sync_channel(bound);
    let (sending, receiving) = ends(name, QueueKind::Std, Some(bound));
    (SyncSender { end: sending, inner }, Receiver { end: receiving, inner: receiver })
}

/// [`std::sync::mpsc::Sender`] of a queue with a name.
pub struct Sender<T> {
    // Before it: see `Sending`. As in all ends.
    end: Arc<Sending>,
    inner: mpsc::Sender<Item<T>>,
}

impl<T> Sender<T> {
    /// See [`std::sync::mpsc::Sender::send`].
    ///
    /// # Errors
    ///
    /// Nobody receives any more; the item comes back.
    #[inline]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.inner.send(Item::new(value)).map_err(|SendError(item)| SendError(item.value))?;
        self.end.sent();
        Ok(())
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { end: self.end.clone(), inner: self.inner.clone() }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

/// [`std::sync::mpsc::SyncSender`] of a queue with a name.
pub struct SyncSender<T> {
    end: Arc<Sending>,
    inner: mpsc::SyncSender<Item<T>>,
}

impl<T> SyncSender<T> {
    /// Waits for room and sends: see [`std::sync::mpsc::SyncSender::send`].
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

    /// Sends if there is room: see [`std::sync::mpsc::SyncSender::try_send`].
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
}

impl<T> Clone for SyncSender<T> {
    fn clone(&self) -> Self {
        Self { end: self.end.clone(), inner: self.inner.clone() }
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncSender").finish_non_exhaustive()
    }
}

/// [`std::sync::mpsc::Receiver`] of a queue with a name.
pub struct Receiver<T> {
    end: Receiving,
    inner: mpsc::Receiver<Item<T>>,
}

impl<T> Receiver<T> {
    /// Waits for an item: see [`std::sync::mpsc::Receiver::recv`].
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
        Ok(self.end.took(item))
    }

    /// See [`std::sync::mpsc::Receiver::try_recv`].
    ///
    /// # Errors
    ///
    /// There is no item, at the moment or for good.
    #[inline]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.inner.try_recv().map(|item| self.end.took(item))
    }

    /// Waits for an item for so long: see [`std::sync::mpsc::Receiver::recv_timeout`].
    ///
    /// # Errors
    ///
    /// There was none in time, or nobody sends any more.
    #[inline]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        let item = match self.inner.try_recv() {
            Err(TryRecvError::Empty) => {
                let _waiting = self.end.wait();
                self.inner.recv_timeout(timeout)?
            }
            found => found.map_err(|_| RecvTimeoutError::Disconnected)?,
        };
        Ok(self.end.took(item))
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

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
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
