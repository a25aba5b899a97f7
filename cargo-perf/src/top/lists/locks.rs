//! Who waits for whom.

use perf_core::__text::{average, count, lock_cells};
use perf_core::LockStats;
use ratatui::style::Style;

use super::{List, Row, Time, rows, spread, whole};
use crate::top::view::POOR;

pub(super) const LIST: List = List {
    key: 'l',
    name: "locks",
    heads: &["lock", ">taken", ">a second", ">waited for", ">waited", "held"],
    sorted_by: 3,
    empty: "the program has no locks that are measured: those of `perf_runtime::sync`, the feature `sync`, are, as \
            `sync::Mutex::named(\"accounts\", …)`",
    rows: |snapshot| rows(snapshot.locks()),
};

fn rate(lock: &LockStats, time: Time) -> f64 {
    time.rate(lock.acquired(), |window| lock.window(window).rate)
}

impl Row for LockStats {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn id(&self) -> String {
        format!("{} {}", self.name, self.kind.as_str())
    }

    fn key(&self, column: usize, time: Time) -> Option<f64> {
        match column {
            1 => Some(self.acquired() as f64),
            2 => Some(rate(self, time)),
            3 => Some(self.contended as f64),
            4 => Some(self.wait.p99().as_secs_f64()),
            5 => Some(self.hold.p99().as_secs_f64()),
            _ => None,
        }
    }

    fn cells(&self, time: Time) -> Vec<String> {
        let mut cells = lock_cells(self);
        cells[2] = count(whole(rate(self, time)));
        cells.into()
    }

    fn style(&self) -> Style {
        if self.waiting > 0 { POOR } else { Style::new() }
    }

    fn details(&self, time: Time) -> Vec<String> {
        let contended = time.rate(self.contended, |window| {
            let lately = self.window(window);
            lately.contended as f64 / lately.span.as_secs_f64().max(f64::MIN_POSITIVE)
        });
        let mut said = vec![self.id(), format!("{} exclusive", count(self.exclusive))];
        for (number, what) in [(self.shared, "shared"), (self.refused, "refused"), (self.waiting, "waiting now")] {
            if number > 0 {
                said.push(format!("{} {what}", count(number)));
            }
        }
        said.push(format!("waited for {} times a second", average(contended)));
        said.extend(
            [("waited", &self.wait), ("held", &self.hold)].into_iter().filter_map(|(what, of)| spread(what, of)),
        );
        said
    }
}
