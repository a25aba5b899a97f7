//! A timer of our own, so that no guard needs an executor's: one thread that wakes tasks.

mod thread;

#[cfg(all(test, not(loom)))]
mod tests;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use thread::{Key, Timer};

/// A future that is ready at a moment.
///
/// It is polled by whatever executor there is; a thread of ours, started with the first that has to wait,
/// wakes it. With the feature `tokio`, one that is first polled within a tokio runtime waits by the runtime's
/// timer, which has to be enabled there. Dropped, it leaves nothing behind.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Sleep {
    deadline: Instant,
    wait: Wait,
}

#[derive(Debug)]
enum Wait {
    /// Nobody has polled it before its time.
    Not,
    Here(Place),
    #[cfg(feature = "tokio")]
    Tokio(Pin<Box<tokio::time::Sleep>>),
}

/// Its place among those that wait, and who is woken.
#[derive(Debug)]
struct Place {
    timer: &'static Timer,
    key: Key,
    waker: Waker,
}

impl Sleep {
    /// Ready after `duration`.
    pub fn new(duration: Duration) -> Self {
        let now = Instant::now();
        // A wait beyond what the clock can tell is as long as any.
        let deadline = now.checked_add(duration).unwrap_or_else(|| now + Duration::from_secs(86_400 * 365));
        Self { deadline, wait: Wait::Not }
    }

    #[cfg(feature = "tokio")]
    fn in_tokio(&mut self, now: Instant) -> Option<Pin<&mut tokio::time::Sleep>> {
        if matches!(self.wait, Wait::Not) && tokio::runtime::Handle::try_current().is_ok() {
            self.wait = Wait::Tokio(Box::pin(tokio::time::sleep(self.deadline - now)));
        }
        match &mut self.wait {
            Wait::Tokio(sleep) => Some(sleep.as_mut()),
            _ => None,
        }
    }

    /// Sees to it that `waker` is woken in time, and no other any more.
    fn wait(&mut self, waker: &Waker) {
        if let Wait::Here(place) = &self.wait {
            // That of a forked process' parent has no thread here.
            if place.timer.is_ours() && place.waker.will_wake(waker) {
                return;
            }
        }
        self.wait = Wait::Not;
        let timer = Timer::ours();
        match timer.add(self.deadline, waker.clone()) {
            Some(key) => self.wait = Wait::Here(Place { timer, key, waker: waker.clone() }),
            // There is no thread to be had: polled over and over, it is ready in time all the same.
            None => waker.wake_by_ref(),
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let now = Instant::now();
        #[cfg(feature = "tokio")]
        if let Some(sleep) = this.in_tokio(now) {
            return sleep.poll(context);
        }
        if now >= this.deadline {
            this.wait = Wait::Not;
            return Poll::Ready(());
        }
        this.wait(context.waker());
        Poll::Pending
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.timer.is_ours() {
            drop(self.timer.remove(self.key));
        }
    }
}
