//! Load that goes on: what is lost, what grows, what is counted wrong.
//!
//! `cargo run --release -p benches --bin sustained -- [--seconds N] [--rate CALLS_A_SECOND] [--ring-slots N]`
//!
//! First, every call of one thread is timed, with the background thread there to take the samples
//! in: none should be dropped while a core is free for it. Then two threads call with nobody there
//! to take anything in: once as much waits as may, memory should stay as it is, and all that is lost
//! be known.

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::{args, cpu};
use perf_runtime::{Config, Perf, profiled};

/// Calls between two looks at the time.
const BATCH: u64 = 500;

#[profiled(sample = "always")]
#[inline(never)]
fn every_call_timed(x: u64) -> u64 {
    x.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7
}

#[profiled]
#[inline(never)]
fn counted(x: u64) -> Result<u64, u64> {
    let y = x.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7;
    if x.is_multiple_of(1000) { Err(y) } else { Ok(y) }
}

/// Calls at a rate, in batches, for a time; gives the number of calls and how long they took.
fn paced(rate: f64, time: Duration, call: impl Fn(u64)) -> (u64, Duration) {
    let start = Instant::now();
    let mut calls = 0;
    while start.elapsed() < time {
        (calls..calls + BATCH).for_each(&call);
        calls += BATCH;
        while start.elapsed().as_secs_f64() < calls as f64 / rate {
            std::hint::spin_loop();
        }
    }
    (calls, start.elapsed())
}

fn main() -> Result<(), Box<dyn Error>> {
    let seconds = Duration::from_secs(args::value("--seconds", 60));
    let rate = args::value("--rate", 5e6);
    drained(seconds.min(Duration::from_secs(10)), rate)?;
    alone(seconds, rate)
}

/// As set for benchmarks, with as many slots for a late background thread as the command line says.
fn config() -> Config {
    let config = Config::benchmark();
    Config { ring_slots: args::value("--ring-slots", config.ring_slots), ..config }
}

/// Every call is timed, and somebody takes the samples in.
fn drained(time: Duration, rate: f64) -> Result<(), Box<dyn Error>> {
    let _perf = Perf::builder().config(config()).start()?;
    // The first samples make the rings, the thread and the histogram.
    paced(rate / 10.0, Duration::from_millis(300), |x| _ = black_box(every_call_timed(x)));
    let before = perf_runtime::snapshot();
    let (calls, elapsed) = paced(rate, time, |x| _ = black_box(every_call_timed(x)));
    let done = perf_runtime::snapshot().since(&before);
    let function = done.function("every_call_timed").ok_or("nothing was measured")?;
    println!(
        "every call timed: {:.2} M calls/s for {elapsed:.1?}; {} samples, {} dropped",
        calls as f64 / elapsed.as_secs_f64() / 1e6,
        function.samples(),
        function.dropped()
    );
    exact("calls", function.calls(), calls)?;
    exact("samples and dropped", function.samples() + function.dropped(), calls)
}

/// Nobody takes anything in.
fn alone(time: Duration, rate: f64) -> Result<(), Box<dyn Error>> {
    let _perf = Perf::builder().config(config()).manual().start()?;
    let before = perf_runtime::snapshot();
    let work = |time| {
        std::thread::scope(|scope| {
            let each = || paced(rate, time, |x| _ = (black_box(counted(x)), black_box(every_call_timed(x)))).0;
            let threads = [scope.spawn(each), scope.spawn(each)];
            threads.map(|thread| thread.join().unwrap_or_default())
        })
    };
    let warm = work(Duration::from_secs(1));
    let resident = cpu::resident_kib();
    let calls = work(time);
    let grown = cpu::resident_kib().saturating_sub(resident);
    let done = perf_runtime::snapshot().since(&before);
    let all: u64 = calls.iter().chain(&warm).sum();
    println!("nobody takes in: {all} calls of each of two functions; {grown} KiB more than {resident} KiB");
    let counted = done.function("counted").ok_or("nothing was counted")?;
    exact("calls", counted.calls(), all)?;
    exact("errors", counted.errors(), calls.iter().chain(&warm).map(|calls| calls.div_ceil(1000)).sum())?;
    let timed = done.function("every_call_timed").ok_or("nothing was timed")?;
    println!("every call timed: {} samples kept, {} dropped", timed.samples(), timed.dropped());
    exact("calls", timed.calls(), all)?;
    exact("samples and dropped", timed.samples() + timed.dropped(), all)
}

fn exact(what: &str, found: u64, expected: u64) -> Result<(), Box<dyn Error>> {
    if found == expected {
        println!("  {what}: {found}, exact");
        return Ok(());
    }
    Err(format!("{what}: {found}, and should be {expected}").into())
}
