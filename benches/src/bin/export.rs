//! Writing a thousand functions for Prometheus: what a scrape takes, beside the snapshot itself.
//!
//! `cargo run --release -p benches --bin export -- [--rounds N]`
//!
//! Each function has been called and timed some thousand times, so that its histogram is not of one bucket.

use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::{args, thousand};
use perf_export::prometheus::{Format, dashboard, render, rules};
use perf_runtime::{Config, Perf, Snapshot};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds = args::value("--rounds", 100);
    let _perf = Perf::builder().config(Config { budget: 0.2, ..Config::production() }).start()?;
    let deadline = Instant::now() + Duration::from_secs(5);
    for round in 0_u64.. {
        // From a nanosecond or two to some microseconds.
        black_box(thousand::all(1 << (round % 12)));
        if Instant::now() > deadline {
            break;
        }
    }
    let snapshot = perf_runtime::snapshot();
    let functions = snapshot.functions();
    let buckets: usize = functions.iter().map(|function| function.latency().buckets().count()).sum();
    println!("{} functions, {} filled buckets each", functions.len(), buckets / functions.len());
    time("snapshot", rounds, || perf_runtime::snapshot().functions().len());
    for format in [Format::Text, Format::OpenMetrics, Format::Protobuf] {
        time(&format!("{format:?}"), rounds, || render(&snapshot, format).len());
    }
    let text = |make: fn(&Snapshot) -> String| make(&snapshot).len();
    time("rules", rounds, || text(rules));
    time("dashboard", rounds, || text(dashboard));
    Ok(())
}

/// Says how long `work` takes, which comes to so many bytes.
fn time(what: &str, rounds: u64, work: impl Fn() -> usize) {
    let mut times = Vec::new();
    let mut size = 0;
    for _ in 0..rounds {
        let start = Instant::now();
        size = black_box(work());
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let (least, middle) = (times[0], times[times.len() / 2]);
    println!("{what}: {least:.2?} at least, {middle:.2?} in the middle, {size} bytes (or functions)");
}
