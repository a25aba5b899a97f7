//! The line that says which views there are, and what is pressed for them.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::{CURSOR, DIM};
use crate::top::app::{App, View};
use crate::top::lists::LISTS;

pub(super) fn line(app: &App) -> Line<'static> {
    let functions = app.snapshot.as_ref().map_or(0, |snapshot| snapshot.functions().len());
    let mut words = Vec::new();
    let is_function = matches!(app.view, View::Functions | View::Function(_));
    tab(&mut words, 'f', "functions", Some(functions), is_function);
    for (at, list) in LISTS.iter().enumerate() {
        tab(&mut words, list.key, list.name, Some(app.number_in(list)), app.view == View::List(at));
    }
    tab(&mut words, 'p', "process", None, app.view == View::Process);
    Line::from(words)
}

/// The letter that is pressed for it is underlined; what has nothing in it is dim.
fn tab(words: &mut Vec<Span<'static>>, key: char, name: &'static str, number: Option<usize>, is_here: bool) {
    let style = match number {
        _ if is_here => CURSOR,
        Some(0) => DIM,
        _ => Style::new(),
    };
    let (before, after) = name.split_once(key).unwrap_or((name, ""));
    words.push(Span::styled(before, style));
    words.push(Span::styled(key.to_string(), style.add_modifier(Modifier::UNDERLINED)));
    words.push(Span::styled(after, style));
    let number = number.filter(|number| *number > 0).map_or(String::new(), |number| format!(" {number}"));
    words.push(Span::styled(number, style));
    words.push(Span::raw("  "));
}
