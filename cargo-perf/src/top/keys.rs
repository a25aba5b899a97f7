//! What keys do.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::app::{App, View};
use super::columns;
use super::lists::LISTS;

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
        (Some('z'), _) => Then::Suspend,
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
            KeyCode::Char('p') => self.look_at(View::Process),
            KeyCode::Tab => self.turn(1),
            KeyCode::BackTab => self.turn(-1),
            code => match LISTS.iter().position(|list| code == KeyCode::Char(list.key)) {
                Some(at) => self.look_at(View::List(at)),
                None => self.press_in_view(code),
            },
        }
        Then::Nothing
    }

    /// To the next view that has something in it, or the one before.
    fn turn(&mut self, by: isize) {
        let mut views = vec![View::Functions];
        let is_filled = |at: &usize| self.view == View::List(*at) || self.number_in(&LISTS[*at]) > 0;
        views.extend((0..LISTS.len()).filter(is_filled).map(View::List));
        views.push(View::Process);
        let at = views.iter().position(|view| *view == self.view).unwrap_or(0);
        let to = (at as isize + by).rem_euclid(views.len() as isize) as usize;
        self.look_at(views.swap_remove(to));
    }

    fn look_at(&mut self, view: View) {
        self.view = view;
        self.scroll = 0;
    }

    fn press_in_filter(&mut self, code: KeyCode) {
        let filter = &mut self.table_mut().filter;
        match code {
            KeyCode::Char(letter) => filter.push(letter),
            KeyCode::Backspace => _ = filter.pop(),
            KeyCode::Esc => filter.clear(),
            _ => {}
        }
        self.is_typing = !matches!(code, KeyCode::Enter | KeyCode::Esc);
    }

    fn press_in_view(&mut self, code: KeyCode) {
        match self.view {
            View::Functions => {
                let (shown, _) = columns::fitting(self.width, self.table().order);
                // Also those for which there is no room: what is sorted by is shown.
                self.press_in_table(code, &shown, columns::COLUMNS.len());
            }
            View::List(_) if code == KeyCode::Esc && self.table().filter.is_empty() => self.look_at(View::Functions),
            View::List(at) => {
                let all: Vec<usize> = (0..LISTS[at].heads.len()).collect();
                self.press_in_table(code, &all, all.len());
            }
            View::Function(_) | View::Process => match code {
                KeyCode::Esc | KeyCode::Backspace => self.look_at(View::Functions),
                // How far it can be scrolled is known when it is drawn.
                code => self.scroll = moved(code, self.scroll, self.page, usize::MAX).unwrap_or(self.scroll),
            },
        }
    }

    /// `shown` are the columns that there is room for, of so many.
    fn press_in_table(&mut self, code: KeyCode, shown: &[usize], columns: usize) {
        let mut ids = self.ids();
        let at = self.cursor(ids.iter());
        if let Some(to) = moved(code, at, self.page, ids.len()) {
            self.table_mut().selected = ids.get(to).cloned();
            return;
        }
        let by = self.table().order.column;
        match code {
            KeyCode::Char('/') => self.is_typing = true,
            KeyCode::Esc => self.table_mut().filter.clear(),
            KeyCode::Char('r') => self.table_mut().order.is_reversed ^= true,
            KeyCode::Left | KeyCode::Char('<') => self.sort_by(by.checked_sub(1)),
            KeyCode::Right | KeyCode::Char('>') => self.sort_by(Some(by + 1).filter(|next| *next < columns)),
            KeyCode::Char(digit @ '1'..='9') => self.sort_by(shown.get(digit as usize - '1' as usize).copied()),
            KeyCode::Enter if self.view == View::Functions && at < ids.len() => {
                let name = ids.swap_remove(at);
                self.table_mut().selected = Some(name.clone());
                self.look_at(View::Function(name));
            }
            _ => {}
        }
    }

    fn sort_by(&mut self, column: Option<usize>) {
        if let Some(column) = column {
            self.table_mut().order = columns::Order { column, is_reversed: false };
        }
    }
}
