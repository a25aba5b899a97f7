//! A snapshot as a table.

use std::fmt::{self, Display, Formatter};
use std::io::IsTerminal;
use std::time::Duration;

use super::allocation_table::write_allocations;
use super::columns::{end_of, length, visible};
use super::format::{count, duration, percent};
use super::guard_table::write_guards;
use super::metric_table::write_metrics;
use super::process_table::write_process;
use super::rows::{Row, rows, write_objectives};
use super::sync_table::{write_locks, write_queues};
use super::tail_table::write_slowest;
use super::{FunctionStats, Overhead, Quantile, Snapshot};

/// Columns where nobody says how wide the terminal is.
const WIDTH: usize = 110;

/// Names are cut to this where it saves a column of numbers, and no shorter before all that can go
/// have gone.
pub(super) const NAME: usize = 28;

pub(super) struct Style {
    is_colored: bool,
}

impl Style {
    fn detect() -> Self {
        let unset = |name| std::env::var_os(name).is_none_or(|value| value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { is_colored: unset("NO_COLOR") && !is_dumb && std::io::stdout().is_terminal() }
    }

    pub(super) fn paint(&self, f: &mut Formatter<'_>, code: &str, text: &str) -> fmt::Result {
        if self.is_colored && !code.is_empty() && !text.trim().is_empty() {
            write!(f, "\x1b[{code}m{text}\x1b[0m")
        } else {
            f.write_str(text)
        }
    }
}

/// A column of numbers.
struct Column {
    head: &'static str,
    /// The colour of its cells.
    code: &'static str,
    /// Which columns go first where the terminal is narrow: the highest do; 0 stays.
    expendable: u8,
    cell: fn(&FunctionStats, &Snapshot) -> String,
}

const fn column(head: &'static str, expendable: u8, cell: fn(&FunctionStats, &Snapshot) -> String) -> Column {
    Column { head, code: "", expendable, cell }
}

const COLUMNS: &[Column] = &[
    column("calls", 0, |f, _| count(f.calls())),
    Column { code: "31", ..column("errors", 0, |f, _| unless_zero(f.errors())) },
    Column { code: "31", ..column("panics", 0, |f, _| unless_zero(f.panics())) },
    Column { code: "33", ..column("cancelled", 0, |f, _| unless_zero(f.cancelled())) },
    column("total", 0, |f, _| estimated(f, f.total())),
    column("self", 1, |f, _| f.own().map_or_else(String::new, |own| estimated(f, own))),
    column("busy", 3, |f, s| if f.samples() == 0 { "-".to_owned() } else { format!("{:.1} %", busy(f, s) * 100.0) }),
    column("mean", 2, |f, _| estimated(f, f.latency().mean())),
    column("cpu", 4, |f, _| f.cpu().map_or_else(String::new, |cpu| duration(cpu.mean()))),
    column("waiting", 4, |f, _| f.cpu().map_or_else(String::new, |cpu| duration(cpu.waiting()))),
    column("scheduled", 4, |f, _| f.scheduled().map_or_else(String::new, |waited| duration(waited.mean()))),
    column("p50", 0, |f, _| quantile(f, f.latency().quantile(0.5))),
    column("p99", 0, |f, _| quantile(f, f.latency().quantile(0.99))),
    column("max", 5, |f, _| timed(f, f.latency().max())),
    column("samples", 6, |f, _| count(f.samples())),
    column("in flight", 1, |f, _| {
        f.in_flight().map_or(String::new(), |flight| format!("{} of {}", flight.now, flight.peak))
    }),
];

fn unless_zero(number: u64) -> String {
    if number == 0 { String::new() } else { count(number) }
}

fn timed(function: &FunctionStats, value: Duration) -> String {
    if function.samples() == 0 { "-".to_owned() } else { duration(value) }
}

/// What rests on all samples together; with a `~` where it may well be half or twice as much.
fn estimated(function: &FunctionStats, value: Duration) -> String {
    let is_vague = 2 * function.latency().total_error() > function.latency().total();
    format!("{}{}", if is_vague { "~" } else { "" }, timed(function, value))
}

/// A percentile; with a `~` where its interval is wider than itself.
fn quantile(function: &FunctionStats, quantile: Quantile) -> String {
    let is_vague = quantile.high.saturating_sub(quantile.low) > quantile.value.max(Duration::from_nanos(100));
    let mark = if is_vague { "~" } else { "" };
    if function.samples() == 0 { "-".to_owned() } else { format!("{mark}{}", duration(quantile.value)) }
}

/// Time at work on all threads together, as a share of the time that passed; of futures, their polls.
fn busy(function: &FunctionStats, snapshot: &Snapshot) -> f64 {
    let polling = function.futures().map_or(1.0, |futures| futures.busy_share);
    let uptime = snapshot.uptime().as_secs_f64();
    if uptime > 0.0 { function.total().as_secs_f64() * polling / uptime } else { 0.0 }
}

/// The cells of a column, for every function.
struct Filled {
    column: &'static Column,
    width: usize,
    cells: Vec<String>,
}

fn fill(snapshot: &Snapshot, rows: &[Row<'_>]) -> Vec<Filled> {
    let mut all = Vec::with_capacity(COLUMNS.len());
    for column in COLUMNS {
        let mut filled = Filled { column, width: 0, cells: Vec::with_capacity(rows.len()) };
        for row in rows {
            let cell = (column.cell)(row.stats, snapshot);
            filled.width = filled.width.max(length(&cell));
            filled.cells.push(cell);
        }
        // A column that says nothing of any function is not there.
        if filled.width > 0 {
            filled.width = filled.width.max(column.head.len());
            all.push(filled);
        }
    }
    all
}

/// Drops columns until the others fit. Gives the room for names.
fn fit(filled: &mut Vec<Filled>, names: usize, width: usize) -> usize {
    loop {
        let (mut numbers, mut expendable) = (0, 0);
        for filled in &*filled {
            numbers += filled.width + 2;
            expendable = expendable.max(filled.column.expendable);
        }
        let room = width.saturating_sub(numbers);
        if room >= names.min(NAME) || expendable == 0 {
            return room.clamp("function".len(), names.max("function".len()));
        }
        filled.retain(|filled| filled.column.expendable != expendable);
    }
}

impl Display for Snapshot {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let has_others = !self.guards().is_empty() || !self.metrics().is_empty() || self.process().is_some();
        let has_others = has_others || !self.queues().is_empty() || !self.locks().is_empty();
        if self.functions().is_empty() && !has_others {
            return f.write_str("no annotated function was called yet");
        }
        let style = Style::detect();
        let width = f.width().unwrap_or_else(terminal_width);
        let rows = rows(self.functions());
        let mut filled = fill(self, &rows);
        let mut longest = 0;
        for row in &rows {
            longest = longest.max(row.indent.len() + length(&row.name));
        }
        let room = fit(&mut filled, longest, width);

        let mut head = format!("{:room$}", "function");
        for filled in &filled {
            head.push_str(&aligned(filled.column.head, filled.width));
        }
        style.paint(f, "1", &head)?;
        for (at, row) in rows.iter().enumerate() {
            let name = format!("{}{}", row.indent, row.shortened(room - row.indent.len()));
            f.write_str("\n")?;
            style.paint(f, "36", &name)?;
            write!(f, "{:pad$}", "", pad = room - length(&name))?;
            for filled in &filled {
                style.paint(f, filled.column.code, &aligned(&filled.cells[at], filled.width))?;
            }
        }
        for function in self.functions() {
            if let (true, Some(declared), Some(observed)) =
                (function.is_misdeclared(), function.declared(), function.observed())
            {
                f.write_str("\n")?;
                style.paint(
                    f,
                    "33",
                    &format!("{} is declared {declared} and takes {observed} time", function.name()),
                )?;
            }
        }
        write_objectives(f, self.functions(), &style)?;
        write_allocations(f, self.functions(), width, &style)?;
        write_slowest(f, self.functions(), width, &style)?;
        write_guards(f, self.guards(), width, &style)?;
        write_queues(f, self.queues(), width, &style)?;
        write_locks(f, self.locks(), width, &style)?;
        write_metrics(f, self.metrics(), width, &style)?;
        write_process(f, self.process(), &style)?;
        f.write_str("\n")?;
        style.paint(f, "2", &foot(self))
    }
}

/// A cell, on the right of its column.
pub(super) fn aligned(cell: &str, width: usize) -> String {
    format!("  {cell:>width$}")
}

fn terminal_width() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    told.or_else(crate::call::platform::terminal_columns).unwrap_or(WIDTH)
}

fn foot(snapshot: &Snapshot) -> String {
    let dropped: u64 = snapshot.functions().iter().map(FunctionStats::dropped).fold(0, u64::saturating_add);
    let lost = if dropped == 0 { String::new() } else { format!(", {} samples dropped", count(dropped)) };
    format!("{} up, clock {}{lost}\n{}", duration(snapshot.uptime()), snapshot.clock(), cost(snapshot.overhead()))
}

fn cost(overhead: &Overhead) -> String {
    let Some(spent) = overhead.spent_of_budget() else { return "CPU time unknown".to_owned() };
    let exporting = overhead.spent_on_exporting().unwrap_or(0.0);
    let counting = overhead.spent().unwrap_or(0.0) - spent - exporting;
    let exporting = if exporting > 0.0 { format!(", exporting {}", percent(exporting)) } else { String::new() };
    let budget = overhead.budget().map_or(String::new(), |budget| format!(" of {} budgeted", percent(budget)));
    format!("timing took {} of the CPU{budget}, counting {}{exporting}", percent(spent), percent(counting))
}

/// A name that fits and may be printed: without the modules' paths where that is enough, and else its end.
#[must_use]
pub fn shortened(name: &str, room: usize) -> String {
    let name = visible(name);
    if length(&name) <= room { name.into_owned() } else { end_of(&without_modules(&name), room) }
}

/// `<shop::cart::Cart<'_> as shop::Priced>::price` as `<Cart as Priced>::price`, and `shop::cart::total`
/// as `cart::total`.
fn without_modules(name: &str) -> String {
    let is_plain = !name.bytes().any(|byte| matches!(byte, b'<' | b' '));
    let mut out = String::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("<'_>") {
            rest = after;
            continue;
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(rest.len());
        if end == 0 || first == ':' {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            out.push_str(last_words(&rest[..end], if is_plain { 2 } else { 1 }));
            rest = &rest[end..];
        }
    }
    out
}

/// The end of a path: from its first type on, or else the last `keep` words.
fn last_words(path: &str, keep: usize) -> &str {
    let mut starts = vec![0];
    for at in 2..path.len() {
        if &path.as_bytes()[at - 2..at] == b"::" {
            starts.push(at);
        }
    }
    for &at in &starts {
        if path[at..].starts_with(char::is_uppercase) {
            return &path[at..];
        }
    }
    &path[starts[starts.len().saturating_sub(keep)]..]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_modules_before_they_are_cut() {
        for (name, short) in [
            ("shop::cart::total", "cart::total"),
            ("shop::cart::Cart<'_>::price", "Cart::price"),
            ("<shop::cart::Cart as shop::Priced>::price", "<Cart as Priced>::price"),
            ("<alloc::vec::Vec<shop::Item> as shop::Priced>::price", "<Vec<Item> as Priced>::price"),
            ("main", "main"),
        ] {
            assert_eq!(without_modules(name), short);
        }
        assert_eq!(shortened("shop::cart::total", 17), "shop::cart::total");
        assert_eq!(shortened("shop::cart::total", 12), "cart::total");
        assert_eq!(shortened("shop::cart::total", 8), "…::total");
    }
}
