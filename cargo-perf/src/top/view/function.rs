//! All that is known of one function.

use std::fmt::Write;
use std::time::Duration;

use perf_core::__text::{average, bytes, count, duration};
use perf_core::{Edge, FunctionStats, Snapshot, Window};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::functions::curve;
use super::grid::{grid, wrapped};
use super::{BAD, BOLD, DIM, NAME, POOR};
use crate::histogram;
use crate::top::app::App;
use crate::top::columns::share;

/// As wide as two columns of sections have to be.
const WIDE: u16 = 150;

/// Values of labels, and functions around it.
const SHOWN: usize = 20;

type Lines = Vec<Line<'static>>;

pub(super) fn draw(frame: &mut Frame<'_>, app: &mut App, area: Rect) {
    let (Some(snapshot), Some(function)) = (&app.snapshot, app.function()) else {
        let gone = Line::styled("it has not been called since the program began anew: Esc goes back", DIM);
        return frame.render_widget(Paragraph::new(gone), area);
    };
    let is_wide = area.width >= WIDE;
    let widths = if is_wide { [Constraint::Ratio(1, 2); 2] } else { [Constraint::Min(0), Constraint::Length(0)] };
    let [left, right] = Layout::horizontal(widths).spacing(if is_wide { 2 } else { 0 }).areas(area);
    let rates = app.rates(function.name());
    let numbers = [summary(function, &rates), windows(function), times(function, left.width)].concat();
    let reasons = [
        slowest(function, snapshot, if is_wide { right.width } else { left.width }),
        neighbours(function, snapshot),
        labels(function),
        more(function),
    ]
    .concat();
    let (mut first, mut second) = if is_wide { (numbers, reasons) } else { ([numbers, reasons].concat(), Vec::new()) };
    let last = first.len().max(second.len()).saturating_sub(usize::from(area.height));
    app.scroll = app.scroll.min(last);
    for (mut lines, area) in [(std::mem::take(&mut first), left), (std::mem::take(&mut second), right)] {
        lines.drain(..app.scroll.min(lines.len()));
        frame.render_widget(Paragraph::new(lines), area);
    }
}

fn section(title: &str, lines: Lines) -> Lines {
    let mut all = vec![Line::raw(""), Line::styled(title.to_owned(), NAME.add_modifier(BOLD.add_modifier))];
    all.extend(lines);
    if all.len() > 2 { all } else { Vec::new() }
}

fn summary(function: &FunctionStats, rates: &[f64]) -> Lines {
    let (file, line) = function.location();
    let mut counts = vec![Span::raw(format!("{} calls", count(function.calls())))];
    for (number, what, style) in [
        (function.errors(), "errors", BAD),
        (function.panics(), "panics", BAD),
        (function.cancelled(), "cancelled", POOR),
    ] {
        if number > 0 {
            counts.push(Span::styled(format!(", {} {what}", count(number)), style));
        }
    }
    let mut timed = format!("{} timed", count(function.samples()));
    if let Some(interval) = function.sampling_interval().filter(|interval| *interval > 1) {
        let _ = write!(timed, ", one in {} now", count(interval.into()));
    }
    if function.dropped() > 0 {
        let _ = write!(timed, ", {} lost", count(function.dropped()));
    }
    let mut lines = vec![
        Line::from(vec![
            Span::styled(function.name().to_owned(), NAME.add_modifier(BOLD.add_modifier)),
            Span::styled(format!("  {file}:{line}"), DIM),
        ]),
        Line::from(counts),
        Line::raw(format!(
            "total {}, self {}, mean {}, {timed}",
            duration(function.total()),
            function.own().map_or_else(|| "unknown".to_owned(), duration),
            duration(function.latency().mean()),
        )),
        Line::raw(format!("calls/s {}", curve(rates))),
    ];
    if let (true, Some(declared), Some(observed)) =
        (function.is_misdeclared(), function.declared(), function.observed())
    {
        lines.push(Line::styled(format!("declared {declared}, takes {observed} time"), POOR));
    }
    lines
}

fn windows(function: &FunctionStats) -> Lines {
    let mut rows = Vec::new();
    let mut before = Duration::ZERO;
    for window in [Window::Shortest, Window::Short, Window::Long, Window::Longest] {
        let stats = function.window(window);
        // As long as the program has not run for long, the longer ones are no longer.
        if stats.span <= before {
            continue;
        }
        before = stats.span;
        let time = |time| if stats.samples == 0 { "-".to_owned() } else { duration(time) };
        rows.push(vec![
            duration(stats.span),
            average(stats.rate),
            if stats.errors == 0 { String::new() } else { count(stats.errors) },
            time(stats.mean),
            time(stats.p50),
            time(stats.p99),
            time(stats.max),
            share(stats.busy_share),
        ]);
    }
    let heads = ["last", ">calls/s", ">errors", ">mean", ">p50", ">p99", ">max", ">busy"];
    section("Lately", if rows.is_empty() { Vec::new() } else { grid(&heads, &rows, |_| Style::new()) })
}

fn times(function: &FunctionStats, width: u16) -> Lines {
    let room = usize::from(width).saturating_sub(24).clamp(4, 60);
    let mut lines = Vec::new();
    for bar in histogram::bars(function.latency()) {
        let long = (bar.of_highest * room as f64).round() as usize;
        // What is there is seen.
        let long = if bar.calls > 0 { long.max(1) } else { 0 };
        lines.push(Line::raw(format!("≤ {:>8} {:>8} {}", duration(bar.up_to), count(bar.calls), "█".repeat(long))));
    }
    section("How long calls took, since the start", lines)
}

fn slowest(function: &FunctionStats, snapshot: &Snapshot, width: u16) -> Lines {
    let mut lines = Vec::new();
    for call in function.slowest() {
        let ago = snapshot.uptime().saturating_sub(call.ended_at());
        let mut said =
            format!("{:>8}  {}  {} ago on {}", duration(call.duration()), call.outcome(), duration(ago), call.thread());
        if let Some(parent) = call.parent() {
            let _ = write!(said, " in {parent}");
        }
        if let Some(span) = call.span() {
            let _ = write!(said, ", span {} {}", span.name, span.id);
        }
        if let Some(id) = call.trace_id() {
            let _ = write!(said, ", trace {id:032x}");
        }
        lines.push(Line::raw(said));
        if let Some(captured) = call.captured() {
            let text = captured.replace(char::is_control, " ");
            let room = usize::from(width).saturating_sub(10);
            lines.extend(wrapped(&text, room).into_iter().map(|line| Line::styled(format!("{:10}{line}", ""), DIM)));
        }
    }
    section("The slowest calls", lines)
}

/// Who calls it and whom it calls.
fn neighbours(function: &FunctionStats, snapshot: &Snapshot) -> Lines {
    let edges = snapshot.tree().edges();
    let name = function.name();
    let (mut above, mut below) = (Vec::new(), Vec::new());
    for edge in &edges {
        if edge.callee == name {
            above.push(row_of(edge.caller.as_deref().unwrap_or("(nobody measured)"), edge));
        }
        if edge.caller.as_deref() == Some(name) {
            below.push(row_of(&edge.callee, edge));
        }
    }
    let mut lines = Vec::new();
    for (title, head, mut rows) in [("Callers", "who", above), ("Callees", "whom", below)] {
        rows.truncate(SHOWN);
        if !rows.is_empty() {
            lines.extend(section(title, grid(&[head, ">calls", ">total", ">self"], &rows, |_| Style::new())));
        }
    }
    lines
}

fn row_of(who: &str, edge: &Edge) -> Vec<String> {
    vec![who.to_owned(), count(edge.calls), duration(edge.total), duration(edge.own)]
}

fn labels(function: &FunctionStats) -> Lines {
    let mut rows = Vec::new();
    for label in function.labels().iter().take(SHOWN) {
        rows.push(vec![
            format!("{}={}", label.key(), label.value().replace(char::is_control, "\u{fffd}")),
            count(label.calls()),
            if label.errors() == 0 { String::new() } else { count(label.errors()) },
            duration(label.total()),
            duration(label.latency().p50()),
            duration(label.latency().p99()),
        ]);
    }
    let mut lines = if rows.is_empty() {
        Vec::new()
    } else {
        grid(&["label", ">calls", ">errors", ">total", ">p50", ">p99"], &rows, |_| Style::new())
    };
    let hidden = function.labels().len().saturating_sub(SHOWN);
    if hidden > 0 {
        lines.push(Line::styled(format!("{hidden} more: `cargo perf report`"), DIM));
    }
    section("By label", lines)
}

/// What attributes ask for besides.
fn more(function: &FunctionStats) -> Lines {
    let mut lines = Vec::new();
    for clause in function.objective().into_iter().flat_map(perf_core::Objective::clauses) {
        lines.push(Line::styled(clause.to_string(), if clause.is_burning() { BAD } else { Style::new() }));
    }
    if let Some(flight) = function.in_flight() {
        lines.push(Line::raw(format!("{} in flight, {} at most", count(flight.now), count(flight.peak))));
    }
    if let Some(futures) = function.futures() {
        let (polls, busy) = (average(futures.polls), duration(futures.busy));
        lines.push(Line::raw(format!("{polls} polls a call, {busy} in them: {}", share(futures.busy_share))));
    }
    if let Some(cpu) = function.cpu() {
        lines.push(Line::raw(format!(
            "{} computing and {} waiting a call",
            duration(cpu.mean()),
            duration(cpu.waiting())
        )));
    }
    if let Some(known) = function.allocations() {
        let (number, size) = (average(known.per_call()), bytes(known.bytes_per_call()));
        lines.push(Line::raw(format!(
            "{number} allocations of {size} a call, {} at most live",
            bytes(known.peak_live_bytes() as f64)
        )));
    }
    section("Besides", lines)
}
