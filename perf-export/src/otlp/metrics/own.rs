//! The program's own metrics, under their own names.

use perf_core::{MetricStats, MetricValue};

use super::super::proto::KeyValue;
use super::{About, Kind, Recorder};

pub(super) fn record(metrics: &[MetricStats], recorder: &mut Recorder) {
    for metric in metrics {
        let labels = metric.labels.iter().map(|(key, value)| KeyValue::new(key.as_str(), value.as_str()));
        // As OpenTelemetry marks what stands for all that there was no room for.
        let overflow = metric.is_overflow.then(|| KeyValue::new("otel.metric.overflow", true));
        let attributes = labels.chain(overflow).collect();
        let (unit, description) = (unit(metric), metric.description.as_deref().unwrap_or_default());
        match &metric.value {
            MetricValue::Counter(count) => {
                recorder.number(About(Kind::Count, &metric.name, unit, description), attributes, *count);
            }
            MetricValue::Gauge(value) => {
                recorder.number(About(Kind::Gauge, &metric.name, unit, description), attributes, *value);
            }
            MetricValue::Histogram(values) => {
                recorder.values(About(Kind::Histogram, &metric.name, unit, description), attributes, values);
            }
        }
    }
}

/// The unit as OpenTelemetry writes it: by the Unified Code for Units of Measure.
fn unit(metric: &MetricStats) -> &str {
    match metric.unit.as_deref().unwrap_or_default() {
        "count" => "1",
        "percent" => "%",
        "seconds" => "s",
        "milliseconds" => "ms",
        "microseconds" => "us",
        "nanoseconds" => "ns",
        "bytes" => "By",
        "kibibytes" => "KiBy",
        "mebibytes" => "MiBy",
        "gibibytes" => "GiBy",
        "tebibytes" => "TiBy",
        "bits_per_second" => "bit/s",
        "kilobits_per_second" => "kbit/s",
        "megabits_per_second" => "Mbit/s",
        "gigabits_per_second" => "Gbit/s",
        "terabits_per_second" => "Tbit/s",
        "count_per_second" => "1/s",
        other => other,
    }
}
