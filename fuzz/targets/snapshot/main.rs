//! Any text as a snapshot: refused with a reason, or one that can be looked at in every way, and is written so that it
//! reads back the same.
#![no_main]

mod example;
mod mutate;

use std::hint::black_box;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use perf_runtime::{FunctionStats, Snapshot, Window};

fn look(snapshot: &Snapshot) {
    black_box(format!("{snapshot} {}", snapshot.tree()));
    black_box((snapshot.tree().folded(), snapshot.health()));
    snapshot.functions().iter().for_each(look_at);
    for function in snapshot.functions() {
        black_box(snapshot.function(function.name()));
    }
}

fn look_at(function: &FunctionStats) {
    let latency = function.latency();
    for q in [0.0, 0.5, 0.999, 1.0, f64::NAN] {
        black_box(latency.quantile(q));
    }
    black_box((latency.mean(), latency.total(), latency.total_error(), latency.sum(), latency.count()));
    black_box(latency.buckets().count());
    black_box((function.total(), function.own(), function.latency_series(), function.throughput_series()));
    for window in [Window::Short, Window::Long] {
        black_box((function.window(window), function.slowest_in(window).count()));
    }
    black_box((function.slices(), function.is_misdeclared()));
    function.labels().iter().for_each(|label| look_at(label));
}

fuzz_target!(|text: &str| {
    let snapshot: Snapshot = match serde_json::from_str(text) {
        Ok(snapshot) => snapshot,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    look(&snapshot);
    let written = serde_json::to_string(&snapshot).unwrap();
    let again: Snapshot = serde_json::from_str(&written).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), written);
    for (later, earlier) in [(&snapshot, &again), (&snapshot, example::get()), (example::get(), &snapshot)] {
        look(&later.since(earlier));
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| { mutate::mutate(data, size, most, seed) });
