//! What waits to be received, and who waits for it.

use perf_core::__text::{average, count, queue_cells};
use perf_core::QueueStats;
use ratatui::style::Style;

use super::{List, Row, Time, rows, spread, whole};
use crate::top::view::{BAD, POOR};

pub(super) const LIST: List = List {
    key: 'u',
    name: "queues",
    heads: &["queue", ">depth", ">sent", ">a second", ">under way", "now"],
    sorted_by: 1,
    empty: "the program has no queues that are measured: those of `perf_runtime::sync`, the feature `sync`, are, as \
            `sync::mpsc::channel(\"orders\")`",
    rows: |snapshot| rows(snapshot.queues()),
};

fn rate(queue: &QueueStats, time: Time) -> f64 {
    time.rate(queue.sent, |window| queue.window(window).sent_rate)
}

impl Row for QueueStats {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn id(&self) -> String {
        let room = self.capacity.map_or(String::new(), |capacity| format!(" of {}", count(capacity)));
        format!("{} {}{room}", self.name, self.kind.as_str())
    }

    fn key(&self, column: usize, time: Time) -> Option<f64> {
        match column {
            1 => Some(self.depth as f64),
            2 => Some(self.sent as f64),
            3 => Some(rate(self, time)),
            4 => Some(self.wait.p99().as_secs_f64()),
            5 => Some(self.send_wait.total().as_secs_f64()),
            _ => None,
        }
    }

    fn cells(&self, time: Time) -> Vec<String> {
        let mut cells = queue_cells(self);
        cells[3] = count(whole(rate(self, time)));
        cells.into()
    }

    fn style(&self) -> Style {
        match self.capacity {
            // Who sends waits, or is refused.
            Some(capacity) if capacity > 0 && self.depth >= capacity * self.queues.max(1) => BAD,
            _ if self.senders_waiting > 0 || self.refused > 0 || self.discarded > 0 => POOR,
            _ => Style::new(),
        }
    }

    fn details(&self, time: Time) -> Vec<String> {
        let received = time.rate(self.received, |window| self.window(window).received_rate);
        let mut said = vec![self.id(), format!("{} received, {} a second", count(self.received), average(received))];
        for (number, what) in [(self.senders_waiting, "senders wait"), (self.receivers_waiting, "receivers wait")] {
            if number > 0 {
                said.push(format!("{} {what}", count(number)));
            }
        }
        let waits = [("under way", &self.wait), ("to send", &self.send_wait), ("to receive", &self.receive_wait)];
        said.extend(waits.into_iter().filter_map(|(what, wait)| spread(what, wait)));
        said
    }
}
