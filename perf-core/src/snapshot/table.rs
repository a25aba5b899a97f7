//! A snapshot as a table.

use std::fmt::{self, Display, Formatter};
use std::io::IsTerminal;
use std::time::Duration;

use super::format::{count, duration, percent};
use super::{FunctionStats, GuardStats, Overhead, Quantile, Snapshot};

/// Columns where nobody says how wide the terminal is.
const WIDTH: usize = 110;

/// Names are cut to this where it saves a column of numbers, and no shorter before all that can go
/// have gone.
const NAME: usize = 28;

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
        if self.is_colored && !code.is_empty() && !text.trim().is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
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
    column("busy", 3, |f, s| if f.samples() == 0 { "-".to_owned() } else { format!("{:.1} %", busy(f, s) * 100.0) }),
    column("mean", 2, |f, _| estimated(f, f.latency().mean())),
    column("p50", 0, |f, _| quantile(f, f.latency().quantile(0.5))),
    column("p99", 0, |f, _| quantile(f, f.latency().quantile(0.99))),
    column("max", 4, |f, _| timed(f, f.latency().max())),
    column("samples", 5, |f, _| count(f.samples())),
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

fn fill(snapshot: &Snapshot) -> Vec<Filled> {
    let fill = |column: &'static Column| {
        let cells: Vec<String> =
            snapshot.functions().iter().map(|function| (column.cell)(function, snapshot)).collect();
        let widest = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
        Filled { column, width: widest.max(column.head.len()), cells }
    };
    // A column that says nothing of any function is not there.
    COLUMNS.iter().map(fill).filter(|filled| filled.cells.iter().any(|cell| !cell.is_empty())).collect()
}

/// Drops columns until the others fit. Gives the room for names.
fn fit(filled: &mut Vec<Filled>, names: usize, width: usize) -> usize {
    loop {
        let numbers: usize = filled.iter().map(|filled| filled.width + 2).sum();
        let room = width.saturating_sub(numbers);
        let expendable = filled.iter().map(|filled| filled.column.expendable).max().unwrap_or(0);
        if room >= names.min(NAME) || expendable == 0 {
            return room.clamp("function".len(), names.max("function".len()));
        }
        filled.retain(|filled| filled.column.expendable != expendable);
    }
}

impl Display for Snapshot {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.functions().is_empty() && self.guards().is_empty() {
            return f.write_str("no annotated function was called yet");
        }
        let style = Style::detect();
        let width = f.width().unwrap_or_else(terminal_width);
        let mut filled = fill(self);
        let longest = self.functions().iter().map(|function| function.name().chars().count()).max().unwrap_or(0);
        let room = fit(&mut filled, longest, width);

        let heads = filled.iter().map(|filled| format!("  {:>width$}", filled.column.head, width = filled.width));
        let head: String = std::iter::once(format!("{:room$}", "function")).chain(heads).collect();
        writeln!(f, "{}", style.paint("1", &head))?;
        for (row, function) in self.functions().iter().enumerate() {
            let name = shortened(function.name(), room);
            write!(f, "{}{:pad$}", style.paint("36", &name), "", pad = room - name.chars().count())?;
            for filled in &filled {
                let cell = format!("  {:>width$}", filled.cells[row], width = filled.width);
                f.write_str(&style.paint(filled.column.code, &cell))?;
            }
            writeln!(f)?;
        }
        for function in self.functions().iter().filter(|function| function.is_misdeclared()) {
            if let (Some(declared), Some(observed)) = (function.declared(), function.observed()) {
                let text = format!("{} is declared {declared} and takes {observed} time", function.name());
                writeln!(f, "{}", style.paint("33", &text))?;
            }
        }
        write_guards(f, self.guards(), width, &style)?;
        write!(f, "{}", style.paint("2", &foot(self)))
    }
}

/// A second table, of the guards.
fn write_guards(f: &mut Formatter<'_>, guards: &[GuardStats], width: usize, style: &Style) -> fmt::Result {
    const HEADS: [&str; 5] = ["guard", "state", "admitted", "refused", "now"];
    if guards.is_empty() {
        return Ok(());
    }
    let cells: Vec<[String; 4]> = guards.iter().map(GuardStats::cells).collect();
    let widest = |at: usize| cells.iter().map(|cells| cells[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..4).map(|at| widest(at).max(HEADS[at + 1].len())).collect();
    let names =
        guards.iter().map(|guard| guard.name.chars().count() + guard.kind.as_str().len() + 1).max().unwrap_or(0);
    let taken: usize = widths.iter().map(|width| width + 2).sum();
    let room = width.saturating_sub(taken).clamp(NAME, names.max(NAME));
    let line = |name: &str, cells: [&str; 4]| {
        format!(
            "{name:room$}  {:<w0$}  {:>w1$}  {:<w2$}  {}",
            cells[0],
            cells[1],
            cells[2],
            cells[3],
            w0 = widths[0],
            w1 = widths[1],
            w2 = widths[2],
        )
        .trim_end()
        .to_owned()
    };
    writeln!(f, "{}", style.paint("1", &line(HEADS[0], [HEADS[1], HEADS[2], HEADS[3], HEADS[4]])))?;
    for (guard, cells) in guards.iter().zip(&cells) {
        let kind = guard.kind.as_str();
        let name = format!("{} {kind}", shortened(&guard.name, room.saturating_sub(kind.len() + 1)));
        let code = if guard.refusals() > 0 { "33" } else { "" };
        writeln!(f, "{}", style.paint(code, &line(&name, [&cells[0], &cells[1], &cells[2], &cells[3]])))?;
    }
    Ok(())
}

fn terminal_width() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    told.or_else(crate::call::platform::terminal_columns).unwrap_or(WIDTH)
}

fn foot(snapshot: &Snapshot) -> String {
    let dropped: u64 = snapshot.functions().iter().map(FunctionStats::dropped).sum();
    let lost = if dropped == 0 { String::new() } else { format!(", {} samples dropped", count(dropped)) };
    format!("{} up, clock {}{lost}\n{}", duration(snapshot.uptime()), snapshot.clock(), cost(snapshot.overhead()))
}

fn cost(overhead: &Overhead) -> String {
    let Some(spent) = overhead.spent_of_budget() else { return "CPU time unknown".to_owned() };
    let counting = overhead.spent().unwrap_or(0.0) - spent;
    let budget = overhead.budget().map_or(String::new(), |budget| format!(" of {} budgeted", percent(budget)));
    format!("timing took {} of the CPU{budget}, counting {}", percent(spent), percent(counting))
}

/// A name that fits: without the modules' paths where that is enough, and else its end.
fn shortened(name: &str, room: usize) -> String {
    let length = |name: &str| name.chars().count();
    if length(name) <= room {
        return name.to_owned();
    }
    let short = without_modules(name);
    if length(&short) <= room {
        return short;
    }
    let tail: String = short.chars().skip(length(&short) + 1 - room).collect();
    format!("…{tail}")
}

/// `<shop::cart::Cart<'_> as shop::Priced>::price` as `<Cart as Priced>::price`, and `shop::cart::total`
/// as `cart::total`.
fn without_modules(name: &str) -> String {
    let is_plain = !name.contains(['<', ' ']);
    let keep = if is_plain { 2 } else { 1 };
    let mut out = String::new();
    let mut path: Vec<&str> = Vec::new();
    let name = name.replace("<'_>", "");
    let mut rest = name.as_str();
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if !word.is_empty() {
            path.push(word);
        }
        if let Some(after) = after.strip_prefix("::").filter(|_| !word.is_empty()) {
            rest = after;
            continue;
        }
        let types = path.iter().position(|word| word.starts_with(char::is_uppercase));
        let from = types.unwrap_or(path.len().saturating_sub(keep)).min(path.len().saturating_sub(1));
        out.push_str(&path[from..].join("::"));
        path.clear();
        let mut chars = after.chars();
        out.extend(chars.next());
        rest = chars.as_str();
    }
    out
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
