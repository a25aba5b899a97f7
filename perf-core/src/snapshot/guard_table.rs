//! The second table of a snapshot, of its guards.

use std::fmt::{self, Formatter};

use super::GuardStats;
use super::columns::{length, padded};
use super::table::{NAME, Style, shortened};

const HEADS: [&str; 5] = ["guard", "state", "admitted", "refused", "now"];

/// Writes a line for each guard, and their heads, each after a line break.
pub(super) fn write_guards(f: &mut Formatter<'_>, guards: &[GuardStats], width: usize, style: &Style) -> fmt::Result {
    if guards.is_empty() {
        return Ok(());
    }
    let mut widths = [0, 1, 2, 3].map(|at| HEADS[at + 1].len());
    let mut names = HEADS[0].len();
    let mut rows = Vec::with_capacity(guards.len());
    for guard in guards {
        let cells = guard.cells();
        for (width, cell) in widths.iter_mut().zip(&cells) {
            *width = (*width).max(length(cell));
        }
        names = names.max(length(&guard.name) + 1 + guard.kind.as_str().len());
        rows.push(cells);
    }
    let taken: usize = widths.iter().map(|width| width + 2).sum();
    let room = width.saturating_sub(taken).clamp(NAME, names.max(NAME));
    f.write_str("\n")?;
    style.paint(f, "1", &line(HEADS[0], room, [HEADS[1], HEADS[2], HEADS[3], HEADS[4]], widths))?;
    for (guard, cells) in guards.iter().zip(&rows) {
        let kind = guard.kind.as_str();
        let name = format!("{} {kind}", shortened(&guard.name, room.saturating_sub(kind.len() + 1)));
        let code = if guard.refusals() > 0 { "33" } else { "" };
        f.write_str("\n")?;
        style.paint(f, code, &line(&name, room, [&cells[0], &cells[1], &cells[2], &cells[3]], widths))?;
    }
    Ok(())
}

/// Words to the left of their columns, numbers to the right.
fn line(name: &str, room: usize, [state, admitted, refused, now]: [&str; 4], [w0, w1, w2, _]: [usize; 4]) -> String {
    let line = format!("{}  {state:<w0$}  {admitted:>w1$}  {refused:<w2$}  {now}", padded(name, room));
    line.trim_end().to_owned()
}
