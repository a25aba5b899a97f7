//! From a snapshot to families and their series, one after the other: only one is in memory at a time.

use std::collections::HashMap;
use std::iter;
use std::rc::Rc;
use std::time::Duration;

use perf_core::{Bucket, Durations, Snapshot};

use super::model::{Bound, Family, Histogram, Kind, Labels, Scale, Series, Value};
use super::names::Taken;
use super::{Format, Options, functions, guards, own, process, profiler, waits};

/// Where families go, each once, with series that are made while they are asked for.
pub(super) type Sink<'a> = dyn FnMut(&Family, &mut dyn Iterator<Item = Series>) + 'a;

/// Hands all that is known to `sink`.
pub(super) fn collect(snapshot: &Snapshot, format: Format, options: &Options, sink: &mut Sink<'_>) {
    let bounds = Bound::all(options.buckets.iter().map(Duration::as_secs_f64));
    let native = options.native_schema.filter(|_| format == Format::Protobuf).map(|schema| schema.clamp(-4, 8));
    let native = native.map(|schema| Rc::new(Scale::new(schema)));
    let mut out = Collector { bounds, prefix: options.prefix(), native, format, taken: Taken::default(), sink };
    profiler::collect(snapshot, &mut out);
    functions::collect(snapshot, options, &mut out);
    guards::collect(snapshot, &mut out);
    waits::collect(snapshot, &mut out);
    own::collect(snapshot, &mut out);
    process::collect(snapshot, &mut out);
}

/// Where families go, and what they have in common.
pub(super) struct Collector<'a> {
    /// Of durations, in seconds.
    pub(super) bounds: Rc<[Bound]>,
    /// Before our own names, with its underscore.
    pub(super) prefix: String,
    /// Of native histograms, where they are wanted.
    pub(super) native: Option<Rc<Scale>>,
    pub(super) format: Format,
    pub(super) taken: Taken,
    sink: &'a mut Sink<'a>,
}

/// What becomes of several values of the same series.
#[derive(Clone, Copy)]
pub(super) enum Fold {
    Sum,
    Max,
    Min,
}

/// What has labels, by these: no series may be there twice.
pub(super) struct Rows<'a, T>(Vec<Row<'a, T>>);

/// What has the same labels: usually one, but two functions may have one name.
struct Row<'a, T> {
    labels: Rc<Labels>,
    first: &'a T,
    more: Vec<&'a T>,
}

impl<'a, T> Rows<'a, T> {
    /// In the order of their first.
    pub(super) fn new(all: impl IntoIterator<Item = (Rc<Labels>, &'a T)>) -> Self {
        let mut rows: Vec<Row<'_, T>> = Vec::new();
        let mut places: HashMap<RcText, usize> = HashMap::new();
        for (labels, item) in all {
            let place = *places.entry(RcText(labels.clone())).or_insert(rows.len());
            match rows.get_mut(place) {
                Some(row) => row.more.push(item),
                None => rows.push(Row { labels, first: item, more: Vec::new() }),
            }
        }
        Self(rows)
    }

    pub(super) fn series(&self, fold: Fold, value: impl Fn(&T) -> Option<Value>) -> impl Iterator<Item = Series> {
        let of = move |row: &Row<'_, T>| {
            let mut values = iter::once(&row.first).chain(&row.more).filter_map(|item| value(item));
            let mut folded = values.next()?;
            for value in values {
                match fold {
                    Fold::Sum => folded.add(&value),
                    Fold::Max => folded.max(&value),
                    Fold::Min => folded.min(&value),
                }
            }
            Some(Series { labels: row.labels.clone(), value: folded })
        };
        self.0.iter().filter_map(of)
    }
}

/// Labels by what is written of them.
struct RcText(Rc<Labels>);

impl PartialEq for RcText {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for RcText {}

impl std::hash::Hash for RcText {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.text.hash(state);
    }
}

impl From<u64> for Value {
    fn from(count: u64) -> Self {
        Self::Int(count)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<Duration> for Value {
    fn from(duration: Duration) -> Self {
        Self::Float(duration.as_secs_f64())
    }
}

impl From<Histogram> for Value {
    fn from(histogram: Histogram) -> Self {
        Self::Histogram(Box::new(histogram))
    }
}

impl Collector<'_> {
    /// Counts, added up.
    pub(super) fn counter<T, V: Into<Value>>(
        &mut self,
        rows: &Rows<'_, T>,
        name: &str,
        help: &str,
        value: impl Fn(&T) -> Option<V>,
    ) {
        self.family(Kind::Counter, name, help, rows.series(Fold::Sum, |item| value(item).map(Into::into)));
    }

    /// What there is of something; `fold` says what it comes to where several have the same labels.
    pub(super) fn gauge<T, V: Into<Value>>(
        &mut self,
        rows: &Rows<'_, T>,
        fold: Fold,
        name: &str,
        help: &str,
        value: impl Fn(&T) -> Option<V>,
    ) {
        self.family(Kind::Gauge, name, help, rows.series(fold, |item| value(item).map(Into::into)));
    }

    /// Histograms, added up.
    pub(super) fn histogram<T>(&mut self, rows: &Rows<'_, T>, name: &str, help: &str, value: impl Fn(&T) -> Histogram) {
        self.family(Kind::Histogram, name, help, rows.series(Fold::Sum, |item| Some(value(item).into())));
    }

    /// What is told by labels alone.
    pub(super) fn info<T>(&mut self, rows: &Rows<'_, T>, name: &str, help: &str) {
        let series = rows.0.iter().map(|row| Series { labels: row.labels.clone(), value: Value::Int(1) });
        self.family(Kind::Info, name, help, series);
    }

    /// One value that has no labels.
    pub(super) fn single<V: Into<Value>>(&mut self, kind: Kind, name: &str, help: &str, value: Option<V>) {
        let series = value.map(|value| Series { labels: Labels::none(), value: value.into() });
        self.family(kind, name, help, series.into_iter());
    }

    /// One of ours, unless there is nothing in it.
    pub(super) fn family(&mut self, kind: Kind, name: &str, help: &str, series: impl Iterator<Item = Series>) {
        let name = format!("{}{name}", self.prefix);
        self.taken.take(&name);
        self.emit(&Family { name, help: help.to_owned(), kind }, series);
    }

    pub(super) fn emit(&mut self, family: &Family, series: impl Iterator<Item = Series>) {
        let mut series = series.peekable();
        if series.peek().is_some() {
            (self.sink)(family, &mut series);
        }
    }
}

/// Durations as a histogram of seconds.
pub(super) fn durations(durations: &Durations, bounds: &Rc<[Bound]>, native: Option<&Scale>) -> Histogram {
    let seconds = |Bucket { low, high, count }: Bucket<Duration>| (low.as_secs_f64(), high.as_secs_f64(), count);
    Histogram::of(durations.buckets().map(seconds), durations.total().as_secs_f64(), bounds, native)
}
