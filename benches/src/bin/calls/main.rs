//! What one call costs, ours and others', in one process and interleaved.
//!
//! `cargo run --release -p benches --bin calls -- [--rounds N] [--filter TEXT] [--json FILE]`
//!
//! Six phases, each with its own yardsticks beside it: while nobody listens; guards; metrics; queues and locks; with
//! everybody listening; and hotpath's futures, whose collector is too slow to be left beside others. What is installed for one phase would change the others, so four more have a
//! child process each: hotpath only counting, because it is set up once per process, sentinel-core, call trees, and spans.

mod guard_peers;
mod guards;
mod metric_rows;
mod ours;
mod peers;
mod span_rows;
mod sync_rows;

use benches::rounds::{Cost, Row};
use benches::{args, report};
use perf_runtime::{Config, Perf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let json = args::text("--json");
    if args::flag("--hotpath-counting") {
        let _hotpath = peers::hotpath(0.0);
        let costs = phase("hotpath counts, in a process of its own", peers::hotpath_counting());
        return write(json.as_deref(), &report::json(&costs));
    }
    if args::flag("--sentinel") {
        let costs = phase("sentinel-core, in a process of its own", guard_peers::sentinel::rows());
        return write(json.as_deref(), &report::json(&costs));
    }
    if args::flag("--trees") {
        let _perf = Perf::builder().config(Config { tree: true, ..Config::production() }).start()?;
        let costs = phase("call trees wanted, in a process of its own", ours::tree_rows());
        return write(json.as_deref(), &report::json(&costs));
    }
    if args::flag("--spans") {
        let _perf = Perf::builder().config(span_rows::configure()).start()?;
        let costs = phase("spans of tracing, in a process of its own", span_rows::rows());
        return write(json.as_deref(), &report::json(&costs));
    }
    let mut costs = idle()?;
    costs.extend(guarded()?);
    costs.extend(phase("metrics", metric_rows::rows()));
    child("sentinel", json.as_deref())?;
    child("trees", json.as_deref())?;
    child("spans", json.as_deref())?;
    peers::listen();
    {
        let _hotpath = peers::hotpath(1.0);
        costs.extend(phase("queues and locks", sync_rows::rows()));
        costs.extend(phase("everybody listens", peers::recording()));
        costs.extend(phase("hotpath's futures, whose collector is behind", peers::hotpath_futures()));
        peers::print_kept();
    }
    write(json.as_deref(), &report::json(&costs))?;
    child("hotpath-counting", json.as_deref())
}

fn idle() -> Result<Vec<Cost>, Box<dyn std::error::Error>> {
    let _perf = Perf::builder().config(ours::configure()).start()?;
    let costs = phase("nobody listens", [ours::rows(), peers::idle()].concat());
    print_async(&costs);
    print_drops();
    Ok(costs)
}

fn guarded() -> Result<Vec<Cost>, Box<dyn std::error::Error>> {
    let _perf = Perf::builder().config(ours::configure()).start()?;
    Ok(phase("guards", [guards::rows(), guard_peers::rows()].concat()))
}

fn write(file: Option<&str>, text: &str) -> Result<(), Box<dyn std::error::Error>> {
    if let Some(file) = file {
        std::fs::write(file, text)?;
    }
    Ok(())
}

/// This program again for one phase, whose rows go into a file of their own beside the others.
fn child(phase: &str, json: Option<&str>) -> Result<(), Box<dyn std::error::Error>> {
    let mut child = std::process::Command::new(std::env::current_exe()?);
    child.env("HOTPATH_METRICS_SERVER_OFF", "1").arg(format!("--{phase}"));
    child.args(["--rounds", &rounds().to_string(), "--filter", &filter()]);
    if let Some(json) = json {
        child.args(["--json", &format!("{json}.{phase}")]);
    }
    let status = child.status()?;
    if status.success() { Ok(()) } else { Err(format!("--{phase}: {status}").into()) }
}

fn filter() -> String {
    args::text("--filter").unwrap_or_default()
}

fn rounds() -> usize {
    args::value("--rounds", 15)
}

fn phase(title: &str, rows: Vec<Row>) -> Vec<Cost> {
    let filter = filter();
    let mut all = ours::yardsticks();
    all.extend(rows.into_iter().filter(|row| row.name.contains(&filter)));
    let costs = benches::rounds::run(&all, rounds());
    println!("{title}\n{}", report::table(&costs));
    costs
}

/// The wrapper of a future against the guard of a call, each without the body.
fn print_async(costs: &[Cost]) {
    let min = |name: &str| costs.iter().find(|cost| cost.row.name == name).map(|cost| cost.min);
    let over = |row, bare| Some(min(row)? - min(bare)?);
    let pairs = [
        ("counted", "ours, counted, 1 in 64 timed", "ours, async, counted"),
        ("always", "ours, always", "ours, async, always"),
    ];
    for (state, call, future) in pairs {
        let (Some(guard), Some(wrapper)) = (over(call, "bare"), over(future, "async, bare poll")) else { continue };
        let (times, verdict) = (wrapper / guard, if wrapper <= 2.0 * guard { "met" } else { "MISSED" });
        println!(
            "async, {state}: {wrapper:.2} ns over a bare poll, guard {guard:.2} ns: {times:.2} x, <= 2.00  {verdict}"
        );
    }
}

/// Times of samples that were dropped would say little.
fn print_drops() {
    for function in perf_runtime::snapshot().functions() {
        let (name, samples, dropped) = (function.name(), function.samples(), function.dropped());
        println!("{name}: {samples} samples, {dropped} dropped");
    }
    println!();
}
