//! `tokio::sync` with names: [`Mutex`], [`RwLock`] and [`mpsc`].
//!
//! A task that has used up its share of the runtime's time is made to yield, as with the originals; that is not waiting.
//! Guards that own an `Arc` of their lock are not there.

mod locks;
pub mod mpsc;
mod receiver;
mod unbounded;

pub use locks::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use tokio::task::coop::has_budget_remaining;

/// Whether what is not ready is waited for: a task that has used up its share of time is told to come back, whatever it asks.
fn is_waited_for() -> bool {
    has_budget_remaining()
}

/// Awaits, and keeps what `wait` gives from the first time that it has to wait until it need not any more.
async fn awaited<F: Future, W>(future: F, mut wait: impl FnMut() -> W) -> (F::Output, Option<W>) {
    let mut future = pin!(future);
    let mut waiting = None;
    poll_fn(move |context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready((output, waiting.take())),
        Poll::Pending => {
            if waiting.is_none() && is_waited_for() {
                waiting = Some(wait());
            }
            Poll::Pending
        }
    })
    .await
}
