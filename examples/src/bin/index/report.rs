//! What is said at the end.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use console::Term;
use perf_runtime::{ModuleStats, Overhead, Snapshot};

use crate::inverted::Refused;
use crate::run::{Indexed, Progress};

/// Files named one by one; more are only counted.
const NAMED: usize = 5;

/// Columns where the output is no terminal.
const WIDTH: usize = 110;

/// Prints all of it.
pub(crate) fn print(indexed: &Indexed, progress: &Progress, snapshot: &Snapshot) {
    println!("{}", summary(indexed, progress));
    print_refused(&indexed.refused);
    let width = Term::stdout().size_checked().map_or(WIDTH, |(_, columns)| columns.into());
    println!("\n{snapshot:width$}\n");
    print_modules(&snapshot.modules());
    println!("\n{}", overhead(snapshot.overhead()));
}

fn summary(indexed: &Indexed, progress: &Progress) -> String {
    let Indexed { index, stored, .. } = indexed;
    let count = |counter: &std::sync::atomic::AtomicUsize| counter.load(Relaxed);
    let served = &progress.served;
    format!(
        "Indexed {} files with {} words, {} of them different ({} of text, {} stored), {} times in {:.1} s.\n\
         Answered {} queries; {} were malformed, {} clients hung up.",
        index.documents().len(),
        index.words(),
        index.terms(),
        bytes(index.size()),
        bytes(*stored),
        count(&progress.rounds),
        progress.elapsed().as_secs_f64(),
        count(&served.answered),
        count(&served.malformed),
        count(&served.given_up),
    )
}

fn print_refused(refused: &[Refused]) {
    for (path, error) in refused.iter().take(NAMED) {
        println!("Left out {}: {error}.", path.display());
    }
    if refused.len() > NAMED {
        println!("Left out {} more.", refused.len() - NAMED);
    }
}

fn bytes(bytes: u64) -> String {
    match bytes as f64 {
        n if n < 1e3 => format!("{n} bytes"),
        n if n < 1e6 => format!("{:.0} kB", n / 1e3),
        n => format!("{:.1} MB", n / 1e6),
    }
}

fn print_modules(modules: &[ModuleStats]) {
    let longest = modules.iter().map(|module| module.name.len()).max().unwrap_or(0).max("module".len());
    println!("{:longest$}  functions     calls    errors       total", "module");
    for ModuleStats { name, functions, calls, errors, total, .. } in modules {
        let errors = if *errors == 0 { String::new() } else { errors.to_string() };
        println!("{name:longest$}  {functions:>9}  {calls:>8}  {errors:>8}  {:>8.3} s", total.as_secs_f64());
    }
}

/// What measuring cost, beside what it may.
fn overhead(overhead: &Overhead) -> String {
    let Some((cpu, spent)) = overhead.process_cpu().zip(overhead.spent_of_budget()) else {
        return "The system does not tell the CPU time, so nobody knows what share measuring had of it.".to_owned();
    };
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    let budget = overhead.budget().map_or("no budget".to_owned(), |budget| format!("{:.2} % budgeted", budget * 100.0));
    format!(
        "Measuring took {:.2} % of {:.2} s CPU ({budget}): {:.1} ms for samples, {:.1} ms in the background; \
         counting every call took {:.1} ms more.",
        spent * 100.0,
        cpu.as_secs_f64(),
        millis(overhead.sampling()),
        millis(overhead.aggregating()),
        millis(overhead.counting()),
    )
}
