//! The table of functions.

use perf_core::__text::shortened;
use perf_core::FunctionStats;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{BAD, BOLD, CURSOR, DIM, NAME, mark};
use crate::top::app::App;
use crate::top::columns::{self, COLUMNS, Numbers, TREND};

/// Looks back that fit beside the arrow.
const CURVE: usize = 8;

pub(super) fn lines(app: &App, area: Rect) -> Vec<Line<'static>> {
    let functions = app.functions();
    let (shown, room) = columns::fitting(usize::from(area.width), app.table().order);
    let mut lines = vec![head(app, &shown, room)];
    if functions.is_empty() {
        let all = app.snapshot.as_ref().map_or(0, |snapshot| snapshot.functions().len());
        let said = match all {
            0 => "no annotated function was called yet".to_owned(),
            all => format!("none of {all} functions has `{}` in its name: Esc drops the filter", app.table().filter),
        };
        lines.push(Line::styled(said, DIM));
        return lines;
    }
    let cursor = app.cursor(functions.iter().map(|function| function.name()));
    let height = usize::from(area.height.saturating_sub(1)).max(1);
    // The cursor is always in sight, and the list never scrolled past its end.
    let first = (cursor + 1).saturating_sub(height);
    for (at, function) in functions.iter().enumerate().skip(first).take(height) {
        let line = row(app, function, &shown, room);
        lines.push(if at == cursor { line.patch_style(CURSOR) } else { line });
    }
    lines
}

fn head(app: &App, shown: &[usize], room: usize) -> Line<'static> {
    let mut words = Vec::with_capacity(shown.len());
    for &at in shown {
        let head = format!("{}{}", COLUMNS[at].head, mark(at, app.table().order));
        let text = if at == columns::NAME { format!("{head:room$}") } else { cell(&head, COLUMNS[at].width) };
        words.push(Span::styled(text, BOLD));
    }
    Line::from(words)
}

fn cell(text: &str, width: usize) -> String {
    format!(" {text:>width$}")
}

fn row(app: &App, function: &FunctionStats, shown: &[usize], room: usize) -> Line<'static> {
    let Some(snapshot) = &app.snapshot else { return Line::default() };
    let numbers = Numbers::of(function, snapshot, app.span);
    let mut words = Vec::with_capacity(shown.len());
    for &at in shown {
        let told = (COLUMNS[at].cell)(function, &numbers);
        words.push(match at {
            columns::NAME => Span::styled(format!("{:room$}", shortened(&told, room)), NAME),
            TREND => Span::raw(cell(&format!("{} {told}", curve(&app.rates(function.name()))), COLUMNS[at].width)),
            _ => Span::styled(cell(&told, COLUMNS[at].width), style(COLUMNS[at].head)),
        });
    }
    Line::from(words)
}

fn style(head: &str) -> Style {
    if head.starts_with("err") { BAD } else { Style::new() }
}

/// The last of some values, each as high as it is beside the highest of them.
pub(super) fn curve(values: &[f64]) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let last = &values[values.len().saturating_sub(CURVE)..];
    let highest = last.iter().copied().fold(0.0, f64::max);
    let step = |value: f64| if highest > 0.0 { (value / highest * 7.0).round() as usize } else { 0 };
    last.iter().map(|value| STEPS[step(*value).min(7)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_as_high_as_its_highest() {
        assert_eq!(curve(&[0.0, 50.0, 100.0]), "▁▅█");
        assert_eq!(curve(&[0.0, 0.0]), "▁▁");
        assert_eq!(curve(&[9.0; 100]).chars().count(), CURVE);
    }
}
