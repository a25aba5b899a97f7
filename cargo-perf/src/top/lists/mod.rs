//! Views that are a table of one kind of thing each: what there is, how it is sorted, and what is said of each.

mod guards;
mod locks;
mod metrics;
mod queues;

use std::time::Duration;

use perf_core::__text::duration;
use perf_core::{Durations, Snapshot, Window};
use ratatui::style::Style;

use super::columns::{Order, Span};

pub(super) const LISTS: [List; 4] = [guards::LIST, queues::LIST, locks::LIST, metrics::LIST];

pub(super) struct List {
    /// What is pressed for it, a letter of its name.
    pub(super) key: char,
    /// Of all of them: `guards`.
    pub(super) name: &'static str,
    /// Numbers to the right: a head that begins with `>` says so of its column.
    pub(super) heads: &'static [&'static str],
    /// The column that is sorted by unless told otherwise.
    pub(super) sorted_by: usize,
    /// What would fill it.
    pub(super) empty: &'static str,
    pub(super) rows: fn(&Snapshot) -> Vec<&dyn Row>,
}

/// One of them.
pub(super) trait Row {
    /// What a filter looks at.
    fn name(&self) -> String;
    /// Tells it from all others.
    fn id(&self) -> String;
    /// A number that a column is sorted by, the highest first; none where it is sorted by its words.
    fn key(&self, column: usize, time: Time) -> Option<f64>;
    fn cells(&self, time: Time) -> Vec<String>;
    fn style(&self) -> Style;
    /// All that is known of it, in parts.
    fn details(&self, time: Time) -> Vec<String>;
}

/// The time that rates are of.
#[derive(Clone, Copy)]
pub(super) struct Time {
    pub(super) span: Span,
    pub(super) uptime: Duration,
}

impl Time {
    fn rate(self, all: u64, lately: impl FnOnce(Window) -> f64) -> f64 {
        match self.span {
            Span::Window(window) => lately(window),
            Span::Start => all as f64 / self.uptime.as_secs_f64().max(f64::MIN_POSITIVE),
        }
    }
}

/// As the table of a snapshot says rates of these things.
fn whole(rate: f64) -> u64 {
    rate.round() as u64
}

fn rows<T: Row>(all: &[T]) -> Vec<&dyn Row> {
    all.iter().map(|one| one as &dyn Row).collect()
}

/// What they were like, where there were any.
fn spread(what: &str, durations: &Durations) -> Option<String> {
    let [mean, p50, p99, max] = [durations.mean(), durations.p50(), durations.p99(), durations.max()].map(duration);
    (durations.count() > 0).then(|| format!("{what}: mean {mean}, p50 {p50}, p99 {p99}, max {max}"))
}

impl List {
    /// Those that a filter lets through, in their order.
    pub(super) fn sorted<'a>(
        &self,
        snapshot: &'a Snapshot,
        filter: &str,
        order: Order,
        time: Time,
    ) -> Vec<&'a dyn Row> {
        let wanted = filter.to_lowercase();
        let mut rows = (self.rows)(snapshot);
        rows.retain(|row| wanted.is_empty() || row.name().to_lowercase().contains(&wanted));
        let mut keyed: Vec<(Option<f64>, String, &dyn Row)> = Vec::with_capacity(rows.len());
        for row in rows {
            let key = row.key(order.column, time);
            let word =
                if key.is_some() || order.column == 0 { None } else { row.cells(time).get(order.column).cloned() };
            keyed.push((key, word.unwrap_or_default() + &row.id(), row));
        }
        keyed.sort_by(|(a, name, _), (b, other, _)| match (a.zip(*b), order.is_reversed) {
            (Some((a, b)), false) => b.total_cmp(&a).then_with(|| name.cmp(other)),
            (Some((a, b)), true) => a.total_cmp(&b).then_with(|| name.cmp(other)),
            (None, false) => name.cmp(other),
            (None, true) => other.cmp(name),
        });
        keyed.into_iter().map(|(.., row)| row).collect()
    }
}
