//! The table of a program's own metrics.

use std::fmt::{self, Formatter};

use super::columns::{length, padded, visible};
use super::format::count;
use super::table::{NAME, Style, shortened};
use super::{Distribution, MetricStats, MetricValue, Window};

/// Metrics that are printed; the snapshot has more.
const PRINTED: usize = 40;

const HEADS: [&str; 4] = ["metric", "value", "a second", "values"];

/// Writes a line for each metric, and their heads, each after a line break.
pub(super) fn write_metrics(
    f: &mut Formatter<'_>,
    metrics: &[MetricStats],
    width: usize,
    style: &Style,
) -> fmt::Result {
    if metrics.is_empty() {
        return Ok(());
    }
    let printed = &metrics[..metrics.len().min(PRINTED)];
    let rows: Vec<_> = printed.iter().map(metric_cells).collect();
    let mut widths = HEADS.map(length);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(length(cell));
        }
    }
    let taken: usize = widths[1..].iter().map(|width| width + 2).sum();
    widths[0] = width.saturating_sub(taken).clamp(NAME, widths[0].max(NAME));
    f.write_str("\n")?;
    style.paint(f, "1", &line(&HEADS.map(str::to_owned), widths))?;
    for row in &rows {
        write!(f, "\n{}", line(row, widths))?;
    }
    if metrics.len() > PRINTED {
        write!(f, "\nand {} more metrics", metrics.len() - PRINTED)?;
    }
    Ok(())
}

/// What the table says of a metric, under its heads.
#[must_use]
pub fn metric_cells(metric: &MetricStats) -> [String; 4] {
    let unit = metric.unit.as_ref().map_or(String::new(), |unit| format!(" {}", visible(unit)));
    let rate = metric.window(Window::Short).rate;
    let (value, rate, values) = match &metric.value {
        MetricValue::Counter(number) => (count(*number) + &unit, number_of(rate), String::new()),
        MetricValue::Gauge(value) => (number_of(*value) + &unit, String::new(), String::new()),
        MetricValue::Histogram(of) => (count(of.count), number_of(rate), values_of(of, &unit)),
    };
    [metric_name(metric), value, rate, values]
}

/// What its values are like, and how many there were that are no number.
fn values_of(histogram: &Distribution, unit: &str) -> String {
    let mut said = Vec::new();
    if histogram.count > 0 {
        let [p50, p99, max] = [histogram.quantile(0.5), histogram.quantile(0.99), histogram.max].map(number_of);
        said.push(format!("p50 {p50}, p99 {p99}, max {max}{unit}"));
    }
    if histogram.rejected > 0 {
        said.push(format!("{} no numbers", count(histogram.rejected)));
    }
    said.join(", ")
}

/// A metric's name with its labels.
#[must_use]
pub fn metric_name(metric: &MetricStats) -> String {
    let mut labels: Vec<String> = metric.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    if metric.is_overflow {
        labels.push("(other)".to_owned());
    }
    let name = if labels.is_empty() { metric.name.clone() } else { format!("{}{{{}}}", metric.name, labels.join(",")) };
    visible(&name).into_owned()
}

/// Three digits or so, whatever its size.
#[must_use]
pub fn number_of(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if !(1e-3..1e6).contains(&size) => format!("{value:.2e}"),
        size if size >= 1e3 || value.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

/// Words to the left of their columns, numbers to the right.
fn line([name, value, rate, values]: &[String; 4], [w0, w1, w2, _]: [usize; 4]) -> String {
    let line = format!("{}  {value:>w1$}  {rate:>w2$}  {values}", padded(&shortened(name, w0), w0));
    line.trim_end().to_owned()
}
