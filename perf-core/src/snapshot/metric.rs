use std::time::Duration;

use super::Window;
use super::distribution::Distribution;

/// One of the program's own metrics: a name and its labels.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MetricStats {
    /// What it is called.
    pub name: String,
    /// Its labels, in the order in which they were first given.
    pub labels: Vec<(String, String)>,
    /// It stands for all labels that there was no room for.
    pub is_overflow: bool,
    /// What it counts, as was said of it: `bytes`, `seconds`, …
    pub unit: Option<String>,
    /// What was said of it.
    pub description: Option<String>,
    /// What it has come to.
    pub value: MetricValue,
    pub(crate) windows: [MetricWindow; 4],
}

/// What a metric has come to.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum MetricValue {
    /// How often something happened, exact.
    Counter(u64),
    /// How much there is of something.
    Gauge(#[cfg_attr(feature = "serde", serde(deserialize_with = "number_or_none"))] f64),
    /// How values are distributed.
    Histogram(Distribution),
}

/// What happened to a metric in one of the rolling windows.
///
/// Of a counter there are a count and a rate. Of a gauge, what it was when the background thread looked, some ten times
/// a second: how often that was, and the mean, the lowest and the highest.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MetricWindow {
    /// The time that the window covers.
    pub span: Duration,
    /// What was counted, or how many values were recorded, exact.
    pub count: u64,
    /// The same a second.
    pub rate: f64,
    /// Mean of the values.
    pub mean: f64,
    /// The lowest of them, to a bucket, 6 %.
    pub min: f64,
    /// The highest of them, likewise.
    pub max: f64,
    /// Median, to 3 %, as the other percentiles; of histograms.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// 99.9th percentile.
    pub p999: f64,
}

impl MetricWindow {
    /// What happened in so much time.
    #[doc(hidden)]
    #[must_use]
    pub fn of(what: &Distribution, span: Duration) -> Self {
        let seconds = span.as_secs_f64();
        let [p50, p95, p99, p999] = [0.5, 0.95, 0.99, 0.999].map(|q| what.quantile(q));
        Self {
            span,
            count: what.count,
            rate: if seconds > 0.0 { what.count as f64 / seconds } else { 0.0 },
            mean: what.mean(),
            min: what.min,
            max: what.max,
            p50,
            p95,
            p99,
            p999,
        }
    }
}

impl MetricStats {
    /// One with these windows, the shortest first, of which nothing is said.
    #[doc(hidden)]
    #[must_use]
    pub fn new(name: String, labels: Vec<(String, String)>, value: MetricValue, windows: [MetricWindow; 4]) -> Self {
        Self { name, labels, is_overflow: false, unit: None, description: None, value, windows }
    }

    /// A counter's count, a gauge's value, or a histogram's mean.
    #[must_use]
    pub fn number(&self) -> f64 {
        match &self.value {
            MetricValue::Counter(count) => *count as f64,
            MetricValue::Gauge(value) => *value,
            MetricValue::Histogram(values) => values.mean(),
        }
    }

    /// A counter's count, exact, or the number of values that a histogram has; none of a gauge.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        match &self.value {
            MetricValue::Counter(count) => Some(*count),
            MetricValue::Gauge(_) => None,
            MetricValue::Histogram(values) => Some(values.count),
        }
    }

    /// How its values are distributed, if it is a histogram.
    #[must_use]
    pub fn distribution(&self) -> Option<&Distribution> {
        match &self.value {
            MetricValue::Histogram(values) => Some(values),
            _ => None,
        }
    }

    /// What happened in one of the rolling windows.
    #[must_use]
    pub fn window(&self, window: Window) -> MetricWindow {
        self.windows[window as usize]
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        let kinds = [&self.value, &other.value].map(std::mem::discriminant);
        kinds[0] == kinds[1] && self.is_overflow == other.is_overflow && self.is(&other.name, &other.labels)
    }

    /// Whether it has this name and these labels, in whatever order.
    pub(super) fn is<S: AsRef<str>>(&self, name: &str, labels: &[(S, S)]) -> bool {
        let has = |(key, value): &(S, S)| self.labels.iter().any(|(k, v)| k == key.as_ref() && v == value.as_ref());
        self.name == name && self.labels.len() == labels.len() && labels.iter().all(has)
    }

    /// Leaves what has happened since `then`; a gauge stays what it is.
    pub(super) fn count_from(&mut self, then: &Self) {
        match (&mut self.value, &then.value) {
            (MetricValue::Counter(now), MetricValue::Counter(then)) => *now = now.saturating_sub(*then),
            (MetricValue::Histogram(now), MetricValue::Histogram(then)) => *now = now.since(then),
            _ => {}
        }
    }
}

/// What is no number is nothing in JSON.
#[cfg(feature = "serde")]
fn number_or_none<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let number: Option<f64> = serde::Deserialize::deserialize(deserializer)?;
    Ok(number.unwrap_or(f64::NAN))
}
