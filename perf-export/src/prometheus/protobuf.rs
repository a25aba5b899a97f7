//! Prometheus' protocol buffers: `io.prometheus.client`, of which only what is written is here.

use std::time::SystemTime;

use prost::Message;

use super::model::{Family, Histogram, Kind, Labels, Series, Value};

#[derive(Clone, PartialEq, Message)]
pub(super) struct MetricFamily {
    #[prost(string, optional, tag = "1")]
    pub(super) name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(super) help: Option<String>,
    #[prost(enumeration = "MetricType", optional, tag = "3")]
    pub(super) kind: Option<i32>,
    #[prost(message, repeated, tag = "4")]
    pub(super) metric: Vec<Metric>,
    #[prost(string, optional, tag = "5")]
    pub(super) unit: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(super) enum MetricType {
    Counter = 0,
    Gauge = 1,
    Histogram = 4,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Metric {
    #[prost(message, repeated, tag = "1")]
    pub(super) label: Vec<LabelPair>,
    #[prost(message, optional, tag = "2")]
    pub(super) gauge: Option<Gauge>,
    #[prost(message, optional, tag = "3")]
    pub(super) counter: Option<Counter>,
    #[prost(message, optional, tag = "7")]
    pub(super) histogram: Option<HistogramMessage>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct LabelPair {
    #[prost(string, optional, tag = "1")]
    pub(super) name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(super) value: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Gauge {
    #[prost(double, optional, tag = "1")]
    pub(super) value: Option<f64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Counter {
    #[prost(double, optional, tag = "1")]
    pub(super) value: Option<f64>,
    #[prost(message, optional, tag = "3")]
    pub(super) created: Option<Timestamp>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub(super) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(super) nanos: i32,
}

/// `Histogram` there.
#[derive(Clone, PartialEq, Message)]
pub(super) struct HistogramMessage {
    #[prost(uint64, optional, tag = "1")]
    pub(super) sample_count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub(super) sample_sum: Option<f64>,
    #[prost(message, repeated, tag = "3")]
    pub(super) bucket: Vec<Bucket>,
    #[prost(sint32, optional, tag = "5")]
    pub(super) schema: Option<i32>,
    #[prost(double, optional, tag = "6")]
    pub(super) zero_threshold: Option<f64>,
    #[prost(uint64, optional, tag = "7")]
    pub(super) zero_count: Option<u64>,
    #[prost(message, repeated, tag = "12")]
    pub(super) positive_span: Vec<BucketSpan>,
    #[prost(sint64, repeated, packed = "false", tag = "13")]
    pub(super) positive_delta: Vec<i64>,
    #[prost(message, optional, tag = "15")]
    pub(super) created: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Bucket {
    #[prost(uint64, optional, tag = "1")]
    pub(super) cumulative_count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub(super) upper_bound: Option<f64>,
    #[prost(message, optional, tag = "3")]
    pub(super) exemplar: Option<Exemplar>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Exemplar {
    #[prost(message, repeated, tag = "1")]
    pub(super) label: Vec<LabelPair>,
    #[prost(double, optional, tag = "2")]
    pub(super) value: Option<f64>,
}

/// Buckets side by side: how many, and how far from the last.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct BucketSpan {
    #[prost(sint32, optional, tag = "1")]
    pub(super) offset: Option<i32>,
    #[prost(uint32, optional, tag = "2")]
    pub(super) length: Option<u32>,
}

/// What a family's metrics begin with: the number of the field, and that bytes follow.
const METRIC: u8 = 4 << 3 | 2;

/// Writes families one after the other, the length of each before it.
pub(super) struct Writer {
    out: Vec<u8>,
    /// Of the family that is being written.
    body: Vec<u8>,
    /// The metric before, whose memory the next one takes.
    metric: Metric,
    created: Option<Timestamp>,
}

impl Writer {
    pub(super) fn new(created: Option<SystemTime>) -> Self {
        let since = created.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let created =
            since.map(|since| Timestamp { seconds: since.as_secs() as i64, nanos: since.subsec_nanos() as i32 });
        Self { out: Vec::with_capacity(1 << 14), body: Vec::new(), metric: Metric::default(), created }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }

    pub(super) fn family(&mut self, family: &Family, series: &mut dyn Iterator<Item = Series>) {
        let kind = match family.kind {
            Kind::Counter => MetricType::Counter,
            Kind::Gauge | Kind::Info => MetricType::Gauge,
            Kind::Histogram => MetricType::Histogram,
        };
        let head = MetricFamily {
            name: Some(format!("{}{}", family.name, family.kind.suffix())),
            help: Some(family.help.clone()),
            kind: Some(kind.into()),
            metric: Vec::new(),
            unit: family.unit().map(Into::into),
        };
        self.body = head.encode_to_vec();
        for series in series {
            // A message is what is in all its parts, one after the other: so only one metric is in memory.
            self.set_metric(family.kind, &series);
            self.body.push(METRIC);
            self.metric.encode_length_delimited(&mut self.body).unwrap_or_else(|_| unreachable!("a vector has room"));
        }
        prost::encode_length_delimiter(self.body.len(), &mut self.out)
            .unwrap_or_else(|_| unreachable!("a vector has room"));
        self.out.extend_from_slice(&self.body);
    }

    fn set_metric(&mut self, kind: Kind, series: &Series) {
        set_labels(&mut self.metric.label, &series.labels);
        let Metric { gauge, counter, histogram, .. } = &mut self.metric;
        (*gauge, *counter) = (None, None);
        let number = match &series.value {
            Value::Int(count) => *count as f64,
            Value::Float(number) => *number,
            Value::Histogram(value) => return set_histogram(histogram.get_or_insert_default(), value, self.created),
        };
        *histogram = None;
        match kind {
            Kind::Counter => *counter = Some(Counter { value: Some(number), created: self.created }),
            _ => *gauge = Some(Gauge { value: Some(number) }),
        }
    }
}

fn set_labels(pairs: &mut Vec<LabelPair>, labels: &Labels) {
    let set = |text: &mut Option<String>, value: &str| {
        let text = text.get_or_insert_default();
        text.clear();
        text.push_str(value);
    };
    pairs.resize_with(labels.pairs.len(), LabelPair::default);
    for (pair, (name, value)) in pairs.iter_mut().zip(&labels.pairs) {
        set(&mut pair.name, name);
        set(&mut pair.value, value);
    }
}

fn set_histogram(message: &mut HistogramMessage, histogram: &Histogram, created: Option<Timestamp>) {
    let mut exemplars = histogram.exemplars.iter().peekable();
    let buckets = histogram.bounds.iter().zip(&histogram.counts).enumerate().map(|(at, (bound, &count))| Bucket {
        cumulative_count: Some(count),
        upper_bound: Some(bound.value),
        exemplar: exemplars.next_if(|exemplar| exemplar.0 == at).map(|&(_, value, trace)| exemplar(value, trace)),
    });
    message.sample_count = Some(histogram.count);
    message.sample_sum = Some(histogram.sum);
    message.bucket.clear();
    message.bucket.extend(buckets);
    message.created = created;
    message.schema = histogram.native.as_ref().map(|native| native.schema.into());
    message.zero_threshold = histogram.native.as_ref().map(|native| native.zero_threshold);
    message.zero_count = histogram.native.as_ref().map(|native| native.zero);
    let native = histogram.native.as_ref().map_or(&[][..], |native| &native.buckets);
    set_spans(&mut message.positive_span, &mut message.positive_delta, native);
}

fn exemplar(value: f64, trace: u128) -> Exemplar {
    let label = LabelPair { name: Some("trace_id".into()), value: Some(format!("{trace:032x}")) };
    Exemplar { label: vec![label], value: Some(value) }
}

/// Buckets as spans of those side by side, and how many more are in each than in the one before.
fn set_spans(spans: &mut Vec<BucketSpan>, deltas: &mut Vec<i64>, buckets: &[(i32, u64)]) {
    let (mut next, mut before) = (0, 0);
    spans.clear();
    deltas.clear();
    for &(bucket, count) in buckets {
        match spans.last_mut() {
            Some(span) if bucket == next => span.length = span.length.map(|length| length + 1),
            _ => spans.push(BucketSpan { offset: Some(bucket - next), length: Some(1) }),
        }
        deltas.push((count as i64).wrapping_sub(before));
        (next, before) = (bucket + 1, count as i64);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spans(buckets: &[(i32, u64)]) -> (Vec<BucketSpan>, Vec<i64>) {
        // What is left of others is not in the way.
        let (mut spans, mut deltas) = (vec![BucketSpan::default()], vec![7]);
        set_spans(&mut spans, &mut deltas, buckets);
        (spans, deltas)
    }

    #[test]
    fn spans_are_what_is_side_by_side() {
        let span = |offset, length| BucketSpan { offset: Some(offset), length: Some(length) };
        let (found, deltas) = spans(&[(-3, 5), (-2, 2), (4, 2), (5, 9)]);
        assert_eq!(found, [span(-3, 2), span(5, 2)]);
        assert_eq!(deltas, [5, -3, 0, 7]);
    }

    proptest! {
        #[test]
        fn spans_can_be_read_back(buckets in prop::collection::btree_map(-200..200_i32, 1..u64::MAX / 2, 0..50)) {
            let buckets: Vec<_> = buckets.into_iter().collect();
            let (found, deltas) = spans(&buckets);
            let (mut read, mut at, mut count) = (Vec::new(), 0, 0_i64);
            let mut deltas = deltas.into_iter();
            for span in found {
                at += span.offset.unwrap();
                for _ in 0..span.length.unwrap() {
                    count = count.wrapping_add(deltas.next().unwrap());
                    read.push((at, count as u64));
                    at += 1;
                }
            }
            prop_assert_eq!(read, buckets);
        }
    }
}
