//! What it costs a call to know its CPU time, and a future to know when it was woken.
//!
//! `cargo run --release -p benches --bin cpu_time -- [--rounds N]`
//!
//! Bodies of some 25 µs, so that the CPU clock is read at all: of shorter calls it is not. The contenders
//! run in turn, and of each the fastest round counts. The last column is what a call takes more than the bare one.
//! The peer for calls is what one would write by hand, two readings of the clock; that for futures, which are woken once,
//! is tokio-metrics.

use std::future::poll_fn;
use std::hint::black_box;
use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Instant;

use benches::args;
use perf_runtime::{Config, Perf, Sampling, profiled};
use tokio_metrics::TaskMonitor;

/// Calls in one round.
const CALLS: u32 = 400;

fn body(x: u64) -> u64 {
    (0..8_000).fold(x, |x, n| black_box(x.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ n))
}

#[inline(never)]
fn bare(x: u64) -> u64 {
    body(x)
}

#[profiled]
#[inline(never)]
fn timed(x: u64) -> u64 {
    body(x)
}

#[profiled(cpu)]
#[inline(never)]
fn asked(x: u64) -> u64 {
    body(x)
}

#[inline(never)]
fn by_hand(x: u64) -> u64 {
    let start = thread_cpu();
    let out = body(x);
    black_box(thread_cpu() - start);
    out
}

#[allow(unsafe_code, reason = "the system is asked through libc")]
fn thread_cpu() -> i64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is there to be written.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Wakes itself once, and goes on.
async fn later() {
    let mut is_first = true;
    poll_fn(|context| {
        if !std::mem::take(&mut is_first) {
            return Poll::Ready(());
        }
        // As a channel would, later.
        let kept = context.waker().clone();
        kept.wake();
        Poll::Pending
    })
    .await;
}

async fn bare_future(x: u64) -> u64 {
    later().await;
    body(x)
}

#[profiled]
async fn timed_future(x: u64) -> u64 {
    later().await;
    body(x)
}

#[profiled(cpu)]
async fn asked_future(x: u64) -> u64 {
    later().await;
    body(x)
}

struct Task;

impl Wake for Task {
    fn wake(self: Arc<Self>) {}
}

fn run<T>(future: impl Future<Output = T>) -> T {
    static WAKER: LazyLock<Waker> = LazyLock::new(|| Waker::from(Arc::new(Task)));
    let mut context = Context::from_waker(&WAKER);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

static MONITOR: LazyLock<TaskMonitor> = LazyLock::new(TaskMonitor::new);

type Contender = (&'static str, fn(u64) -> u64);

const CALLED: &[Contender] =
    &[("bare", bare), ("ours, timed", timed), ("ours, with CPU time", asked), ("the CPU clock by hand", by_hand)];

const POLLED: &[Contender] = &[
    ("bare future", |x| run(bare_future(x))),
    ("ours, timed", |x| run(timed_future(x))),
    ("ours, with CPU time and wakes", |x| run(asked_future(x))),
    ("tokio-metrics: wakes", |x| run(MONITOR.instrument(bare_future(x)))),
];

/// Nanoseconds of a call in the fastest round of each.
fn fastest(contenders: &[Contender], rounds: usize) -> Vec<f64> {
    let mut fastest = vec![f64::INFINITY; contenders.len()];
    for round in 0..rounds {
        for turn in 0..contenders.len() {
            let at = (round + turn) % contenders.len();
            let start = Instant::now();
            for x in 0..CALLS {
                black_box(contenders[at].1(black_box(u64::from(x))));
            }
            fastest[at] = fastest[at].min(start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS));
            perf_runtime::drain();
        }
    }
    fastest
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds = args::value("--rounds", 25);
    let config = Config { sampling: Sampling::Always, ..Config::production() };
    let _perf = Perf::builder().config(config).manual().start()?;
    for contenders in [CALLED, POLLED] {
        let costs = fastest(contenders, rounds);
        println!("{:<32}{:>12}{:>12}", "one call", "ns", "over bare");
        for ((name, _), cost) in contenders.iter().zip(&costs) {
            println!("{name:<32}{cost:>12.1}{:>12.1}", cost - costs[0]);
        }
        println!();
    }
    println!("{}", perf_runtime::snapshot());
    let metrics = MONITOR.cumulative();
    println!("tokio-metrics: scheduled for {:?} on average", metrics.mean_scheduled_duration());
    Ok(())
}
