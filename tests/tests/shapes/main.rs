//! The attribute on every shape of function that rustc takes, each beside the same tokens without it.

#![allow(clippy::all, clippy::pedantic, reason = "strange code is what this is about")]

mod arguments;
mod attributes;
mod blocks;
mod drops;
mod foreign;
mod futures;
mod names;
mod returns;
mod signatures;
mod tracked;
mod unusual;
mod weird;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Emits its items twice: as they are, in `bare`, and under the attribute, in `measured`.
#[macro_export]
macro_rules! twin {
    ($($items:tt)*) => {
        #[allow(unused_imports, unused_variables, unsafe_code, dead_code)]
        mod bare {
            use super::*;
            $($items)*
        }
        #[::perf_runtime::profiled]
        #[allow(unused_imports, unused_variables, unsafe_code, dead_code)]
        mod measured {
            use super::*;
            $($items)*
        }
    };
}

/// Asserts that an expression gives the same in both.
#[macro_export]
macro_rules! same {
    ($($call:tt)*) => {
        assert_eq!({ use self::measured::*; $($call)* }, { use self::bare::*; $($call)* })
    };
}

/// What a function has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    calls: u64,
    errors: u64,
    panics: u64,
    cancelled: u64,
}

impl Counts {
    const fn calls(calls: u64) -> Self {
        Self { calls, errors: 0, panics: 0, cancelled: 0 }
    }

    const fn errors(self, errors: u64) -> Self {
        Self { errors, ..self }
    }

    const fn panics(self, panics: u64) -> Self {
        Self { panics, ..self }
    }

    const fn cancelled(self, cancelled: u64) -> Self {
        Self { cancelled, ..self }
    }
}

/// The counts of the only function whose path ends so; none at all where it was never called.
fn counts(tail: &str) -> Counts {
    let snapshot = perf_runtime::snapshot();
    snapshot.function(tail).map_or_else(Counts::default, |f| Counts {
        calls: f.calls(),
        errors: f.errors(),
        panics: f.panics(),
        cancelled: f.cancelled(),
    })
}

/// Polls a future until it is done.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// Pending at its first poll, ready at its second.
#[derive(Debug, Default)]
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: std::pin::Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}
