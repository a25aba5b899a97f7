//! What is said at the end.

use std::io::{self, Write};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use console::Term;
use perf_runtime::{ModuleStats, Overhead, Snapshot};

use crate::collector::Reports;
use crate::inverted::{Index, Refused};
use crate::run::{Indexed, Progress};
use crate::serve::Served;

/// Files named one by one; more are only counted.
const NAMED: usize = 5;

/// Columns where the output is no terminal.
const WIDTH: usize = 110;

/// Writes all of it.
///
/// # Errors
///
/// Those of `out`.
pub(crate) fn write(
    out: &mut impl Write,
    indexed: &Indexed,
    progress: &Progress,
    snapshot: &Snapshot,
) -> io::Result<()> {
    write_summary(out, &indexed.index, indexed.stored, progress)?;
    write_refused(out, &indexed.refused)?;
    let width = Term::stdout().size_checked().map_or(WIDTH, |(_, columns)| columns.into());
    writeln!(out, "\n{snapshot:width$}\n")?;
    writeln!(out, "{}\n", snapshot.tree())?;
    write_modules(out, &snapshot.modules())?;
    write_overhead(out, snapshot.overhead())?;
    writeln!(out, "\nHealth: {}", snapshot.health())
}

fn write_summary(out: &mut impl Write, index: &Index, stored: u64, progress: &Progress) -> io::Result<()> {
    let files = index.documents().len();
    let (text, stored) = (bytes(index.size()), bytes(stored));
    writeln!(out, "Indexed {files} files: {text} of text, {} words, {} different.", index.words(), index.terms())?;
    let Served { answered, malformed, given_up } = &progress.served;
    let [answered, malformed, given_up] = [answered, malformed, given_up].map(|count| count.load(Relaxed));
    writeln!(out, "Answered {answered} queries; {malformed} were malformed, {given_up} clients hung up.")?;
    let Reports { taken, failed, refused } = &progress.reports;
    let [taken, failed, refused] = [taken, failed, refused].map(|count| count.load(Relaxed));
    writeln!(
        out,
        "Reported {taken} of the answers; for {failed} the collector was away, for {refused} not even asked."
    )?;
    let generations = progress.generations.load(Relaxed);
    let seconds = progress.elapsed().as_secs_f64();
    writeln!(out, "In {seconds:.1} s the index was built, stored ({stored}) and loaded {}.", times(generations))
}

fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn write_refused(out: &mut impl Write, refused: &[Refused]) -> io::Result<()> {
    for (path, error) in refused.iter().take(NAMED) {
        writeln!(out, "Left out {}: {error}.", path.display())?;
    }
    if refused.len() > NAMED {
        writeln!(out, "Left out {} more.", refused.len() - NAMED)?;
    }
    Ok(())
}

fn bytes(bytes: u64) -> String {
    match bytes as f64 {
        n if n < 1e3 => format!("{n} bytes"),
        n if n < 1e6 => format!("{:.0} kB", n / 1e3),
        n => format!("{:.1} MB", n / 1e6),
    }
}

fn write_modules(out: &mut impl Write, modules: &[ModuleStats]) -> io::Result<()> {
    if modules.is_empty() {
        return Ok(());
    }
    let longest = modules.iter().map(|module| module.name.len()).max().unwrap_or(0).max("module".len());
    writeln!(out, "{:longest$}  functions     calls    errors       total", "module")?;
    for ModuleStats { name, functions, calls, errors, total, .. } in modules {
        let errors = if *errors == 0 { String::new() } else { errors.to_string() };
        writeln!(out, "{name:longest$}  {functions:>9}  {calls:>8}  {errors:>8}  {:>8.3} s", total.as_secs_f64())?;
    }
    writeln!(out)
}

/// What measuring cost, beside what it may.
fn write_overhead(out: &mut impl Write, overhead: &Overhead) -> io::Result<()> {
    let Some((cpu, spent)) = overhead.process_cpu().zip(overhead.spent_of_budget()) else {
        return writeln!(out, "What share of the CPU time measuring had is unknown: the system does not tell it.");
    };
    let millis = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    let budget = overhead.budget().map_or("no budget".to_owned(), |budget| format!("{:.2} % budgeted", budget * 100.0));
    let (spent, cpu) = (spent * 100.0, cpu.as_secs_f64());
    writeln!(out, "Measuring took {spent:.2} % of {cpu:.2} s CPU time ({budget}):")?;
    let [samples, background, counting] =
        [overhead.sampling(), overhead.aggregating(), overhead.counting()].map(millis);
    writeln!(out, "{samples} for samples, {background} in the background; and {counting} to count every call.")
}
