//! The system's allocator bare, and ours around it.

use std::alloc::System;
use std::hint::black_box;
use std::pin::pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};

use benches::rounds::{Row, UNIT};
use perf_runtime::alloc::Tracking;
use perf_runtime::{Config, Sampling, profiled};
use quanta::Clock;

use crate::{pair, row};

static TRACKING: Tracking<System> = Tracking::new(System);

pub(crate) const SYSTEM: &str = "System, alloc + free";
pub(crate) const UNUSED: &str = "ours, alloc + free, unused";

#[inline(never)]
fn bare(x: u64) -> u64 {
    x.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7
}

#[inline(never)]
fn clock_twice(clock: &Clock, x: u64) -> u64 {
    let start = clock.raw();
    let out = x.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7;
    black_box(clock.raw() - start);
    out
}

#[profiled]
#[inline(never)]
fn counted(x: u64) -> u64 {
    x.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7
}

#[profiled(alloc)]
#[inline(never)]
fn with_alloc(x: u64) -> u64 {
    x.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7
}

#[profiled(alloc, sample = "always")]
#[inline(never)]
fn always(x: u64) -> u64 {
    x.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7
}

#[profiled(alloc, sample = "always")]
#[inline(never)]
fn always_allocating(_: u64) -> usize {
    pair(&TRACKING)
}

#[profiled(alloc)]
async fn later(x: u64) -> u64 {
    bare(x)
}

/// One call of so many allocations.
#[profiled(alloc)]
#[inline(never)]
fn wants_to_know(allocations: u64) {
    for _ in 0..allocations {
        pair(&TRACKING);
    }
}

fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

pub(crate) fn configure() -> Config {
    Config { sampling: Sampling::Every(64), ..Config::benchmark() }
}

pub(crate) fn yardsticks() -> Vec<Row> {
    static CLOCK: OnceLock<Clock> = OnceLock::new();
    let clock_twice = |calls| {
        let clock = CLOCK.get_or_init(Clock::new);
        for x in 0..calls {
            black_box(clock_twice(clock, x));
        }
    };
    vec![row!("bare", x => bare(x)), Row::new(UNIT, clock_twice), row!(SYSTEM, _x => pair(&System))]
}

pub(crate) fn rows() -> Vec<Row> {
    let all = |row: Row| Row { before: perf_runtime::drain, ..row.recorded(perf_runtime::drain) };
    vec![
        row!(UNUSED, _x => pair(&TRACKING)),
        Row::new("ours, alloc + free, in a call", wants_to_know),
        all(row!("ours, a call, counted, 1 in 64 timed", x => counted(x))),
        all(row!("ours, a call, alloc, 1 in 64 timed", x => with_alloc(x))),
        all(row!("ours, a call, alloc, always timed", x => always(x))),
        all(row!("ours, a call with alloc + free, always timed", x => always_allocating(x))),
        all(row!("ours, async, alloc, 1 in 64 timed", x => poll_once(later(x)))),
    ]
}
