//! Rows as lines whose cells stand below each other.

use std::fmt::Write;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::BOLD;

/// Words to the left of their columns, numbers to the right: a head that begins with `>` says so of its column.
pub(super) fn grid(
    heads: &[impl AsRef<str>],
    rows: &[Vec<String>],
    style: impl Fn(usize) -> Style,
) -> Vec<Line<'static>> {
    let head = |at: usize| heads[at].as_ref();
    let name = |at: usize| head(at).strip_prefix('>').unwrap_or(head(at));
    let mut widths: Vec<usize> = (0..heads.len()).map(|at| name(at).chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cell: &dyn Fn(usize) -> String, style: Style| {
        let mut text = String::new();
        for (at, &width) in widths.iter().enumerate() {
            let cell = cell(at);
            let gap = if at == 0 { "" } else { "  " };
            let _ = if head(at).starts_with('>') {
                write!(text, "{gap}{cell:>width$}")
            } else {
                write!(text, "{gap}{cell:width$}")
            };
        }
        text.truncate(text.trim_end().len());
        Line::from(Span::styled(text, style))
    };
    let mut lines = vec![line(&|at| name(at).to_owned(), BOLD)];
    for (index, row) in rows.iter().enumerate() {
        lines.push(line(&|at| row.get(at).cloned().unwrap_or_default(), style(index)));
    }
    lines
}

/// Lines of at most so many characters, broken between words where there are any.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let mut rest: Vec<char> = word.chars().collect();
        while !rest.is_empty() {
            let line = lines.last_mut().expect("there is one from the start");
            let left = width.max(1).saturating_sub(line.chars().count());
            if rest.len() <= left || line.is_empty() {
                line.extend(rest.drain(..rest.len().min(width.max(1))));
            } else {
                lines.push(String::new());
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::widgets::{Paragraph, Widget};

    use super::*;

    /// Names are those of whoever is asked, and could hold what a terminal obeys.
    #[test]
    fn nothing_that_a_terminal_obeys_is_drawn() {
        let lines = grid(&["name"], &[vec!["a\x1b]0;title\x07\x1b[31mb\r\u{9b}c".to_owned()]], |_| Style::new());
        let area = Rect::new(0, 0, 40, 2);
        let mut buffer = Buffer::empty(area);
        Paragraph::new(lines).render(area, &mut buffer);
        let text: String = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        assert!(text.contains('a') && text.contains('c') && !text.contains(char::is_control), "{text:?}");
    }

    #[test]
    fn lines_are_broken_between_words_and_within_those_that_are_too_long() {
        assert_eq!(wrapped("id=7 user=somebody", 10), ["id=7 ", "user=someb", "ody"]);
        assert_eq!(wrapped("", 10), [""]);
        assert_eq!(wrapped("abc", 0).concat(), "abc");
    }
}
