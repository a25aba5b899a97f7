//! A snapshot as a table.

use std::fmt::{self, Display, Formatter};
use std::io::IsTerminal;
use std::time::Duration;

use super::format::{count, duration, percent};
use super::{FunctionStats, Overhead, Snapshot};

/// Columns where nobody says how wide the terminal is.
const WIDTH: usize = 110;

/// A name is not cut shorter than this, even where the table gets wider than the terminal.
const NAME: usize = 16;

struct Style {
    is_colored: bool,
}

impl Style {
    fn detect() -> Self {
        let unset = |name| std::env::var_os(name).is_none_or(|value| value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { is_colored: unset("NO_COLOR") && !is_dumb && std::io::stdout().is_terminal() }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.is_colored && !text.trim().is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

const HEADS: [&str; 9] = ["calls", "errors", "total", "share", "mean", "p50", "p99", "max", "samples"];

fn cells(function: &FunctionStats, whole: Duration) -> [String; 9] {
    let latency = function.latency();
    let failed = function.errors() + function.panics() + function.cancelled();
    let share = if whole.is_zero() { 0.0 } else { function.total().as_secs_f64() / whole.as_secs_f64() };
    [
        count(function.calls()),
        if failed == 0 { String::new() } else { count(failed) },
        duration(function.total()),
        if function.samples() == 0 { String::new() } else { format!("{:.1} %", share * 100.0) },
        duration(latency.mean()),
        duration(latency.p50()),
        duration(latency.p99()),
        duration(latency.max()),
        count(function.samples()),
    ]
}

impl Display for Snapshot {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let style = Style::detect();
        let width = f.width().or_else(|| std::env::var("COLUMNS").ok()?.parse().ok()).unwrap_or(WIDTH);
        if self.functions().is_empty() {
            return f.write_str("no annotated function was called yet");
        }
        // Shares are of the time that passed on all threads: the process' CPU time does not know of waiting.
        let rows: Vec<_> = self.functions().iter().map(|function| (function, cells(function, self.uptime()))).collect();
        let mut widths = HEADS.map(|head| head.chars().count());
        for (_, cells) in &rows {
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let numbers: usize = widths.iter().map(|width| width + 2).sum();
        let longest = rows.iter().map(|(function, _)| function.name().chars().count()).max().unwrap_or(0);
        let room = width.saturating_sub(numbers).max(NAME).min(longest.max("function".len()));

        let heads = HEADS.iter().zip(widths).map(|(name, width)| format!("  {name:>width$}"));
        let head: String = std::iter::once(format!("{:room$}", "function")).chain(heads).collect();
        writeln!(f, "{}", style.paint("1", head.trim_end()))?;
        for (function, cells) in &rows {
            let name = shortened(function.name(), room);
            write!(f, "{}{:pad$}", style.paint("36", &name), "", pad = room - name.chars().count())?;
            for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
                let cell = format!("  {cell:>width$}");
                let is_error = at == 1;
                f.write_str(&if is_error { style.paint("31", &cell) } else { cell })?;
            }
            writeln!(f)?;
        }
        for function in self.functions().iter().filter(|function| function.is_misdeclared()) {
            if let (Some(declared), Some(observed)) = (function.declared(), function.observed()) {
                let text = format!("{} is declared {declared} and takes {observed} time", function.name());
                writeln!(f, "{}", style.paint("33", &text))?;
            }
        }
        let dropped: u64 = self.functions().iter().map(FunctionStats::dropped).sum();
        let lost = if dropped == 0 { String::new() } else { format!(", {} samples dropped", count(dropped)) };
        let foot = format!("{} up, clock {}, {}{lost}", duration(self.uptime()), self.clock(), cost(self.overhead()));
        write!(f, "{}", style.paint("2", &foot))
    }
}

fn cost(overhead: &Overhead) -> String {
    let Some(spent) = overhead.spent_of_budget() else { return "CPU time unknown".to_owned() };
    let counting = overhead.spent().unwrap_or(0.0) - spent;
    let budget = overhead.budget().map_or(String::new(), |budget| format!(" of {} budgeted", percent(budget)));
    format!("measuring took {} of the CPU{budget}, and counting {}", percent(spent), percent(counting))
}

/// A path cut in its middle, or rather its beginning: the end tells more.
fn shortened(name: &str, room: usize) -> String {
    let length = name.chars().count();
    if length <= room {
        return name.to_owned();
    }
    let tail: String = name.chars().skip(length - (room - 1)).collect();
    format!("…{tail}")
}

impl Display for crate::Workload {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Micro => "micro",
            Self::Light => "light",
            Self::Medium => "medium",
            Self::Heavy => "heavy",
        })
    }
}
