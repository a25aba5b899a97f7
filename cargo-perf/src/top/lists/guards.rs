//! What decides whether calls may run.

use perf_core::__text::{average, count, duration};
use perf_core::GuardStats;
use ratatui::style::Style;

use super::{List, Row, Time, rows};
use crate::top::view::{BAD, POOR};

pub(super) const LIST: List = List {
    key: 'g',
    name: "guards",
    heads: &["guard", "kind", "state", ">admitted", "refused"],
    sorted_by: 4,
    empty: "the program has no guards that were used: #[circuit_breaker], #[bulkhead], …",
    rows: |snapshot| rows(snapshot.guards()),
};

impl Row for GuardStats {
    fn name(&self) -> String {
        self.name.to_string()
    }

    fn id(&self) -> String {
        format!("{} {}", self.name, self.kind.as_str())
    }

    fn key(&self, column: usize, _: Time) -> Option<f64> {
        match column {
            3 => Some(self.admitted as f64),
            4 => Some(self.refusals() as f64),
            _ => None,
        }
    }

    fn cells(&self, _: Time) -> Vec<String> {
        let since = self.since.map_or(String::new(), |since| format!(" {}", duration(since)));
        let refused: Vec<String> =
            self.refused.iter().map(|(why, number)| format!("{} {why}", count(*number))).collect();
        vec![
            self.name.to_string(),
            self.kind.as_str().to_owned(),
            format!("{}{since}", self.state),
            count(self.admitted),
            refused.join(", "),
        ]
    }

    fn style(&self) -> Style {
        match &*self.state {
            "open" | "shedding" => BAD,
            _ if self.refusals() > 0 => POOR,
            _ => Style::new(),
        }
    }

    fn details(&self, _: Time) -> Vec<String> {
        let mut said = vec![self.id()];
        if let Some(in_flight) = self.in_flight {
            said.push(format!("{} in flight", count(in_flight)));
        }
        if self.waits > 0 {
            said.push(format!("{} waited {}", count(self.waits), duration(self.waited)));
        }
        said.extend(self.numbers.iter().map(|(name, number)| format!("{name} {}", average(*number))));
        said
    }
}
