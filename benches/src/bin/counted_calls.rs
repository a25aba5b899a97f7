//! What `benches/instructions` lets callgrind count: so many calls of one kind, in a function by
//! itself. Nobody else works meanwhile.
#![allow(clippy::unused_async, reason = "futures that are ready at once show what wrapping them costs")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use perf_runtime::alloc::Tracking;
use perf_runtime::{
    Config, GuardKind, Perf, Rejected, Sampling, bulkhead, circuit_breaker, profiled, rate_limited, retry,
};

/// Calls between two drains: their samples fit into a ring, at three slots each.
const BURST: u64 = 2_000;
const BURSTS: u64 = 20;

#[inline(never)]
fn bare(x: u64) -> u64 {
    x.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7
}

#[profiled]
#[inline(never)]
fn counted(x: u64) -> u64 {
    x.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7
}

#[inline(never)]
fn bare_result(x: u64) -> Result<u64, u64> {
    if x & 0xFFF == 0xFFF { Err(x) } else { Ok(x >> 7) }
}

#[profiled]
#[inline(never)]
fn counted_result(x: u64) -> Result<u64, u64> {
    if x & 0xFFF == 0xFFF { Err(x) } else { Ok(x >> 7) }
}

#[profiled(label(kind = ["word", "phrase", "prefix", "all"][(x & 3) as usize]))]
#[inline(never)]
fn labelled(x: u64) -> u64 {
    x.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7
}

#[profiled(in_flight)]
#[inline(never)]
fn in_flight(x: u64) -> u64 {
    x.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7
}

#[profiled(sample = "always")]
#[inline(never)]
fn always(x: u64) -> u64 {
    x.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7
}

#[profiled(capture(x))]
#[inline(never)]
fn captured(x: u64) -> u64 {
    x.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7
}

/// Comes back in a register.
#[derive(Clone, Copy)]
struct Error(#[allow(dead_code, reason = "what an error is made of is made")] u64);

impl From<Rejected> for Error {
    fn from(_: Rejected) -> Self {
        Self(u64::MAX)
    }
}

macro_rules! guarded {
    ($($name:ident: $(#[$guard:meta])*;)*) => {
        $($(#[$guard])*
        #[inline(never)]
        fn $name(x: u64) -> Result<u64, Error> {
            if x & 0xFFF == 0xFFF { Err(Error(x)) } else { Ok(x >> 7) }
        })*
    };
}

guarded! {
    leased: #[rate_limited(rate = "1_000_000_000/s", burst = 1_000_000_000)];
    strict: #[rate_limited(rate = "9_000/s", burst = 100_000_000_000)];
    refused: #[rate_limited(rate = "1/h", burst = 1)];
    closed: #[circuit_breaker];
    open: #[circuit_breaker];
    held: #[bulkhead(64)];
    retried: #[retry];
    stacked: #[profiled] #[circuit_breaker] #[rate_limited(rate = "1_000_000_000/s", burst = 1_000_000_000)];
}

async fn bare_async(x: u64) -> u64 {
    bare(x)
}

#[profiled]
async fn counted_async(x: u64) -> u64 {
    bare(x)
}

#[profiled(sample = "always")]
async fn always_async(x: u64) -> u64 {
    bare(x)
}

/// An allocator is a value as any other: none is installed, so that all else is as it was.
static TRACKING: Tracking<System> = Tracking::new(System);

#[inline(always)]
fn pair(allocator: &impl GlobalAlloc) -> usize {
    let layout = black_box(Layout::new::<[u8; 64]>());
    #[allow(unsafe_code)]
    // SAFETY: the layout is not empty, and is the one that it was allocated with.
    unsafe {
        let pointer = black_box(allocator.alloc(layout));
        allocator.dealloc(pointer, layout);
        pointer.addr()
    }
}

#[inline(never)]
fn bare_pair(_: u64) -> usize {
    pair(&System)
}

#[inline(never)]
fn unused_pair(_: u64) -> usize {
    pair(&TRACKING)
}

#[profiled(alloc)]
#[inline(never)]
fn with_alloc(x: u64) -> u64 {
    x.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7
}

#[profiled(alloc)]
#[inline(never)]
fn alloc_pair(_: u64) -> usize {
    pair(&TRACKING)
}

#[profiled(alloc)]
async fn alloc_async(x: u64) -> u64 {
    bare(x)
}

fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// One loop a kind, inside which callgrind collects and nowhere else, and another that it does not
/// see, for what only first calls do.
macro_rules! collect {
    ($($name:ident: $x:ident => $call:expr;)*) => {
        $(#[inline(never)]
        fn $name() {
            for $x in 0..BURST {
                _ = black_box($call);
            }
        })*

        fn find(name: &str) -> Option<[fn(); 2]> {
            match name {
                $(stringify!($name) => Some([|| for $x in 0..BURST { _ = black_box($call); }, $name]),)*
                _ => None,
            }
        }
    };
}

collect! {
    collect_bare: x => bare(x);
    collect_counted: x => counted(x);
    collect_labelled: x => labelled(x);
    collect_in_flight: x => in_flight(x);
    collect_bare_result: x => bare_result(x);
    collect_counted_result: x => counted_result(x);
    collect_always: x => always(x);
    collect_captured: x => captured(x);
    collect_bare_async: x => poll_once(bare_async(x));
    collect_counted_async: x => poll_once(counted_async(x));
    collect_always_async: x => poll_once(always_async(x));
    collect_bare_pair: x => bare_pair(x);
    collect_unused_pair: x => unused_pair(x);
    collect_with_alloc: x => with_alloc(x);
    collect_alloc_pair: x => alloc_pair(x);
    collect_alloc_async: x => poll_once(alloc_async(x));
    collect_leased: x => leased(x);
    collect_strict: x => strict(x);
    collect_refused: x => refused(x);
    collect_closed: x => closed(x);
    collect_open: x => open(x);
    collect_held: x => held(x);
    collect_retried: x => retried(x);
    collect_stacked: x => stacked(x);
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).unwrap_or_default();
    let [warm_up, run] = find(&name).ok_or("say which: collect_bare, collect_counted, …")?;
    // Guards as in production: in benchmarks, breakers refuse nothing.
    let guard_defaults = Config::production().guard_defaults;
    // The slowest calls are kept as in production.
    let tail = Config::production().tail;
    let config = Config { sampling: Sampling::Every(64), guard_defaults, tail, ..Config::benchmark() };
    let _perf = Perf::builder().config(config).manual().start()?;
    warm_up();
    if let Some(breaker) = perf_runtime::guards().find(GuardKind::CircuitBreaker, "open") {
        breaker.handle::<perf_runtime::CircuitBreaker>().ok_or("it is one")?.force_open();
    }
    perf_runtime::drain();
    for _ in 0..BURSTS {
        run();
        perf_runtime::drain();
    }
    println!("{}", BURST * BURSTS);
    Ok(())
}
