//! The table of a snapshot's allocations, where some function asked for them.

use std::fmt::{self, Formatter};

use super::FunctionStats;
use super::columns::length;
use super::format::{average, bytes, count};
use super::table::{NAME, Style, aligned, shortened};

const HEADS: [&str; 6] = ["allocations", "own", "bytes", "own bytes", "peak live", "calls"];

/// What the columns are of, but the last two.
const NAMED: &str = "per call";

/// Writes a line for each function that asked, the one that asked for most bytes first; and what is to be done where
/// nothing counts. Each after a line break.
pub(super) fn write_allocations(
    f: &mut Formatter<'_>,
    functions: &[FunctionStats],
    width: usize,
    style: &Style,
) -> fmt::Result {
    write_known(f, functions, width, style)?;
    let mut unknown = functions.iter().filter(|function| function.is_missing_allocator());
    let Some(first) = unknown.next() else { return Ok(()) };
    let more = unknown.count();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let text = format!(
        "allocations of {}{more} are not known: nothing counts them\n\
         write `#[global_allocator] static ALLOCATOR: perf_runtime::alloc::Tracking<std::alloc::System> = \
         perf_runtime::alloc::Tracking::new(std::alloc::System);` in the program",
        first.name()
    );
    f.write_str("\n")?;
    style.paint(f, "33", &text)
}

fn write_known(f: &mut Formatter<'_>, functions: &[FunctionStats], width: usize, style: &Style) -> fmt::Result {
    let mut rows = Vec::new();
    for function in functions {
        if let Some(allocations) = function.allocations() {
            rows.push((function.name(), allocations));
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    rows.sort_by(|(a, one), (b, other)| other.own_bytes().cmp(&one.own_bytes()).then_with(|| a.cmp(b)));
    let mut widths = HEADS.map(str::len);
    let (mut names, mut lines) = (NAMED.len(), Vec::with_capacity(rows.len()));
    for (name, known) in rows {
        let cells = [
            average(known.per_call()),
            average(known.own_per_call()),
            bytes(known.bytes_per_call()),
            bytes(known.own_bytes_per_call()),
            bytes(known.peak_live_bytes() as f64),
            count(known.calls()),
        ];
        for (width, cell) in widths.iter_mut().zip(&cells) {
            *width = (*width).max(length(cell));
        }
        names = names.max(length(name));
        lines.push((name, cells));
    }
    let taken: usize = widths.iter().map(|width| width + 2).sum();
    let room = width.saturating_sub(taken).clamp(NAME, names.max(NAME));
    f.write_str("\n")?;
    style.paint(f, "1", &line(NAMED, room, &HEADS.map(str::to_owned), widths))?;
    for (name, cells) in lines {
        let name = shortened(name, room);
        f.write_str("\n")?;
        style.paint(f, "36", &name)?;
        f.write_str(&line("", room - length(&name), &cells, widths))?;
    }
    Ok(())
}

/// Numbers to the right of their columns.
fn line(name: &str, room: usize, cells: &[String; 6], widths: [usize; 6]) -> String {
    let mut line = format!("{name:room$}");
    for (cell, width) in cells.iter().zip(widths) {
        line.push_str(&aligned(cell, width));
    }
    line
}
