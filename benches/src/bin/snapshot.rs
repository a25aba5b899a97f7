//! Reading a thousand functions: what it takes of the reader, and what writers notice.
//!
//! `cargo run --release -p benches --bin snapshot -- [--rounds N]`
//!
//! All functions have been called and timed, two threads call them in turn meanwhile. "No writer is
//! stopped" shows in the longest batch of calls that a writer saw: as long with readings as without.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use benches::{args, thousand};
use perf_runtime::{Config, Perf, Window};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds = args::value("--rounds", 300);
    let _perf = Perf::builder().config(Config::production()).start()?;
    let deadline = Instant::now() + Duration::from_secs(3);
    while Instant::now() < deadline {
        black_box(thousand::all(1));
    }
    let quiet = with_writers(|| std::thread::sleep(Duration::from_millis(2 * rounds)));
    let (mut times, mut with_windows) = (Vec::new(), Vec::new());
    let mut functions = 0;
    let busy = with_writers(|| {
        for _ in 0..rounds {
            let start = Instant::now();
            let snapshot = black_box(perf_runtime::snapshot());
            times.push(start.elapsed());
            black_box(snapshot.functions().iter().map(|function| function.window(Window::Longest).p99).max());
            with_windows.push(start.elapsed());
            functions = snapshot.functions().len();
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    for (what, times) in [("read", &mut times), ("read, and their windows worked out", &mut with_windows)] {
        times.sort_unstable();
        let (least, middle) = (times[0], times[times.len() / 2]);
        println!("{functions} functions {what}: {least:.0?} at least, {middle:.0?} in the middle");
    }
    println!("a thousand calls of two writers, 99 of 100 times within: {quiet:.1?} alone, {busy:.1?} while read");
    Ok(())
}

/// Calls all functions over and over on two threads while `work` goes on; gives the time within
/// which 99 of 100 rounds of a thousand calls were done.
fn with_writers(work: impl FnOnce()) -> Duration {
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = || {
            let mut rounds = Vec::with_capacity(1 << 20);
            while !is_done.load(Relaxed) && rounds.len() < rounds.capacity() {
                let start = Instant::now();
                black_box(thousand::all(1));
                rounds.push(start.elapsed());
            }
            rounds
        };
        let writers = [scope.spawn(writer), scope.spawn(writer)];
        work();
        is_done.store(true, Relaxed);
        let mut rounds: Vec<Duration> = writers.into_iter().flat_map(|w| w.join().unwrap_or_default()).collect();
        rounds.sort_unstable();
        rounds[rounds.len() * 99 / 100]
    })
}
