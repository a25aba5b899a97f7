//! The attempts of one call.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use perf_core::__guard::nanos;
use pin_project_lite::pin_project;

use super::Core;
use super::backoff::Backoff;
use super::budget::Allowance;
use crate::hopeless;
use crate::random::scrambled;
use crate::timer::Sleep;
use crate::verdict::Verdict;

/// What became of calls whose first attempt failed.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    pub(super) retries: AtomicU64,
    /// In nanoseconds.
    pub(super) paused: AtomicU64,
    pub(super) recovered: AtomicU64,
    pub(super) out_of_attempts: AtomicU64,
    pub(super) out_of_budget: AtomicU64,
    pub(super) out_of_time: AtomicU64,
    pub(super) hopeless: AtomicU64,
}

/// The attempts of one call, counted by whoever makes them.
#[derive(Debug)]
pub struct Attempts<'a> {
    core: &'a Core,
    /// When there is to be no other one.
    deadline: u64,
    failed: u32,
    /// What was hopeless on this thread before the attempt.
    before: u32,
    is_hopeless: bool,
}

impl<'a> Attempts<'a> {
    #[inline]
    pub(super) fn new(core: &'a Core) -> Self {
        core.calls.add(1);
        let deadline = match core.deadline.load(Relaxed) {
            u64::MAX => u64::MAX,
            deadline => nanos().saturating_add(deadline),
        };
        Self { core, deadline, failed: 0, before: 0, is_hopeless: false }
    }

    /// An attempt begins on this thread.
    #[inline]
    pub fn begin(&mut self) {
        self.before = hopeless::noted();
    }

    /// It has ended there.
    #[inline]
    pub fn end(&mut self) {
        self.is_hopeless = hopeless::noted() != self.before;
    }

    /// An attempt that is a future, which may be polled on many threads.
    pub fn watch<F: Future>(&mut self, attempt: F) -> Watched<'_, F> {
        self.is_hopeless = false;
        Watched { attempt, is_hopeless: &mut self.is_hopeless }
    }

    /// Whether what an attempt came to asks for another.
    #[inline]
    pub fn wants(&mut self, verdict: Verdict) -> bool {
        if verdict == Verdict::Failure {
            return true;
        }
        if self.failed > 0 {
            self.core.tallies.recovered.fetch_add(1, Relaxed);
        }
        false
    }

    /// Sleeps until there is another attempt, if there is.
    pub fn pause(&mut self) -> bool {
        let pause = self.next();
        if let Some(pause) = pause {
            thread::sleep(pause);
        }
        pause.is_some()
    }

    /// Waits until there is another attempt, if there is.
    pub async fn pause_async(&mut self) -> bool {
        let pause = self.next();
        if let Some(pause) = pause {
            Sleep::new(pause).await;
        }
        pause.is_some()
    }

    /// The pause before another attempt, which is taken off the budget.
    #[cold]
    fn next(&mut self) -> Option<Duration> {
        let (core, tallies) = (self.core, &self.core.tallies);
        self.failed += 1;
        if self.is_hopeless {
            tallies.hopeless.fetch_add(1, Relaxed);
            return None;
        }
        let attempts = core.attempts.load(Relaxed);
        if attempts == 1 {
            return None;
        }
        let now = nanos();
        let backoff = Backoff { first: core.backoff.load(Relaxed), longest: core.max_backoff.load(Relaxed) };
        // Callers who fail in the same instant differ by where their attempts are kept.
        let random = scrambled(now ^ scrambled(std::ptr::from_ref(self) as u64 ^ u64::from(self.failed)));
        let pause = backoff.pause(self.failed, random);
        let allowance = Allowance { share: core.share.load(Relaxed), reserve: core.reserve.load(Relaxed) };
        let why_not = if self.failed >= attempts {
            &tallies.out_of_attempts
        } else if now.saturating_add(pause) >= self.deadline {
            &tallies.out_of_time
        } else if !core.budget.lock().take(now, core.calls.get(), allowance) {
            &tallies.out_of_budget
        } else {
            tallies.retries.fetch_add(1, Relaxed);
            tallies.paused.fetch_add(pause, Relaxed);
            return Some(Duration::from_nanos(pause));
        };
        why_not.fetch_add(1, Relaxed);
        // Whoever tries again further out has nothing to hope for.
        hopeless::note();
        None
    }
}

pin_project! {
    /// An attempt that is a future.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Watched<'a, F> {
        #[pin]
        attempt: F,
        is_hopeless: &'a mut bool,
    }
}

impl<F: Future> Future for Watched<'_, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let before = hopeless::noted();
        let output = this.attempt.poll(context);
        **this.is_hopeless |= hopeless::noted() != before;
        output
    }
}
