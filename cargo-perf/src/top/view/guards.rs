//! What decides whether calls may run.

use perf_core::__text::{average, count, duration, shortened};
use perf_core::GuardStats;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::grid::{grid, wrapped};
use super::{BAD, CURSOR, DIM, POOR};
use crate::top::app::App;

/// Lines for the numbers of the guard under the cursor.
const DETAILS: usize = 5;

pub(super) fn lines(app: &mut App, area: Rect) -> Vec<Line<'static>> {
    let guards = app.snapshot.as_ref().map_or(&[][..], |snapshot| snapshot.guards());
    if guards.is_empty() {
        return vec![Line::styled("the program has no guards that were used: #[circuit_breaker], #[bulkhead], …", DIM)];
    }
    let cursor = app.selected_guard.min(guards.len() - 1);
    let height = usize::from(area.height).saturating_sub(DETAILS + 1).max(1);
    let first = (cursor + 1).saturating_sub(height);
    let last = (first + height).min(guards.len());
    // What the other columns need of the terminal.
    let room = usize::from(area.width).saturating_sub(58).max(16);
    let rows: Vec<Vec<String>> = guards[first..last].iter().map(|guard| cells(guard, room)).collect();
    let style = |at: usize| match &guards[first + at] {
        _ if first + at == cursor => CURSOR,
        guard if matches!(&*guard.state, "open" | "shedding") => BAD,
        guard if guard.refusals() > 0 => POOR,
        _ => Style::new(),
    };
    let mut lines = grid(&["guard", "kind", "state", ">admitted", "refused"], &rows, style);
    lines.push(Line::raw(""));
    lines.extend(wrapped(&details(&guards[cursor]), usize::from(area.width)).into_iter().map(Line::raw));
    lines
}

fn cells(guard: &GuardStats, room: usize) -> Vec<String> {
    let since = guard.since.map_or(String::new(), |since| format!(" {}", duration(since)));
    let refused: Vec<String> = guard.refused.iter().map(|(why, number)| format!("{} {why}", count(*number))).collect();
    vec![
        shortened(&guard.name, room),
        guard.kind.as_str().to_owned(),
        format!("{}{since}", guard.state),
        count(guard.admitted),
        refused.join(", "),
    ]
}

/// All its numbers.
fn details(guard: &GuardStats) -> String {
    let mut said = vec![format!("{} {}", guard.name, guard.kind.as_str())];
    if let Some(in_flight) = guard.in_flight {
        said.push(format!("{} in flight", count(in_flight)));
    }
    if guard.waits > 0 {
        said.push(format!("{} waited {}", count(guard.waits), duration(guard.waited)));
    }
    said.extend(guard.numbers.iter().map(|(name, number)| format!("{name} {}", average(*number))));
    said.join(", ")
}
