//! A timer of our own, so that no guard needs an executor's: one thread that wakes tasks.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use crate::primitive::lock;

/// A future that is ready at a moment.
///
/// It is polled by whatever executor there is; a thread of ours, started with the first that has to wait,
/// wakes it. Dropped, it leaves nothing behind.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Sleep {
    deadline: Instant,
    /// Its place among those that wait, while it is one of them.
    key: Option<Key>,
}

/// First the moment, then a number that tells apart those that wait for the same.
type Key = (Instant, u64);

struct Waiting {
    wakers: BTreeMap<Key, Waker>,
    numbers: u64,
    /// The process whose thread it is: a forked child has none.
    runs_in: Option<u32>,
}

static WAITING: Mutex<Waiting> = Mutex::new(Waiting { wakers: BTreeMap::new(), numbers: 0, runs_in: None });

/// Told when there is one that waits for less than all others.
static SOONER: Condvar = Condvar::new();

impl Sleep {
    /// Ready after `duration`.
    pub fn new(duration: Duration) -> Self {
        let now = Instant::now();
        // A wait beyond what the clock can tell is as long as any.
        let deadline = now.checked_add(duration).unwrap_or_else(|| now + Duration::from_secs(86_400 * 365));
        Self { deadline, key: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.deadline {
            return Poll::Ready(());
        }
        let mut waiting = lock(&WAITING);
        let key = self.key.unwrap_or_else(|| {
            waiting.numbers += 1;
            (self.deadline, waiting.numbers)
        });
        self.key = Some(key);
        let replaced = match waiting.wakers.get_mut(&key) {
            Some(waker) if waker.will_wake(context.waker()) => None,
            _ => waiting.wakers.insert(key, context.waker().clone()),
        };
        let is_first = waiting.wakers.first_key_value().is_some_and(|(first, _)| *first == key);
        let process = Some(std::process::id());
        if waiting.runs_in != process {
            let started = thread::Builder::new().name("perf-timer".to_owned()).spawn(run);
            waiting.runs_in = started.is_ok().then_some(()).and(process);
        } else if is_first {
            SOONER.notify_one();
        }
        drop(waiting);
        // A waker is foreign code.
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            let waker = lock(&WAITING).wakers.remove(&key);
            drop(waker);
        }
    }
}

fn run() {
    let mut waiting = lock(&WAITING);
    loop {
        let now = Instant::now();
        waiting = match waiting.wakers.first_key_value().map(|(key, _)| *key) {
            Some(key) if key.0 <= now => {
                let waker = waiting.wakers.remove(&key);
                drop(waiting);
                if let Some(waker) = waker {
                    // Foreign code, and a panic in it is not ours to die of.
                    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| waker.wake()));
                }
                lock(&WAITING)
            }
            Some((deadline, _)) => {
                SOONER.wait_timeout(waiting, deadline - now).unwrap_or_else(PoisonError::into_inner).0
            }
            None => SOONER.wait(waiting).unwrap_or_else(PoisonError::into_inner),
        };
    }
}
