//! The lines of a snapshot's table: functions, and below each what its calls are broken down by.

use std::borrow::Cow;
use std::fmt::{self, Formatter};

use super::columns::{beginning_of, visible};
use super::table::{Style, shortened};
use super::{FunctionStats, LabelStats, Objective};

/// A line: a function, or the calls of one that have a value of a label in common.
pub(super) struct Row<'a> {
    pub(super) indent: &'static str,
    pub(super) name: Cow<'a, str>,
    pub(super) stats: &'a FunctionStats,
}

impl Row<'_> {
    /// The name where there is so much room. Of a value it is the beginning that tells what it is a value of.
    pub(super) fn shortened(&self, room: usize) -> String {
        if self.indent.is_empty() { shortened(&self.name, room) } else { beginning_of(&self.name, room) }
    }
}

/// Values of one label that are shown, beside `(other)`.
const SHOWN: usize = 10;

pub(super) fn rows(functions: &[FunctionStats]) -> Vec<Row<'_>> {
    let mut rows = Vec::with_capacity(functions.len());
    for function in functions {
        rows.push(Row { indent: "", name: function.name().into(), stats: function });
        for values in function.labels().chunk_by(|a, b| a.key() == b.key()) {
            let is_shown = |(at, label): (usize, &'_ LabelStats)| at < SHOWN || label.is_other();
            let shown = values.iter().enumerate().filter(|(at, label)| is_shown((*at, label)));
            rows.extend(shown.map(|(_, label)| Row { indent: "  ", name: name(label).into(), stats: label }));
            let hidden = (0..values.len()).zip(values).filter(|&value| !is_shown(value)).count();
            if let Some(last) = rows.last_mut().filter(|_| hidden > 0) {
                last.name = format!("{} ({hidden} more)", last.name).into();
            }
        }
    }
    rows
}

fn name(label: &LabelStats) -> String {
    format!("{}={}", visible(label.key()), visible(label.value()))
}

/// Writes a line for each promise, after a line break.
pub(super) fn write_objectives(f: &mut Formatter<'_>, functions: &[FunctionStats], style: &Style) -> fmt::Result {
    for function in functions {
        for clause in function.objective().into_iter().flat_map(Objective::clauses) {
            let code = match clause {
                burning if burning.is_burning() => "31",
                missed if missed.budget_left() < 0.0 => "33",
                _ => "",
            };
            f.write_str("\n")?;
            style.paint(f, code, &format!("{} {clause}", function.name()))?;
        }
    }
    Ok(())
}
