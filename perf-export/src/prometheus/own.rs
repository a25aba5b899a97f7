//! The program's own metrics, under their own names.

use std::collections::BTreeMap;
use std::rc::Rc;

use perf_core::{Bucket, Distribution, MetricStats, MetricValue, Snapshot};

use super::collect::{Collector, Fold, Rows};
use super::model::{Bound, Family, Histogram, Kind, Labels, Scale};
use super::names::{label_name, metric_name};

pub(super) fn collect(snapshot: &Snapshot, out: &mut Collector<'_>) {
    let mut families: BTreeMap<(String, &str), Vec<&MetricStats>> = BTreeMap::new();
    for metric in snapshot.metrics() {
        let kind = match metric.value {
            MetricValue::Counter(_) => "counter",
            MetricValue::Gauge(_) => "gauge",
            MetricValue::Histogram(_) => "histogram",
        };
        let mut name = metric_name(&metric.name);
        if kind == "counter" {
            name = metric_name(name.strip_suffix("_total").unwrap_or(&name));
        }
        if !out.prefix.is_empty() && name.starts_with(&out.prefix) {
            name.insert_str(0, "own_");
        }
        families.entry((name, kind)).or_default().push(metric);
    }
    for ((name, kind), metrics) in families {
        let name = out.taken.free(&name, kind);
        family(&name, &metrics, out);
    }
}

/// Metrics of one name and kind.
fn family(name: &str, metrics: &[&MetricStats], out: &mut Collector<'_>) {
    let described = metrics.iter().find_map(|metric| metric.description.clone());
    let help = described.filter(|text| !text.trim().is_empty());
    let help = help.unwrap_or_else(|| format!("`{}` of the program itself.", metrics[0].name));
    let rows = Rows::new(metrics.iter().map(|metric| (labels(metric), *metric)));
    let of = |kind| Family { name: name.to_owned(), help, kind };
    match metrics[0].value {
        MetricValue::Counter(_) => {
            out.emit(&of(Kind::Counter), rows.series(Fold::Sum, |metric| metric.count().map(Into::into)));
        }
        MetricValue::Gauge(_) => {
            out.emit(&of(Kind::Gauge), rows.series(Fold::Max, |metric| Some(metric.number().into())));
        }
        MetricValue::Histogram(_) => {
            let unit = metrics.iter().find_map(|metric| metric.unit.as_deref()).unwrap_or_default();
            let bounds = bounds(name, unit, &out.bounds);
            let native = out.native.clone();
            let histogram = |metric: &MetricStats| {
                metric.distribution().map(|all| histogram(all, &bounds, native.as_deref()).into())
            };
            out.emit(&of(Kind::Histogram), rows.series(Fold::Sum, histogram));
        }
    }
}

/// Sorted, so that the same labels in another order are the same series; a label without a value is none.
fn labels(metric: &MetricStats) -> Rc<Labels> {
    let mut pairs: BTreeMap<String, &str> = BTreeMap::new();
    for (key, value) in &metric.labels {
        let mut key = label_name(key);
        // Two that differ only in what is not allowed.
        while pairs.contains_key(&key) {
            key.push('_');
        }
        if !value.is_empty() {
            pairs.insert(key, value);
        }
    }
    if metric.is_overflow {
        pairs.insert("overflow".into(), "true");
    }
    Labels::new(pairs)
}

/// Where the buckets of a histogram end that is not of durations in seconds, for which there are others: a power of four
/// for bytes, else a power of ten.
fn bounds(name: &str, unit: &str, seconds: &Rc<[Bound]>) -> Rc<[Bound]> {
    let is = |what: &str| unit == what || name.ends_with(&format!("_{what}"));
    if is("seconds") {
        seconds.clone()
    } else if is("bytes") {
        Bound::all((3..=16).map(|power| 4_f64.powi(power)))
    } else {
        Bound::all((-6..=9).map(|power| format!("1e{power}").parse().unwrap_or(f64::INFINITY)))
    }
}

fn histogram(values: &Distribution, bounds: &Rc<[Bound]>, native: Option<&Scale>) -> Histogram {
    let buckets = values.buckets().map(|Bucket { low, high, count }| (low, high, count));
    Histogram::of(buckets, values.sum, bounds, native)
}
