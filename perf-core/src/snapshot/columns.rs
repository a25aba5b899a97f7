//! Text in columns of a terminal: how wide it is, and what of it may be printed.
//!
//! Values of labels and metrics, names of threads and captured arguments may come from anywhere. What breaks lines, colours
//! what follows or turns the direction of writing would break the table.

use std::borrow::Cow;

/// Ranges of characters that take two columns, after "East Asian Width" (Unicode Standard Annex 11): wide and fullwidth
/// ones, as blocks.
const WIDE: [(char, char); 15] = [
    ('\u{1100}', '\u{115f}'),
    ('\u{231a}', '\u{231b}'),
    ('\u{23e9}', '\u{23ec}'),
    ('\u{2e80}', '\u{303e}'),
    ('\u{3041}', '\u{33ff}'),
    ('\u{3400}', '\u{4dbf}'),
    ('\u{4e00}', '\u{a4cf}'),
    ('\u{a960}', '\u{a97f}'),
    ('\u{ac00}', '\u{d7a3}'),
    ('\u{f900}', '\u{faff}'),
    ('\u{fe30}', '\u{fe6f}'),
    ('\u{ff00}', '\u{ff60}'),
    ('\u{ffe0}', '\u{ffe6}'),
    ('\u{1f300}', '\u{1faff}'),
    ('\u{20000}', '\u{3fffd}'),
];

/// Ranges of characters that take none: the combining marks that are common, joiners, and selectors of a variant.
const NONE: [(char, char); 6] = [
    ('\u{300}', '\u{36f}'),
    ('\u{200b}', '\u{200d}'),
    ('\u{2060}', '\u{2064}'),
    ('\u{20d0}', '\u{20ff}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
];

fn is_in(ranges: &[(char, char)], c: char) -> bool {
    ranges.iter().any(|&(first, last)| (first..=last).contains(&c))
}

/// Whether a character would do something to what is around it.
fn is_hostile(c: char) -> bool {
    // Beside control characters: line and paragraph separators, and what sets the direction of writing.
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn width(c: char) -> usize {
    match c {
        ' '..='~' => 1,
        c if is_in(&NONE, c) => 0,
        c if is_in(&WIDE, c) => 2,
        _ => 1,
    }
}

/// What of a text may be printed, in a line.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if text.contains(is_hostile) { text.replace(is_hostile, "\u{fffd}").into() } else { text.into() }
}

/// Columns that a text takes.
pub(super) fn length(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// A text with spaces after it.
pub(super) fn padded(text: &str, columns: usize) -> String {
    format!("{text}{:pad$}", "", pad = columns.saturating_sub(length(text)))
}

/// As much of the end of a text as there is room for, after an ellipsis where that is not all.
pub(super) fn end_of(text: &str, room: usize) -> String {
    if length(text) <= room {
        return text.to_owned();
    }
    let (mut from, mut columns) = (text.len(), 1);
    for (at, c) in text.char_indices().rev() {
        columns += width(c);
        if columns > room {
            break;
        }
        from = at;
    }
    format!("…{}", &text[from..])
}

/// As much of the beginning of a text as there is room for, before an ellipsis where that is not all.
pub(super) fn beginning_of(text: &str, room: usize) -> String {
    if length(text) <= room {
        return text.to_owned();
    }
    let (mut to, mut columns) = (0, 1);
    for (at, c) in text.char_indices() {
        columns += width(c);
        if columns > room {
            break;
        }
        to = at + c.len_utf8();
    }
    format!("{}…", &text[..to])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn columns_are_those_that_a_terminal_gives() {
        for (text, columns) in
            [("", 0), ("price", 5), ("µs", 2), ("界界", 4), ("e\u{301}", 1), ("한글", 4), ("🦀", 2), ("…", 1)]
        {
            assert_eq!(length(text), columns, "{text}");
        }
        assert_eq!(padded("界", 4), "界  ");
    }

    #[test]
    fn what_would_break_the_table_is_not_printed() {
        assert_eq!(visible("a\nb\u{1b}[31mc\u{202e}d\u{2028}e"), "a\u{fffd}b\u{fffd}[31mc\u{fffd}d\u{fffd}e");
        assert_eq!(visible("GET /cart µ 界"), "GET /cart µ 界");
    }

    proptest! {
        #[test]
        fn what_is_cut_fits_and_is_a_part_of_the_whole(text in "([a-z]|界|é|\u{301}){0,20}", room in 1_usize..24) {
            let (end, beginning) = (end_of(&text, room), beginning_of(&text, room));
            prop_assert!(length(&end) <= room && length(&beginning) <= room);
            prop_assert!(text.ends_with(end.trim_start_matches('…')) && text.starts_with(beginning.trim_end_matches('…')));
            prop_assert_eq!(length(&text) <= room, end == text && beginning == text);
        }
    }
}
