//! The program's own metrics.

use perf_core::__text::{count, metric_cells, metric_name, number_of};
use perf_core::{MetricStats, MetricValue};
use ratatui::style::Style;

use super::{List, Row, Time, rows};
use crate::top::columns::Span;
use crate::top::view::POOR;

pub(super) const LIST: List = List {
    key: 'm',
    name: "metrics",
    heads: &["metric", ">value", ">a second", "values"],
    sorted_by: 0,
    empty: "the program has no metrics of its own: `perf_runtime::metrics::install()`, the feature `metrics`, takes in what \
            the macros of the crate `metrics` say",
    rows: |snapshot| rows(snapshot.metrics()),
};

/// Of counters and histograms.
fn rate(metric: &MetricStats, time: Time) -> Option<f64> {
    metric.count().map(|all| time.rate(all, |window| metric.window(window).rate))
}

impl Row for MetricStats {
    fn name(&self) -> String {
        metric_name(self)
    }

    fn id(&self) -> String {
        let kind = match self.value {
            MetricValue::Counter(_) => "counter",
            MetricValue::Gauge(_) => "gauge",
            MetricValue::Histogram(_) => "histogram",
        };
        format!("{} {kind}", metric_name(self))
    }

    fn key(&self, column: usize, time: Time) -> Option<f64> {
        match column {
            1 => Some(self.count().map_or_else(|| self.number(), |count| count as f64)),
            2 => Some(rate(self, time).unwrap_or(-1.0)),
            3 => Some(self.distribution().map_or(-1.0, |values| values.quantile(0.99))),
            _ => None,
        }
    }

    fn cells(&self, time: Time) -> Vec<String> {
        let mut cells = metric_cells(self);
        cells[2] = rate(self, time).map_or_else(String::new, number_of);
        cells.into()
    }

    fn style(&self) -> Style {
        let rejected = self.distribution().map_or(0, |values| values.rejected);
        if self.is_overflow || rejected > 0 { POOR } else { Style::new() }
    }

    fn details(&self, time: Time) -> Vec<String> {
        let mut said = vec![self.id()];
        said.extend(self.description.clone());
        said.extend(self.unit.as_ref().map(|unit| format!("in {unit}")));
        let Some(values) = self.distribution() else { return said };
        said.push(format!(
            "sum {}, mean {}, min {}",
            number_of(values.sum),
            number_of(values.mean()),
            number_of(values.min)
        ));
        if let Span::Window(window) = time.span {
            let lately = self.window(window);
            let [mean, p50, p95, p99, max] =
                [lately.mean, lately.p50, lately.p95, lately.p99, lately.max].map(number_of);
            if lately.count > 0 {
                let number = count(lately.count);
                said.push(format!("lately {number}: mean {mean}, p50 {p50}, p95 {p95}, p99 {p99}, max {max}"));
            }
        }
        said
    }
}
