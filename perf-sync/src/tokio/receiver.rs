//! Both receivers, which differ in nothing but their originals.

use std::fmt;
use std::task::{Context, Poll};

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use super::{awaited, is_waited_for};
use crate::queue::{Item, Receiving, Waiting};

macro_rules! receiver {
    ($receiver:ident, $path:literal) => {
        #[doc = concat!("[`tokio::sync::mpsc::", $path, "`] of a queue with a name.")]
        pub struct $receiver<T> {
            end: Receiving,
            /// Where it had to wait when it was polled by hand.
            waiting: Option<Waiting>,
            inner: mpsc::$receiver<Item<T>>,
        }

        impl<T> $receiver<T> {
            pub(super) fn new(end: Receiving, inner: mpsc::$receiver<Item<T>>) -> Self {
                Self { end, waiting: None, inner }
            }

            /// Waits for an item; none where there is none and nobody sends any more. Who does not want it any more can be
            /// dropped, and no item is lost.
            pub async fn recv(&mut self) -> Option<T> {
                self.waiting = None;
                let Self { end, inner, .. } = self;
                let (item, waiting) = awaited(inner.recv(), || end.wait()).await;
                drop(waiting);
                Some(end.took(item?))
            }

            /// Waits for an item, and takes as many as there are up to a limit; says how many, which is 0 where there are
            /// none and nobody sends any more.
            pub async fn recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
                if limit == 0 {
                    return 0;
                }
                let Some(first) = self.recv().await else { return 0 };
                buffer.push(first);
                let mut taken = 1;
                while taken < limit
                    && let Ok(next) = self.try_recv()
                {
                    buffer.push(next);
                    taken += 1;
                }
                taken
            }

            /// The item that is there.
            ///
            /// # Errors
            ///
            /// There is none, at the moment or for good.
            pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
                let item = self.inner.try_recv()?;
                self.waiting = None;
                Ok(self.end.took(item))
            }

            /// Waits for an item on a thread that runs no tasks.
            ///
            /// # Panics
            ///
            /// On a thread that does.
            pub fn blocking_recv(&mut self) -> Option<T> {
                self.waiting = None;
                let waiting = self.inner.is_empty().then(|| self.end.wait());
                let item = self.inner.blocking_recv();
                drop(waiting);
                Some(self.end.took(item?))
            }

            /// An item, or word that the task will be woken for it.
            pub fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
                match self.inner.poll_recv(context) {
                    Poll::Ready(item) => {
                        self.waiting = None;
                        Poll::Ready(item.map(|item| self.end.took(item)))
                    }
                    Poll::Pending => {
                        if self.waiting.is_none() && is_waited_for() {
                            self.waiting = Some(self.end.wait());
                        }
                        Poll::Pending
                    }
                }
            }

            /// Lets nothing more come in. What there is can be received.
            pub fn close(&mut self) {
                self.inner.close();
                self.end.close();
            }

            /// Whether nothing more can come in.
            #[must_use]
            pub fn is_closed(&self) -> bool {
                self.inner.is_closed()
            }

            /// Whether there is no item at the moment.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.inner.is_empty()
            }

            /// How many items there are.
            #[must_use]
            pub fn len(&self) -> usize {
                self.inner.len()
            }
        }

        impl<T> fmt::Debug for $receiver<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($receiver)).finish_non_exhaustive()
            }
        }
    };
}

receiver!(Receiver, "Receiver");
receiver!(UnboundedReceiver, "UnboundedReceiver");

impl<T> Receiver<T> {
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
}
