//! The body, bare and between clock reads, and ours in each state.
#![allow(clippy::unused_async, reason = "futures that are ready at once show what wrapping them costs")]

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use benches::rounds::{Row, UNIT};
use perf_runtime::{Config, Filter, Sampling, profiled};
use quanta::Clock;

/// What every row calls, in its own copy.
macro_rules! body {
    ($x:ident) => {
        ($x.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ $x) >> 7
    };
}

/// The same with an outcome. An error once in 4,096 calls.
macro_rules! fallible {
    ($x:ident) => {{
        let y = body!($x);
        if $x & 0xFFF == 0xFFF { Err(y) } else { Ok(y) }
    }};
}
pub(crate) use {body, fallible};

#[inline(never)]
pub(crate) fn bare(x: u64) -> u64 {
    body!(x)
}

#[inline(never)]
fn bare_result(x: u64) -> Result<u64, u64> {
    fallible!(x)
}

#[inline(never)]
fn clock_once(clock: &Clock, x: u64) -> u64 {
    let out = body!(x);
    black_box(clock.raw());
    out
}

#[inline(never)]
fn clock_twice(clock: &Clock, x: u64) -> u64 {
    let start = clock.raw();
    let out = body!(x);
    black_box(clock.raw() - start);
    out
}

#[profiled]
#[inline(never)]
fn counted(x: u64) -> u64 {
    body!(x)
}

#[profiled]
#[inline(never)]
fn counted_result(x: u64) -> Result<u64, u64> {
    fallible!(x)
}

#[profiled(sample = "always")]
#[inline(never)]
fn always(x: u64) -> u64 {
    body!(x)
}

#[profiled(sample = "always")]
#[inline(never)]
fn always_result(x: u64) -> Result<u64, u64> {
    fallible!(x)
}

/// Two measured calls, one below the other.
#[profiled]
#[inline(never)]
fn caller(x: u64) -> u64 {
    callee(x) ^ 1
}

#[profiled]
#[inline(never)]
fn callee(x: u64) -> u64 {
    body!(x)
}

/// While call trees are wanted, within the budget of production.
pub(crate) fn tree_rows() -> Vec<Row> {
    vec![
        row!("ours, trees wanted: counted", x => counted(x)),
        row!("ours, trees wanted: caller and callee", x => caller(x)),
        row!("ours, trees wanted: always", x => always(x)),
        row!("ours, trees wanted: async, counted", x => poll_once(async_counted(x))),
    ]
}

/// What calls are told apart by: a few values in turn, or ever new ones.
const KINDS: [&str; 4] = ["word", "phrase", "prefix", "all"];

pub(crate) fn kind(x: u64) -> &'static str {
    KINDS[(x & 3) as usize]
}

#[profiled(label(kind = kind(x)))]
#[inline(never)]
fn labelled(x: u64) -> u64 {
    body!(x)
}

#[profiled(label(id = x))]
#[inline(never)]
fn labelled_anew(x: u64) -> u64 {
    body!(x)
}

#[profiled(by_type)]
#[inline(never)]
fn by_type<T: Copy + Into<u64>>(x: T) -> u64 {
    let x = x.into();
    body!(x)
}

#[profiled(in_flight)]
#[inline(never)]
fn in_flight(x: u64) -> u64 {
    body!(x)
}

/// Its calls are all as long, so that next to none of them enters the table.
#[profiled(capture(x))]
#[inline(never)]
fn captured(x: u64) -> u64 {
    body!(x)
}

#[profiled]
#[inline(never)]
fn switched_off(x: u64) -> u64 {
    body!(x)
}

#[inline(never)]
async fn async_bare(x: u64) -> u64 {
    bare(x)
}

#[profiled]
async fn async_counted(x: u64) -> u64 {
    bare(x)
}

#[profiled(sample = "always")]
async fn async_always(x: u64) -> u64 {
    bare(x)
}

/// Makes a future, polls it to its end, drops it. Where it is made: moving it right after that would be what takes time.
#[inline(always)]
pub(crate) fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// A row's loop around one call.
macro_rules! row {
    ($name:expr, $x:ident => $call:expr) => {
        benches::rounds::Row::new($name, |calls| {
            for $x in 0..calls {
                _ = std::hint::black_box($call);
            }
        })
    };
}
pub(crate) use row;

fn with_clock(calls: u64, call: fn(&Clock, u64) -> u64) {
    let clock = CLOCK.get_or_init(Clock::new);
    for x in 0..calls {
        black_box(call(clock, x));
    }
}
static CLOCK: std::sync::OnceLock<Clock> = std::sync::OnceLock::new();

/// The rows that every phase has, so that multiples are of what ran beside it.
pub(crate) fn yardsticks() -> Vec<Row> {
    vec![
        row!("bare", x => bare(x)),
        row!("bare, Result", x => bare_result(x)),
        Row::new("1x clock", |calls| with_clock(calls, clock_once)),
        Row::new(UNIT, |calls| with_clock(calls, clock_twice)),
    ]
}

/// Ours. [`configure`] says in what state.
pub(crate) fn rows() -> Vec<Row> {
    let two = |row: Row| Row { threads: 2, ..row };
    let all = |row: Row| Row { before: perf_runtime::drain, ..row.recorded(perf_runtime::drain) };
    let cpu = |row: Row| Row { cpu_target: Some(2.0), ..all(row) };
    vec![
        row!("ours, counted, 1 in 64 timed", x => counted(x)).at_most(0.09),
        row!("ours, counted, Result", x => counted_result(x)).at_most(0.12),
        row!("ours, caller and callee", x => caller(x)),
        row!("ours, labelled", x => labelled(x)),
        row!("ours, labelled, ever new values", x => labelled_anew(x)),
        row!("ours, by type", x => by_type(x)),
        row!("ours, in flight", x => in_flight(x)),
        row!("ours, sampling off", x => switched_off(x)).at_most(0.09),
        cpu(row!("ours, always", x => always(x)).at_most(1.2)),
        cpu(row!("ours, always, Result", x => always_result(x)).at_most(1.2)),
        all(row!("ours, always, argument captured", x => captured(x))),
        two(row!("bare, two threads", x => bare(x))),
        two(row!("ours, counted, two threads", x => counted(x))),
        two(row!("ours, labelled, two threads", x => labelled(x))),
        row!("async, bare poll", x => poll_once(async_bare(x))),
        row!("ours, async, counted", x => poll_once(async_counted(x))),
        all(row!("ours, async, always", x => poll_once(async_always(x)))),
    ]
}

/// One call in 64 is timed, except where the attribute says all and the filter says none.
pub(crate) fn configure() -> Config {
    // Guards as in production: in benchmarks, breakers refuse nothing.
    let guard_defaults = Config::production().guard_defaults;
    let filter = Filter::default().with("*::switched_off", Sampling::Off);
    // The slowest calls are kept as in production.
    Config { filter, guard_defaults, tail: Config::production().tail, ..Config::benchmark() }
}
