//! A table of one kind of thing, and what is known of the one under the cursor.

use perf_core::__text::shortened;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::grid::{grid, wrapped};
use super::{CURSOR, DIM, mark};
use crate::top::app::App;
use crate::top::lists::List;

/// Lines for what is known of the one under the cursor.
const DETAILS: usize = 5;

pub(super) fn lines(app: &App, list: &List, area: Rect) -> Vec<Line<'static>> {
    let width = usize::from(area.width);
    let rows = app.rows(list);
    let said = |text: &str| wrapped(text, width).into_iter().map(|line| Line::styled(line, DIM)).collect();
    let heads: Vec<String> =
        list.heads.iter().enumerate().map(|(at, head)| format!("{head}{}", mark(at, app.table().order))).collect();
    if rows.is_empty() {
        let (all, filter) = (app.number_in(list), &app.table().filter);
        return match all {
            0 => said(list.empty),
            all => said(&format!("none of {all} {} has `{filter}` in its name: Esc drops the filter", list.name)),
        };
    }
    let cursor = app.cursor(rows.iter().map(|row| row.id()));
    let height = usize::from(area.height).saturating_sub(DETAILS + 1).max(1);
    // The cursor is always in sight, and the list never scrolled past its end.
    let first = (cursor + 1).saturating_sub(height);
    let seen = &rows[first..(first + height).min(rows.len())];
    let mut cells: Vec<Vec<String>> = seen.iter().map(|row| row.cells(app.time())).collect();
    shorten_names(&heads, &mut cells, width);
    let style = |at: usize| if first + at == cursor { CURSOR } else { seen[at].style() };
    let mut lines = grid(&heads, &cells, style);
    lines.push(Line::raw(""));
    let details = rows[cursor].details(app.time()).join(", ");
    lines.extend(wrapped(&details, width).into_iter().map(Line::raw));
    lines
}

/// To what the other columns leave of the terminal.
fn shorten_names(heads: &[String], rows: &mut [Vec<String>], width: usize) {
    let length = |text: &str| text.chars().count();
    let mut taken = 0;
    for (at, head) in heads.iter().enumerate().skip(1) {
        let widest = rows.iter().map(|row| length(&row[at])).max().unwrap_or(0);
        taken += 2 + widest.max(length(head.strip_prefix('>').unwrap_or(head)));
    }
    let room = width.saturating_sub(taken).max(16);
    for row in rows {
        row[0] = shortened(&row[0], room);
    }
}
