//! What the guards are measured against: limiters, breakers, bulkheads and caches of others.
//!
//! Each is asked in a function that is not inlined, around the body that our guards are around, and is
//! looked up before the loop. It is set up for the job of the row beside it in the fastest way that its
//! documentation shows.

mod breakers;
mod bulkheads;
mod caches;
mod limiters;
pub(crate) mod sentinel;

use std::fmt::Debug;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use benches::rounds::Row;
use tower::Service;

use crate::ours::{body, fallible};

/// What comes back instead of what the body would return; a register, as of our guards.
const REFUSED: Result<u64, u64> = Err(u64::MAX);

/// Calls off the clock, after each burst, that show whether a contender is still in the state its row
/// is about. The body makes no error of so few.
const PROOF: u64 = 64;

/// A row's loop around one call of a contender that is made or found once, and the proof of what
/// came of its calls.
macro_rules! row {
    ($name:expr, $proof:ident, $peer:pat = $found:expr, $x:ident => $call:expr) => {
        benches::rounds::Row {
            after: || {
                let $peer = $found;
                $crate::guard_peers::$proof($name, |$x| $call);
            },
            ..benches::rounds::Row::new($name, |calls| {
                let $peer = $found;
                for $x in 0..calls {
                    let $x = std::hint::black_box($x);
                    _ = std::hint::black_box($call);
                }
            })
        }
    };
}

/// The row of one thread and that of two which share the contender. All calls are admitted.
macro_rules! admitted {
    ($name:literal, $($call:tt)+) => {
        vec![
            $crate::guard_peers::row!($name, proves_admitted, $($call)+),
            benches::rounds::Row {
                threads: 2,
                ..$crate::guard_peers::row!(concat!($name, ", two threads"), proves_admitted, $($call)+)
            },
        ]
    };
}

/// The row of one thread, of which no call is admitted.
macro_rules! refused {
    ($name:literal, $($call:tt)+) => {
        vec![$crate::guard_peers::row!($name, proves_refused, $($call)+)]
    };
}
use {admitted, refused, row};

fn proves_admitted<T: Debug, E: Debug>(name: &str, mut call: impl FnMut(u64) -> Result<T, E>) {
    for x in 0..PROOF {
        let outcome = call(x);
        assert!(outcome.is_ok(), "{name}: call {x} came to {outcome:?}");
    }
}

fn proves_refused<T: Debug, E: Debug>(name: &str, mut call: impl FnMut(u64) -> Result<T, E>) {
    for x in 0..PROOF {
        let outcome = call(x);
        assert!(outcome.is_err(), "{name}: call {x} came to {outcome:?}");
    }
}

/// The body as tower's services have it: a future that is ready at once.
type Body = tower::util::ServiceFn<fn(u64) -> std::future::Ready<Result<u64, u64>>>;

fn service() -> Body {
    tower::service_fn(|x| std::future::ready(fallible!(x)))
}

/// A service as a thread that waits for it calls it. Only those whose lock another thread has wait:
/// all other futures are ready when they are first polled.
struct Served<S> {
    service: S,
    waker: Waker,
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl<S: Service<u64, Response = u64> + Clone> Served<S> {
    fn here(service: &S) -> Self {
        Self { service: service.clone(), waker: Arc::new(Unpark(std::thread::current())).into() }
    }

    #[inline(never)]
    fn call(&mut self, x: u64) -> Result<u64, S::Error> {
        let mut context = Context::from_waker(&self.waker);
        wait(|| self.service.poll_ready(&mut context))?;
        let mut outcome = pin!(self.service.call(x));
        wait(|| outcome.as_mut().poll(&mut context))
    }
}

fn wait<T>(mut poll: impl FnMut() -> Poll<T>) -> T {
    loop {
        match poll() {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// The rows, by kind of guard, of all that leave nothing running.
pub(crate) fn rows() -> Vec<Row> {
    [limiters::rows(), breakers::rows(), bulkheads::rows(), caches::rows()].concat()
}
