use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use perf_runtime::{GuardKind, GuardStats, Rejected};

/// The error of functions under test.
#[derive(Debug)]
pub(crate) enum Error {
    Refused(Rejected),
    Own,
}

impl From<Rejected> for Error {
    fn from(rejected: Rejected) -> Self {
        Self::Refused(rejected)
    }
}

/// What a snapshot says of a guard.
pub(crate) fn stats(kind: GuardKind, name: &str) -> GuardStats {
    perf_runtime::snapshot().guard(kind, name).cloned().unwrap_or_else(|| panic!("no {name} {kind:?}"))
}

/// Polls once, with nobody to wake.
pub(crate) fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls to the end, on this thread.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
