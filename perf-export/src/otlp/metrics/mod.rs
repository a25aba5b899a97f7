//! A snapshot as metrics. Names and units follow OpenTelemetry's conventions where there are any; what is not in them
//! begins with `perf.`.

mod functions;
mod own;
mod process;
mod waits;

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use perf_core::{Bucket, Distribution, Snapshot};

use super::Temporality;
use super::exponential;
use super::proto::{
    AggregationTemporality, Data, ExponentialHistogram, Gauge, HistogramPoint, KeyValue, Metric, Number, NumberPoint,
    Sum,
};

/// A snapshot's distributions have all that is not more in one bucket, with what is negative: 2⁻³⁰.
const LEAST: f64 = 1.0 / (1_u64 << 30) as f64;

/// What a number is: decides what receivers may do with it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    /// Only ever rises. Of what is asked for, since the start or since the request before.
    Count,
    /// Rises and falls, and may be added up over instances.
    UpDown,
    /// May not be added up.
    Gauge,
    /// How values are distributed.
    Histogram,
}

/// Name, unit and description, and what it is.
#[derive(Clone, Copy)]
struct About<'a>(Kind, &'a str, &'a str, &'a str);

/// When what is told began, and when it was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Of what counts since the start.
    pub(super) start: u64,
    /// Of what counts in the way that is asked for.
    pub(super) counted_from: u64,
    pub(super) now: u64,
}

/// All metrics, in the order in which they were first met.
pub(super) struct Recorder {
    span: Span,
    temporality: Temporality,
    metrics: Vec<Metric>,
    places: HashMap<(Cow<'static, str>, Kind), usize>,
}

/// Everything that a snapshot knows: `counted` is what has happened since the request before, where that is asked for.
pub(super) fn of(now: &Snapshot, counted: &Snapshot, recorder: &mut Recorder) {
    functions::record(now, counted, recorder);
    waits::guards(counted.guards(), recorder);
    waits::queues(counted.queues(), recorder);
    waits::locks(counted.locks(), recorder);
    process::overhead(now, recorder);
    if let Some(process) = counted.process() {
        process::record(process, now.uptime(), recorder);
    }
    own::record(counted.metrics(), recorder);
}

impl Recorder {
    pub(super) fn new(temporality: Temporality, span: Span) -> Self {
        Self { span, temporality, metrics: Vec::new(), places: HashMap::new() }
    }

    /// All of it.
    pub(super) fn finish(self) -> Vec<Metric> {
        self.metrics
    }

    /// What has become of what was sent before.
    pub(super) fn delivered(&mut self, signal: &str, outcomes: [(&str, u64); 3]) {
        let about =
            About(Kind::UpDown, "perf.export.items", "{item}", "Data points and spans by what has become of them.");
        for (outcome, count) in outcomes {
            let attributes =
                vec![KeyValue::new("perf.export.signal", signal), KeyValue::new("perf.export.outcome", outcome)];
            self.number(about, attributes, count);
        }
    }

    fn number(&mut self, about: About<'_>, attributes: Vec<KeyValue>, value: impl Into<Number>) {
        let start_unix_nanos = match about.0 {
            Kind::Count => self.span.counted_from,
            Kind::UpDown => self.span.start,
            Kind::Gauge | Kind::Histogram => 0,
        };
        let value = Some(value.into());
        let point = NumberPoint { attributes, start_unix_nanos, unix_nanos: self.span.now, value };
        match &mut self.metric(about).data {
            Some(Data::Gauge(gauge)) => gauge.points.push(point),
            Some(Data::Sum(sum)) => sum.points.push(point),
            _ => {}
        }
    }

    fn histogram(&mut self, about: About<'_>, attributes: Vec<KeyValue>, point: HistogramPoint) {
        let Span { counted_from: start_unix_nanos, now: unix_nanos, .. } = self.span;
        let point = HistogramPoint { attributes, start_unix_nanos, unix_nanos, ..point };
        if let Some(Data::Histogram(histogram)) = &mut self.metric(about).data {
            histogram.points.push(point);
        }
    }

    /// Durations in seconds: their sum, the shortest and the longest.
    fn durations(
        &mut self,
        about: About<'_>,
        attributes: Vec<KeyValue>,
        buckets: impl Iterator<Item = Bucket<Duration>>,
        sum: Duration,
        ends: [Duration; 2],
    ) {
        let seconds = |Bucket { low, high, count }: Bucket<Duration>| Bucket {
            low: low.as_secs_f64(),
            high: high.as_secs_f64(),
            count,
        };
        let point = exponential::point(buckets.map(seconds), 0.0);
        let [sum, min, max] = [sum, ends[0], ends[1]].map(|duration| Some(duration.as_secs_f64()));
        self.histogram(about, attributes, HistogramPoint { sum, min, max, ..point });
    }

    /// Values of any kind.
    fn values(&mut self, about: About<'_>, attributes: Vec<KeyValue>, values: &Distribution) {
        let mut point = exponential::point(values.buckets(), LEAST);
        if values.count > 0 {
            (point.sum, point.min, point.max) = (Some(values.sum), Some(values.min), Some(values.max));
        }
        self.histogram(about, attributes, point);
    }

    fn metric(&mut self, About(kind, name, unit, description): About<'_>) -> &mut Metric {
        let at = *self.places.entry((Cow::Owned(name.to_owned()), kind)).or_insert_with(|| {
            let data = Some(empty(kind, self.temporality));
            let [name, unit, description] = [name, unit, description].map(str::to_owned);
            self.metrics.push(Metric { name, description, unit, data });
            self.metrics.len() - 1
        });
        &mut self.metrics[at]
    }
}

fn empty(kind: Kind, temporality: Temporality) -> Data {
    let asked = match temporality {
        Temporality::Cumulative => AggregationTemporality::Cumulative,
        Temporality::Delta => AggregationTemporality::Delta,
    } as i32;
    let cumulative = AggregationTemporality::Cumulative as i32;
    match kind {
        Kind::Count => Data::Sum(Sum { points: Vec::new(), temporality: asked, is_monotonic: true }),
        Kind::UpDown => Data::Sum(Sum { points: Vec::new(), temporality: cumulative, is_monotonic: false }),
        Kind::Gauge => Data::Gauge(Gauge::default()),
        Kind::Histogram => Data::Histogram(ExponentialHistogram { points: Vec::new(), temporality: asked }),
    }
}

impl From<u64> for Number {
    fn from(count: u64) -> Self {
        Self::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

/// Metrics with at most so many points in all, several times where there are more. Gives how many points each has.
pub(super) fn split(metrics: Vec<Metric>, most: usize) -> Vec<(Vec<Metric>, u64)> {
    let mut parts: Vec<(Vec<Metric>, u64)> = Vec::new();
    for mut metric in metrics {
        loop {
            let room = match parts.last() {
                Some((_, points)) if (*points as usize) < most => most - *points as usize,
                _ => {
                    parts.push((Vec::new(), 0));
                    most
                }
            };
            let (head, rest) = cut(metric, room);
            if let Some((part, points)) = parts.last_mut() {
                *points += len(&head) as u64;
                part.push(head);
            }
            match rest {
                Some(rest) => metric = rest,
                None => break,
            }
        }
    }
    parts
}

/// At most so many of its points, and the rest.
fn cut(mut metric: Metric, most: usize) -> (Metric, Option<Metric>) {
    if len(&metric) <= most {
        return (metric, None);
    }
    let rest = match &mut metric.data {
        Some(Data::Gauge(gauge)) => Some(Data::Gauge(Gauge { points: gauge.points.split_off(most) })),
        Some(Data::Sum(sum)) => Some(Data::Sum(Sum { points: sum.points.split_off(most), ..*sum })),
        Some(Data::Histogram(histogram)) => {
            let points = histogram.points.split_off(most);
            Some(Data::Histogram(ExponentialHistogram { points, ..*histogram }))
        }
        None => None,
    };
    let Metric { name, description, unit, .. } = &metric;
    let rest = Metric { name: name.clone(), description: description.clone(), unit: unit.clone(), data: rest };
    (metric, Some(rest))
}

fn len(metric: &Metric) -> usize {
    match &metric.data {
        Some(Data::Gauge(gauge)) => gauge.points.len(),
        Some(Data::Sum(sum)) => sum.points.len(),
        Some(Data::Histogram(histogram)) => histogram.points.len(),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_have_so_many_points_at_most_and_none_is_lost() {
        let span = Span { start: 1, counted_from: 1, now: 2 };
        for (a, b, most) in [(0, 0, 3), (3, 0, 3), (7, 5, 3), (1, 9, 4), (2, 2, 100)] {
            let mut recorder = Recorder::new(Temporality::Cumulative, span);
            for (name, kind, count) in [("a", Kind::Count, a), ("b", Kind::Gauge, b)] {
                (0..count).for_each(|n| recorder.number(About(kind, name, "1", ""), Vec::new(), n));
            }
            let parts = split(recorder.finish(), most);
            let sizes: Vec<u64> = parts.iter().map(|(_, points)| *points).collect();
            assert!(sizes.iter().all(|size| (1..=most as u64).contains(size)), "{sizes:?}");
            assert_eq!(sizes.iter().sum::<u64>(), a + b);
            let told: usize = parts.iter().flat_map(|(part, _)| part.iter().map(len)).sum();
            assert_eq!(told as u64, a + b);
        }
    }
}
