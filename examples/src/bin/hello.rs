//! The smallest program there is: annotate, run, read.

use perf_runtime::profiled;

#[profiled]
fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

#[profiled]
fn sum(texts: &[&str]) -> u32 {
    texts.iter().filter_map(|text| parse(text).ok()).sum()
}

fn main() {
    for _ in 0..100_000 {
        sum(std::hint::black_box(&["1", "22", "three", "444"]));
    }
    let snapshot = perf_runtime::snapshot();
    if let Some(parse) = snapshot.function("parse") {
        println!("parse: {} calls, {} errors, p99 {:?}\n", parse.calls(), parse.errors(), parse.latency().p99());
    }
    println!("{snapshot}");
}
