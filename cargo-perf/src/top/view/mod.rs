//! What it looks like: from what is known to lines of text, and no further.

mod function;
mod functions;
mod grid;
mod list;
mod process;
mod tabs;

use perf_core::__text::duration;
use perf_core::Window;
use perf_core::health::Status;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span as Words};
use ratatui::widgets::{Clear, Paragraph};

use super::app::{App, View};
use super::columns::{Order, Span, share};
use super::lists::LISTS;
use crate::place::Place;
use crate::{help, sockets};

const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
const DIM: Style = Style::new().add_modifier(Modifier::DIM);
const CURSOR: Style = Style::new().add_modifier(Modifier::REVERSED);
const NAME: Style = Style::new().fg(Color::Cyan);
pub(super) const BAD: Style = Style::new().fg(Color::Red);
pub(super) const POOR: Style = Style::new().fg(Color::Yellow);
const GOOD: Style = Style::new().fg(Color::Green);

/// Lines of a terminal that is low.
const LOW: u16 = 8;

pub(super) fn draw(frame: &mut Frame<'_>, app: &mut App) {
    // Where there is hardly room for rows, there is none for names of views.
    let views = u16::from(frame.area().height >= LOW);
    let rows = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(views),
        Constraint::Length(1),
    ]);
    let [head, state, body, views, foot] = rows.areas(frame.area());
    frame.render_widget(Paragraph::new(headline(app)), head);
    frame.render_widget(Paragraph::new(state_of(app)), state);
    frame.render_widget(Paragraph::new(tabs::line(app)), views);
    frame.render_widget(Paragraph::new(footer(app)), foot);
    app.page = usize::from(body.height.saturating_sub(1)).max(1);
    app.width = usize::from(body.width);
    match app.view {
        _ if app.snapshot.is_none() => frame.render_widget(Paragraph::new("waiting for the first snapshot …"), body),
        View::Functions => frame.render_widget(Paragraph::new(functions::lines(app, body)), body),
        View::Function(_) => function::draw(frame, app, body),
        View::List(at) => frame.render_widget(Paragraph::new(list::lines(app, &LISTS[at], body)), body),
        View::Process => scrolled(frame, app, body, process::lines),
    }
    if app.is_helping {
        draw_help(frame);
    }
}

/// Of which program, and how it is.
fn headline(app: &App) -> Line<'static> {
    let mut words = vec![Words::styled("perf top", BOLD)];
    let mut add = |text: String, style: Style| words.push(Words::styled(format!("  {text}"), style));
    if let Some(snapshot) = &app.snapshot {
        if let Some(process) = snapshot.process() {
            add(format!("process {}", process.id), Style::new());
            if let Some(cpu) = process.cpu_share {
                add(format!("CPU {}", share(cpu.total())), Style::new());
            }
        }
        add(format!("up {}", duration(snapshot.uptime())), Style::new());
        let health = snapshot.health();
        add(format!("health {}", health.score), colour_of(health.status));
    }
    // Last, since a path may be long.
    add(app.place.clone(), NAME);
    Line::from(words)
}

fn colour_of(status: Status) -> Style {
    match status {
        Status::Healthy => GOOD,
        Status::Degraded => POOR,
        Status::Unhealthy => BAD,
    }
}

/// What is wrong or new; else of what time the numbers are.
fn state_of(app: &App) -> Line<'static> {
    if app.is_typing {
        return Line::styled(format!("filter: {}▏", app.table().filter), BOLD);
    }
    if app.is_paused {
        return Line::styled("PAUSED: space goes on", POOR.add_modifier(Modifier::BOLD));
    }
    if let Some((since, error)) = &app.lost {
        let said = format!("not answering for {}: {}; trying again", age(since.elapsed()), error.what());
        return Line::styled(said, BAD);
    }
    if let Some((since, news)) = app.news() {
        return Line::styled(format!("{news}, {} ago", age(since)), POOR);
    }
    let span = match app.span {
        Span::Window(window) => format!("the last {}", length(app, window)),
        Span::Start => "since the start".to_owned(),
    };
    let filter =
        if app.table().filter.is_empty() { String::new() } else { format!(", filter: {}", app.table().filter) };
    Line::styled(format!("numbers of {span}, every {}{filter}", age(app.every)), DIM)
}

/// Of a column's head: whether it is sorted by, and which way.
fn mark(column: usize, order: Order) -> &'static str {
    match (column == order.column, order.is_reversed) {
        (false, _) => "",
        (true, false) => "▼",
        (true, true) => "▲",
    }
}

/// Whole seconds are enough of what goes on.
fn age(age: std::time::Duration) -> String {
    match age.as_secs() {
        1..100 => format!("{} s", age.as_secs()),
        _ => duration(age),
    }
}

/// How long a window is, as the program says.
fn length(app: &App, window: Window) -> String {
    let functions = app.snapshot.as_ref().map_or(&[][..], |snapshot| snapshot.functions());
    let longest = functions.iter().map(|function| function.window(window).span).max();
    longest.filter(|span| !span.is_zero()).map_or_else(|| "moments".to_owned(), age)
}

fn footer(app: &App) -> Line<'static> {
    let keys = match app.view {
        _ if app.is_typing => "Enter keep  Esc drop",
        View::Functions => "Enter look into  ←→ sort  r reverse  / filter  w time  Tab views  ? help  q quit",
        View::Function(_) => "Esc back  ↑↓ scroll  space pause  ? help  q quit",
        View::List(_) => "←→ sort  r reverse  / filter  w time  Esc back  Tab views  ? help  q quit",
        View::Process => "↑↓ move  Tab views  space pause  ? help  q quit",
    };
    Line::styled(keys, DIM)
}

fn draw_help(frame: &mut Frame<'_>) {
    let keys = help::TOP.split_once("Keys:\n").map_or("", |(_, keys)| keys);
    let mut lines = vec![Line::styled("Keys", BOLD)];
    lines.extend(keys.lines().map(|line| Line::raw(line.to_owned())));
    lines.push(Line::raw(""));
    lines.push(Line::styled("Columns", BOLD));
    for line in [
        "  calls/s, errors  exact; errors are panics too",
        "  mean to max      of the calls that were timed",
        "  busy             time in it, all threads, as a share of the time that passed",
        "  self, calls      since the start; so is all of guards, queues, locks and",
        "                   metrics but what goes on now, and \"a second\"",
        "  flying           calls that have begun and not ended, where `in_flight` is said",
        "  trend            calls/s of the last looks, and which way they go",
    ] {
        lines.push(Line::raw(line));
    }
    lines.push(Line::raw(""));
    lines.push(Line::styled("any key: back", DIM));
    frame.render_widget(Clear, frame.area());
    frame.render_widget(Paragraph::new(lines), frame.area());
}

/// Lines of which some may be out of sight.
fn scrolled(frame: &mut Frame<'_>, app: &mut App, area: Rect, lines: impl FnOnce(&App) -> Vec<Line<'static>>) {
    let mut lines = lines(app);
    app.scroll = app.scroll.min(lines.len().saturating_sub(usize::from(area.height)));
    lines.drain(..app.scroll);
    frame.render_widget(Paragraph::new(lines), area);
}

/// Which of several programs is meant.
pub(super) fn choice(frame: &mut Frame<'_>, places: &[Place], at: usize) {
    let mut lines = vec![Line::styled("perf top: several programs can be asked; which one?", BOLD), Line::raw("")];
    for (index, place) in places.iter().enumerate() {
        let id = match place {
            Place::Unix(path) => sockets::id_of(path),
            Place::Http { .. } => None,
        };
        let program = id.map_or(String::new(), |id| format!("{id:>8}  {:24}  ", sockets::name_of(id)));
        let style = if index == at { CURSOR } else { Style::new() };
        lines.push(Line::styled(format!("{program}{place}"), style));
    }
    lines.push(Line::raw(""));
    lines.push(Line::styled("↑↓ move  Enter look at it  q quit", DIM));
    let hidden = (at + 4).saturating_sub(usize::from(frame.area().height));
    lines.drain(..hidden);
    frame.render_widget(Paragraph::new(lines), frame.area());
}
