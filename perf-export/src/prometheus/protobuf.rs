//! Prometheus' protocol buffers: `io.prometheus.client`, of which only what is written is here.

use std::time::SystemTime;

use prost::Message;

use super::histogram;
use super::model::{Family, Kind, Labels, Series, Value};

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
    /// A message, which looks the same: see [`histogram`].
    #[prost(bytes = "vec", optional, tag = "7")]
    pub(super) histogram: Option<Vec<u8>>,
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

#[derive(Clone, PartialEq, Message)]
pub(super) struct Exemplar {
    #[prost(message, repeated, tag = "1")]
    pub(super) label: Vec<LabelPair>,
    #[prost(double, optional, tag = "2")]
    pub(super) value: Option<f64>,
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
        let Metric { gauge, counter, histogram: bytes, .. } = &mut self.metric;
        (*gauge, *counter) = (None, None);
        let number = match &series.value {
            Value::Int(count) => *count as f64,
            Value::Float(number) => *number,
            Value::Histogram(value) => {
                let bytes = bytes.get_or_insert_default();
                bytes.clear();
                return histogram::write(bytes, value, self.created);
            }
        };
        *bytes = None;
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
