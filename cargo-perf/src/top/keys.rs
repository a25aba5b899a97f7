//! What keys do.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::app::{App, View};
use super::columns;

/// What follows for somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Nothing,
    Quit,
    Suspend,
    /// It is paused now, or no more.
    Pause,
    /// Of a choice: another one, and this one.
    Move(usize),
    Take,
}

/// A letter with Ctrl.
fn control(key: KeyEvent) -> Option<char> {
    match key.code {
        KeyCode::Char(letter) if key.modifiers.contains(KeyModifiers::CONTROL) => Some(letter),
        _ => None,
    }
}

/// Where a key that moves leads to, among so many.
fn moved(code: KeyCode, at: usize, page: usize, number: usize) -> Option<usize> {
    let to = match code {
        KeyCode::Up | KeyCode::Char('k') => at.saturating_sub(1),
        KeyCode::Down | KeyCode::Char('j') => at + 1,
        KeyCode::PageUp => at.saturating_sub(page),
        KeyCode::PageDown => at + page,
        KeyCode::Home => 0,
        KeyCode::End => usize::MAX,
        _ => return None,
    };
    Some(to.min(number.saturating_sub(1)))
}

pub(super) fn choose(key: KeyEvent, at: usize, number: usize) -> Then {
    match (control(key), key.code) {
        (Some('c'), _) | (None, KeyCode::Esc | KeyCode::Char('q')) => Then::Quit,
        (None, KeyCode::Enter) => Then::Take,
        (None, code) => moved(code, at, 10, number).map_or(Then::Nothing, Then::Move),
        _ => Then::Nothing,
    }
}

impl App {
    pub(super) fn press(&mut self, key: KeyEvent) -> Then {
        match control(key) {
            Some('c') => return Then::Quit,
            Some('z') => return Then::Suspend,
            Some(_) => return Then::Nothing,
            None => {}
        }
        if self.is_typing {
            self.press_in_filter(key.code);
            return Then::Nothing;
        }
        if self.is_helping {
            self.is_helping = false;
            return Then::Nothing;
        }
        match key.code {
            KeyCode::Char('q') => return Then::Quit,
            KeyCode::Char('?' | 'h') => self.is_helping = true,
            KeyCode::Char(' ') => {
                self.is_paused = !self.is_paused;
                return Then::Pause;
            }
            KeyCode::Char('w') => self.span = self.span.next(),
            KeyCode::Char('f') => self.look_at(View::Functions),
            KeyCode::Char('g') => self.look_at(View::Guards),
            KeyCode::Char('p') => self.look_at(View::Process),
            KeyCode::Tab => self.look_at(match self.view {
                View::Functions | View::Function(_) => View::Guards,
                View::Guards => View::Process,
                View::Process => View::Functions,
            }),
            KeyCode::BackTab => self.look_at(match self.view {
                View::Functions | View::Function(_) => View::Process,
                View::Guards => View::Functions,
                View::Process => View::Guards,
            }),
            code => self.press_in_view(code),
        }
        Then::Nothing
    }

    fn look_at(&mut self, view: View) {
        self.view = view;
        self.scroll = 0;
    }

    fn press_in_filter(&mut self, code: KeyCode) {
        match code {
            KeyCode::Enter => self.is_typing = false,
            KeyCode::Esc => {
                self.is_typing = false;
                self.filter.clear();
            }
            KeyCode::Backspace => _ = self.filter.pop(),
            KeyCode::Char(letter) => self.filter.push(letter),
            _ => {}
        }
    }

    fn press_in_view(&mut self, code: KeyCode) {
        match (&self.view, code) {
            (View::Functions, code) => self.press_in_functions(code),
            (_, KeyCode::Esc | KeyCode::Backspace) => self.look_at(View::Functions),
            (View::Guards, code) => {
                let number = self.snapshot.as_ref().map_or(0, |snapshot| snapshot.guards().len());
                self.selected_guard =
                    moved(code, self.selected_guard, self.page, number).unwrap_or(self.selected_guard);
            }
            // How far it can be scrolled is known when it is drawn.
            (_, code) => self.scroll = moved(code, self.scroll, self.page, usize::MAX).unwrap_or(self.scroll),
        }
    }

    fn press_in_functions(&mut self, code: KeyCode) {
        let functions = self.functions();
        let at = self.cursor(&functions);
        let name = |at: usize| functions.get(at).map(|function| function.name().to_owned());
        if let Some(to) = moved(code, at, self.page, functions.len()) {
            self.selected = name(to);
            return;
        }
        let under = name(at);
        let (shown, _) = columns::fitting(self.width, self.order);
        // Also those for which there is no room: what is sorted by is shown.
        let all: Vec<usize> = (0..columns::COLUMNS.len()).collect();
        match code {
            KeyCode::Char('/') => self.is_typing = true,
            KeyCode::Esc => self.filter.clear(),
            KeyCode::Char('r') => self.order.is_reversed = !self.order.is_reversed,
            KeyCode::Left | KeyCode::Char('<') => self.sort_by(&all, self.order.column.checked_sub(1)),
            KeyCode::Right | KeyCode::Char('>') => self.sort_by(&all, Some(self.order.column + 1)),
            KeyCode::Char(digit @ '1'..='9') => self.sort_by(&shown, Some(digit as usize - '1' as usize)),
            KeyCode::Enter => {
                if let Some(name) = under {
                    self.selected = Some(name.clone());
                    self.look_at(View::Function(name));
                }
            }
            _ => {}
        }
    }

    fn sort_by(&mut self, among: &[usize], at: Option<usize>) {
        if let Some(column) = at.and_then(|at| among.get(at)) {
            self.order = columns::Order { column: *column, is_reversed: false };
        }
    }
}
