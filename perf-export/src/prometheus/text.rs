//! The two text formats.

use std::fmt::Write;
use std::time::SystemTime;

use super::Format;
use super::model::{Family, Histogram, Kind, Labels, Series, Value};
use super::names::{escape, number};

/// Writes families one after the other.
pub(super) struct Writer {
    out: String,
    /// Of all buckets of a histogram: up to where the bound is.
    start: String,
    /// Of the bucket before, the count.
    digits: String,
    is_open: bool,
    /// Seconds of Unix' time when all counting began, as `OpenMetrics` tells it of each series.
    created: Option<f64>,
}

impl Writer {
    pub(super) fn new(format: Format, created: Option<SystemTime>) -> Self {
        let is_open = format == Format::OpenMetrics;
        let seconds = |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| since.as_secs_f64());
        Self {
            out: String::with_capacity(1 << 14),
            start: String::new(),
            digits: String::new(),
            is_open,
            created: created.and_then(seconds),
        }
    }

    pub(super) fn finish(mut self) -> String {
        if self.is_open {
            self.out.push_str("# EOF\n");
        }
        self.out
    }

    pub(super) fn family(&mut self, family: &Family, series: &mut dyn Iterator<Item = Series>) {
        self.head(family);
        for series in series {
            match &series.value {
                Value::Histogram(histogram) => self.histogram(family, &series.labels, histogram),
                value => {
                    self.name(family, family.kind.suffix(), &series.labels);
                    self.value(value);
                }
            }
            if family.kind == Kind::Counter || family.kind == Kind::Histogram {
                self.created(family, &series.labels);
            }
        }
    }

    fn head(&mut self, family: &Family) {
        // Only OpenMetrics knows families whose samples have other names.
        let suffix = if self.is_open { "" } else { family.kind.suffix() };
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Histogram => "histogram",
            Kind::Info if self.is_open => "info",
            Kind::Gauge | Kind::Info => "gauge",
        };
        let _ = write!(self.out, "# HELP {}{suffix} ", family.name);
        escape(&mut self.out, &family.help, self.is_open);
        let _ = write!(self.out, "\n# TYPE {}{suffix} {kind}\n", family.name);
        if let Some(unit) = family.unit().filter(|_| self.is_open) {
            let _ = writeln!(self.out, "# UNIT {} {unit}", family.name);
        }
    }

    /// A sample up to its value.
    fn name(&mut self, family: &Family, suffix: &str, labels: &Labels) {
        self.out.push_str(&family.name);
        self.out.push_str(suffix);
        if !labels.text.is_empty() {
            self.out.push('{');
            self.out.push_str(&labels.text);
            self.out.push('}');
        }
        self.out.push(' ');
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Int(count) => {
                let _ = write!(self.out, "{count}");
            }
            Value::Float(value) => number(&mut self.out, *value),
            Value::Histogram(_) => {}
        }
        self.out.push('\n');
    }

    fn histogram(&mut self, family: &Family, labels: &Labels, histogram: &Histogram) {
        let mut exemplars = histogram.exemplars.iter().peekable();
        let mut before = None;
        self.start.clear();
        self.start.push_str(&family.name);
        self.start.push_str("_bucket{");
        if !labels.text.is_empty() {
            self.start.push_str(&labels.text);
            self.start.push(',');
        }
        self.start.push_str("le=\"");
        for (at, (bound, &count)) in histogram.bounds.iter().zip(&histogram.counts).enumerate() {
            self.out.push_str(&self.start);
            self.out.push_str(&bound.text);
            self.out.push_str("\"} ");
            // Most buckets are empty, and what is up to them what is up to those before.
            if before.replace(count) != Some(count) {
                self.digits.clear();
                let _ = write!(self.digits, "{count}");
            }
            self.out.push_str(&self.digits);
            if let Some((_, value, trace)) = exemplars.next_if(|exemplar| exemplar.0 == at && self.is_open) {
                let _ = write!(self.out, " # {{trace_id=\"{trace:032x}\"}} {value}");
            }
            self.out.push('\n');
        }
        self.name(family, "_sum", labels);
        self.value(&Value::Float(histogram.sum));
        self.name(family, "_count", labels);
        self.value(&Value::Int(histogram.count));
    }

    fn created(&mut self, family: &Family, labels: &Labels) {
        if let Some(created) = self.created.filter(|_| self.is_open) {
            self.name(family, "_created", labels);
            self.value(&Value::Float(created));
        }
    }
}
