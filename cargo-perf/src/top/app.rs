//! What is known and what is looked at.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use perf_core::{FunctionStats, Snapshot, Window};

use super::columns::{self, Order, Span};
use super::feed::Fed;
use crate::error::Error;

/// Looks back that a curve shows at most.
const REMEMBERED: usize = 60;

/// How long it is said that the program has begun anew.
const NEWS: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum View {
    Functions,
    Function(String),
    Guards,
    Process,
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
    pub(super) order: Order,
    pub(super) filter: String,
    pub(super) is_typing: bool,
    /// The function under the cursor, which stays there whatever the order becomes.
    pub(super) selected: Option<String>,
    pub(super) selected_guard: usize,
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
            order: Order::default(),
            filter,
            is_typing: false,
            selected: None,
            selected_guard: 0,
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

    /// The functions that the filter lets through, in their order.
    pub(super) fn functions(&self) -> Vec<&FunctionStats> {
        let Some(snapshot) = &self.snapshot else { return Vec::new() };
        let wanted = self.filter.to_lowercase();
        let mut functions: Vec<&FunctionStats> =
            snapshot.functions().iter().filter(|function| function.name().to_lowercase().contains(&wanted)).collect();
        columns::sort(&mut functions, snapshot, self.span, self.order);
        functions
    }

    /// The function that is looked into.
    pub(super) fn function(&self) -> Option<&FunctionStats> {
        let View::Function(name) = &self.view else { return None };
        self.snapshot.as_ref()?.functions().iter().find(|function| function.name() == name)
    }

    /// Where the cursor is among functions: at the first unless it was moved.
    pub(super) fn cursor(&self, functions: &[&FunctionStats]) -> usize {
        let is_selected = |function: &&FunctionStats| Some(function.name()) == self.selected.as_deref();
        functions.iter().position(is_selected).unwrap_or(0)
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
