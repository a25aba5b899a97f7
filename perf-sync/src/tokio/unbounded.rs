use std::fmt;
use std::sync::{Arc, Weak};

use perf_core::QueueKind;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::SendError;

use super::receiver::UnboundedReceiver;
use crate::queue::{Item, Sending, ends};

/// A queue without bounds under this name in snapshots: see [`tokio::sync::mpsc::unbounded_channel`].
#[must_use]
pub fn unbounded_channel<T>(name: &str) -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (inner, receiver) = mpsc::unbounded_channel();
    let (sending, receiving) = ends(name, QueueKind::Tokio, None);
    (UnboundedSender { end: sending, inner }, UnboundedReceiver::new(receiving, receiver))
}

/// [`tokio::sync::mpsc::UnboundedSender`] of a queue with a name.
pub struct UnboundedSender<T> {
    end: Arc<Sending>,
    inner: mpsc::UnboundedSender<Item<T>>,
}

impl<T> UnboundedSender<T> {
    /// Sends, without waiting.
    ///
    /// # Errors
    ///
    /// Nobody receives any more; the item comes back.
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.inner.send(Item::new(value)).map_err(|SendError(item)| SendError(item.value))?;
        self.end.sent();
        Ok(())
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

    /// Whether both are ends of the same queue.
    #[must_use]
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// One that does not keep the queue open.
    #[must_use]
    pub fn downgrade(&self) -> WeakUnboundedSender<T> {
        WeakUnboundedSender { end: Arc::downgrade(&self.end), inner: self.inner.downgrade() }
    }
}

impl<T> Clone for UnboundedSender<T> {
    fn clone(&self) -> Self {
        Self { end: self.end.clone(), inner: self.inner.clone() }
    }
}

impl<T> fmt::Debug for UnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnboundedSender").finish_non_exhaustive()
    }
}

/// An [`UnboundedSender`] that does not keep the queue open. Made by [`UnboundedSender::downgrade`].
pub struct WeakUnboundedSender<T> {
    end: Weak<Sending>,
    inner: mpsc::WeakUnboundedSender<Item<T>>,
}

impl<T> WeakUnboundedSender<T> {
    /// The sender, if there still is one.
    #[must_use]
    pub fn upgrade(&self) -> Option<UnboundedSender<T>> {
        Some(UnboundedSender { end: self.end.upgrade()?, inner: self.inner.upgrade()? })
    }
}

impl<T> Clone for WeakUnboundedSender<T> {
    fn clone(&self) -> Self {
        Self { end: self.end.clone(), inner: self.inner.clone() }
    }
}

impl<T> fmt::Debug for WeakUnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakUnboundedSender").finish_non_exhaustive()
    }
}
