//! [`tokio::sync::mpsc`] with names: [`channel`] and [`unbounded_channel`].

use std::fmt;
use std::sync::{Arc, Weak};

use perf_core::QueueKind;
use tokio::sync::mpsc;
pub use tokio::sync::mpsc::error;
use tokio::sync::mpsc::error::{SendError, TrySendError};

use super::awaited;
pub use super::receiver::{Receiver, UnboundedReceiver};
pub use super::unbounded::{UnboundedSender, WeakUnboundedSender, unbounded_channel};
use crate::queue::{Item, Sending, ends};

/// A queue that holds so many items, under this name in snapshots: see [`tokio::sync::mpsc::channel`].
///
/// # Panics
///
/// If it is to hold none.
#[must_use]
pub fn channel<T>(name: &str, buffer: usize) -> (Sender<T>, Receiver<T>) {
    let (inner, receiver) = mpsc::channel(buffer);
    let (sending, receiving) = ends(name, QueueKind::Tokio, Some(buffer));
    (Sender { end: sending, inner }, Receiver::new(receiving, receiver))
}

/// [`tokio::sync::mpsc::Sender`] of a queue with a name.
pub struct Sender<T> {
    // Before it: see `Sending`. As in all ends.
    pub(super) end: Arc<Sending>,
    pub(super) inner: mpsc::Sender<Item<T>>,
}

impl<T> Sender<T> {
    /// Waits for room and sends: see [`tokio::sync::mpsc::Sender::send`].
    ///
    /// # Errors
    ///
    /// Nobody receives any more; the item comes back.
    pub async fn send(&self, value: T) -> Result<(), SendError<T>> {
        let (sent, waiting) = awaited(self.inner.send(Item::new(value)), || self.end.wait()).await;
        drop(waiting);
        self.settle(sent)
    }

    /// The same on a thread that runs no tasks.
    ///
    /// # Errors
    ///
    /// Nobody receives any more; the item comes back.
    ///
    /// # Panics
    ///
    /// On a thread that does.
    pub fn blocking_send(&self, value: T) -> Result<(), SendError<T>> {
        let waiting = (self.inner.capacity() == 0).then(|| self.end.wait());
        let sent = self.inner.blocking_send(Item::new(value));
        drop(waiting);
        self.settle(sent)
    }

    fn settle(&self, sent: Result<(), SendError<Item<T>>>) -> Result<(), SendError<T>> {
        sent.map_err(|SendError(item)| SendError(item.value))?;
        self.end.sent();
        Ok(())
    }

    /// Sends if there is room: see [`tokio::sync::mpsc::Sender::try_send`].
    ///
    /// # Errors
    ///
    /// There is no room, or nobody receives any more; the item comes back.
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
            Err(TrySendError::Closed(item)) => Err(TrySendError::Closed(item.value)),
        }
    }

    /// Waits for room and keeps it: see [`tokio::sync::mpsc::Sender::reserve`].
    ///
    /// # Errors
    ///
    /// Nobody receives any more.
    pub async fn reserve(&self) -> Result<Permit<'_, T>, SendError<()>> {
        let (reserved, waiting) = awaited(self.inner.reserve(), || self.end.wait()).await;
        drop(waiting);
        Ok(Permit { inner: reserved?, end: &self.end })
    }

    /// The same if there is room: see [`tokio::sync::mpsc::Sender::try_reserve`].
    ///
    /// # Errors
    ///
    /// There is none, or nobody receives any more.
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        match self.inner.try_reserve() {
            Ok(inner) => Ok(Permit { inner, end: &self.end }),
            Err(error) => {
                if matches!(error, TrySendError::Full(())) {
                    self.end.refused();
                }
                Err(error)
            }
        }
    }

    /// Waits until nobody receives any more.
    pub async fn closed(&self) {
        self.inner.closed().await;
    }

    /// Whether nobody receives any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// How many items there is room for.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.inner.capacity()
    }

    /// How many there is room for where it is empty.
    #[must_use]
    pub fn max_capacity(&self) -> usize {
        self.inner.max_capacity()
    }

    /// Whether both are ends of the same queue.
    #[must_use]
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// One that does not keep the queue open.
    #[must_use]
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender { end: Arc::downgrade(&self.end), inner: self.inner.downgrade() }
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

/// Room for one item. Made by [`Sender::reserve`].
pub struct Permit<'a, T> {
    inner: mpsc::Permit<'a, Item<T>>,
    end: &'a Sending,
}

impl<T> Permit<'_, T> {
    /// Sends it.
    pub fn send(self, value: T) {
        self.inner.send(Item::new(value));
        self.end.sent();
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

/// A [`Sender`] that does not keep the queue open. Made by [`Sender::downgrade`].
pub struct WeakSender<T> {
    end: Weak<Sending>,
    inner: mpsc::WeakSender<Item<T>>,
}

impl<T> WeakSender<T> {
    /// The sender, if there still is one.
    #[must_use]
    pub fn upgrade(&self) -> Option<Sender<T>> {
        Some(Sender { end: self.end.upgrade()?, inner: self.inner.upgrade()? })
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self { end: self.end.clone(), inner: self.inner.clone() }
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakSender").finish_non_exhaustive()
    }
}
