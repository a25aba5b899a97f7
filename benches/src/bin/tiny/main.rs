//! A whole program of tiny functions, every one annotated: a JSON library that parses and prints a
//! megabyte. Its time over that of the same source without attributes, in one process, interleaved;
//! and whether the counts are those that counting by hand gives.
//!
//! `cargo run --release -p benches --bin tiny -- [--rounds N] [--settle SECONDS] [--json FILE]`

mod by_hand;
mod text;

use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::args;
use perf_runtime::{Environment, Perf, Snapshot};

mod bare {
    macro_rules! measured {
        ($($item:item)*) => { $($item)* };
    }
    include!("../../../tiny-json/json.rs");
}

mod ours {
    macro_rules! measured {
        ($($item:item)*) => { $(#[perf_runtime::profiled] $item)* };
    }
    include!("../../../tiny-json/json.rs");
}

mod traced {
    macro_rules! measured {
        ($($item:item)*) => { $(#[tracing::instrument(skip_all)] $item)* };
    }
    include!("../../../tiny-json/json.rs");
}

/// One copy of the library, at work on one text.
struct Copy {
    name: &'static str,
    work: fn(&str) -> (Duration, Duration),
    parse: Vec<f64>,
    print: Vec<f64>,
}

macro_rules! copy {
    ($name:ident, $what:literal) => {
        Copy {
            name: $what,
            work: |text| {
                let start = Instant::now();
                let value = black_box($name::parse(black_box(text)));
                let parsed = start.elapsed();
                let value = value.expect("the text is JSON");
                let start = Instant::now();
                let printed = black_box($name::print(black_box(&value)));
                let elapsed = start.elapsed();
                assert!(!printed.is_empty());
                (parsed, elapsed)
            },
            parse: Vec::new(),
            print: Vec::new(),
        }
    };
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _perf = Perf::builder().environment(Environment::Production).start()?;
    let text = text::megabyte();
    let mut copies =
        [copy!(bare, "bare"), copy!(ours, "ours, production, settled"), copy!(traced, "tracing, nobody listens")];
    settle(&copies[1], &text, Duration::from_secs_f64(args::value("--settle", 4.0)));
    for round in 0..args::value("--rounds", 60) {
        for at in 0..copies.len() {
            let copy = &mut copies[(at + round) % 3];
            let (parse, print) = (copy.work)(&text);
            copy.parse.push(parse.as_secs_f64() * 1e3);
            copy.print.push(print.as_secs_f64() * 1e3);
        }
    }
    let rows = report(&copies);
    check(&text)?;
    if let Some(file) = args::text("--json") {
        std::fs::write(file, format!("[\n{}\n]\n", rows.join(",\n")))?;
    }
    Ok(())
}

/// Works until the controller has found its intervals.
fn settle(copy: &Copy, text: &str, time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        (copy.work)(text);
    }
}

/// The table; gives the same as JSON.
fn report(copies: &[Copy]) -> Vec<String> {
    let bare: Vec<f64> = total(&copies[0]);
    println!(
        "{:<28} {:>10} {:>10} {:>10} {:>8} {:>8}  target",
        "1 MB parsed and printed", "parse ms", "print ms", "median", "x bare", "median"
    );
    let row = |copy: &Copy| {
        let (parse, print, both) = (sorted(&copy.parse), sorted(&copy.print), total(copy));
        let middle = both.len() / 2;
        let (times, median) = (both[0] / bare[0], both[middle] / bare[middle]);
        let verdict = match (copy.name.starts_with("ours"), times <= 1.5) {
            (false, _) => "",
            (true, true) => "<= 1.50  met",
            (true, false) => "<= 1.50  MISSED",
        };
        let line = format!(
            "{:<28} {:>10.3} {:>10.3} {:>10.3} {times:>8.3} {median:>8.3}  {verdict}",
            copy.name, parse[0], print[0], both[middle]
        );
        println!("{}", line.trim_end());
        format!(
            "  {{\"name\": \"{}\", \"min_ms\": {:.4}, \"median_ms\": {:.4}, \"over_bare\": {times:.4}}}",
            copy.name, both[0], both[middle]
        )
    };
    copies.iter().map(row).collect()
}

fn total(copy: &Copy) -> Vec<f64> {
    let both: Vec<f64> = copy.parse.iter().zip(&copy.print).map(|(parse, print)| parse + print).collect();
    sorted(&both)
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

/// Counts of calls and errors against counting by hand, on texts that are JSON and texts that are not.
fn check(text: &str) -> Result<(), String> {
    let before = perf_runtime::snapshot();
    let mut texts = vec![text];
    texts.extend(text::BROKEN);
    for text in texts {
        let (ours, by_hand) = (ours::parse(text), by_hand::parse(text));
        if let (Ok(ours), Ok(by_hand)) = (ours, by_hand) {
            assert_eq!(ours::print(&ours), by_hand::print(&by_hand), "the copies print the same");
        }
    }
    let done = perf_runtime::snapshot().since(&before);
    let (mut calls, mut errors) = (0, 0);
    for (name, by_hand) in by_hand::counts() {
        let ours = counted(&done, name);
        if ours != by_hand {
            return Err(format!("`{name}`: {ours:?} calls and errors counted, {by_hand:?} by hand"));
        }
        calls += by_hand.0;
        errors += by_hand.1;
    }
    println!("counted by hand and by ours alike: {calls} calls, {errors} errors");
    print_overhead(&done);
    Ok(())
}

fn counted(done: &Snapshot, name: &str) -> (u64, u64) {
    done.function(&format!("tiny::ours::{name}")).map_or((0, 0), |function| (function.calls(), function.errors()))
}

fn print_overhead(done: &Snapshot) {
    let (samples, dropped) = done
        .functions()
        .iter()
        .fold((0, 0), |(samples, dropped), function| (samples + function.samples(), dropped + function.dropped()));
    println!("{} functions, {samples} samples in the check, {dropped} dropped", done.functions().len());
}
