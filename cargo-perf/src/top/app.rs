//! What is known and what is looked at.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use perf_core::{FunctionStats, Snapshot, Window};

use super::columns::{self, Order, Span};
use super::feed::Fed;
use super::lists::{LISTS, List, Row, Time};
use crate::error::Error;

/// Looks back that a curve shows at most.
const REMEMBERED: usize = 60;

/// How long it is said that the program has begun anew.
const NEWS: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum View {
    Functions,
    Function(String),
    /// One of [`LISTS`].
    List(usize),
    Process,
}

/// How a table is looked at.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) filter: String,
    pub(super) order: Order,
    /// What is under the cursor, which stays there whatever the order becomes.
    pub(super) selected: Option<String>,
}

impl Table {
    fn new(order: Order) -> Self {
        Self { filter: String::new(), order, selected: None }
    }
}

pub(super) struct App {
    pub(super) place: String,
    pub(super) every: Duration,
    pub(super) snapshot: Option<Snapshot>,
    /// Calls a second of each function, at each look.
    history: HashMap<String, VecDeque<f64>>,
    /// Why the program does not answer, and since when.
    pub(super) lost: Option<(Instant, Error)>,
    news: Option<(Instant, String)>,
    pub(super) view: View,
    pub(super) is_helping: bool,
    pub(super) is_paused: bool,
    pub(super) span: Span,
    functions: Table,
    lists: [Table; LISTS.len()],
    /// A filter is.
    pub(super) is_typing: bool,
    pub(super) scroll: usize,
    /// Lines that there is room for, and columns; known once something was drawn.
    pub(super) page: usize,
    pub(super) width: usize,
    pub(super) first_screen: Option<Instant>,
}

impl App {
    pub(super) fn new(place: String, every: Duration, filter: String) -> Self {
        Self {
            place,
            every,
            snapshot: None,
            history: HashMap::new(),
            lost: None,
            news: None,
            view: View::Functions,
            is_helping: false,
            is_paused: false,
            span: Span::Window(Window::Short),
            functions: Table { filter, ..Table::new(Order::default()) },
            lists: LISTS.map(|list| Table::new(Order { column: list.sorted_by, is_reversed: false })),
            is_typing: false,
            scroll: 0,
            page: 1,
            width: 80,
            first_screen: None,
        }
    }

    pub(super) fn take(&mut self, fed: Fed) {
        match fed {
            // What was asked before the pause has come after it.
            Fed::Snapshot(_) if self.is_paused && self.snapshot.is_some() => {}
            Fed::Snapshot(snapshot) => {
                if let Some(news) = self.snapshot.as_ref().and_then(|before| news(before, &snapshot)) {
                    self.news = Some((Instant::now(), news));
                    self.history.clear();
                }
                self.lost = None;
                self.remember(&snapshot);
                self.snapshot = Some(*snapshot);
            }
            Fed::Lost(error) => {
                let since = self.lost.take().map_or_else(Instant::now, |(since, _)| since);
                self.lost = Some((since, error));
            }
            Fed::Moved(place) => self.place = place,
        }
    }

    /// No more than the functions that there are.
    fn remember(&mut self, snapshot: &Snapshot) {
        let mut before = std::mem::take(&mut self.history);
        for function in snapshot.functions() {
            let mut rates = before.remove(function.name()).unwrap_or_default();
            if rates.len() == REMEMBERED {
                rates.pop_front();
            }
            rates.push_back(function.window(Window::Shortest).rate);
            self.history.insert(function.name().to_owned(), rates);
        }
    }

    /// The newest last.
    pub(super) fn rates(&self, function: &str) -> Vec<f64> {
        self.history.get(function).map_or_else(Vec::new, |rates| rates.iter().copied().collect())
    }

    /// Where it has begun anew within the last minute.
    pub(super) fn news(&self) -> Option<(Duration, &str)> {
        let (at, news) = self.news.as_ref()?;
        Some((at.elapsed(), news.as_str())).filter(|(age, _)| *age < NEWS)
    }

    /// How what is looked at is.
    pub(super) fn table(&self) -> &Table {
        match self.view {
            View::List(at) => &self.lists[at],
            _ => &self.functions,
        }
    }

    pub(super) fn table_mut(&mut self) -> &mut Table {
        match self.view {
            View::List(at) => &mut self.lists[at],
            _ => &mut self.functions,
        }
    }

    /// The functions that the filter lets through, in their order.
    pub(super) fn functions(&self) -> Vec<&FunctionStats> {
        let Some(snapshot) = &self.snapshot else { return Vec::new() };
        let wanted = self.functions.filter.to_lowercase();
        let mut functions: Vec<&FunctionStats> =
            snapshot.functions().iter().filter(|function| function.name().to_lowercase().contains(&wanted)).collect();
        columns::sort(&mut functions, snapshot, self.span, self.functions.order);
        functions
    }

    /// The time that numbers are of.
    pub(super) fn time(&self) -> Time {
        Time { span: self.span, uptime: self.snapshot.as_ref().map_or(Duration::ZERO, Snapshot::uptime) }
    }

    /// The same of a list.
    pub(super) fn rows(&self, list: &List) -> Vec<&dyn Row> {
        let (Some(snapshot), table) = (&self.snapshot, self.table()) else { return Vec::new() };
        list.sorted(snapshot, &table.filter, table.order, self.time())
    }

    /// How many there are in a list, whatever the filter.
    pub(super) fn number_in(&self, list: &List) -> usize {
        self.snapshot.as_ref().map_or(0, |snapshot| (list.rows)(snapshot).len())
    }

    /// What tells the rows of the table that is looked at, in their order.
    pub(super) fn ids(&self) -> Vec<String> {
        match self.view {
            View::List(at) => self.rows(&LISTS[at]).iter().map(|row| row.id()).collect(),
            _ => self.functions().iter().map(|function| function.name().to_owned()).collect(),
        }
    }

    /// The function that is looked into.
    pub(super) fn function(&self) -> Option<&FunctionStats> {
        let View::Function(name) = &self.view else { return None };
        self.snapshot.as_ref()?.functions().iter().find(|function| function.name() == name)
    }

    /// Where the cursor is among rows: at the first unless it was moved.
    pub(super) fn cursor(&self, mut ids: impl Iterator<Item = impl AsRef<str>>) -> usize {
        let selected = self.table().selected.as_deref();
        selected.and_then(|selected| ids.position(|id| id.as_ref() == selected)).unwrap_or(0)
    }
}

/// What is to be said where the later of two snapshots is of another run.
fn news(before: &Snapshot, now: &Snapshot) -> Option<String> {
    match (before.process(), now.process()) {
        (Some(old), Some(new)) if old.id != new.id => Some(format!("restarted: process {} is now {}", old.id, new.id)),
        (Some(_), Some(_)) if now.uptime() < before.uptime() => Some("counts from anew".to_owned()),
        _ if now.uptime() < before.uptime() => Some("restarted".to_owned()),
        _ => None,
    }
}
