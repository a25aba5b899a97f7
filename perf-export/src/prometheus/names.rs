//! Names that are allowed, and text that is escaped.

use std::collections::HashSet;
use std::fmt::Write;

/// A metric's name: letters, digits and underscores, and no digit first. A colon would be allowed, but is for recording
/// rules.
pub(super) fn metric_name(name: &str) -> String {
    let mut allowed: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if allowed.is_empty() || allowed.starts_with(|c: char| c.is_ascii_digit()) {
        allowed.insert(0, '_');
    }
    allowed
}

/// A label's name: likewise, but that two underscores at its beginning and the names that histograms need are reserved.
pub(super) fn label_name(name: &str) -> String {
    let mut allowed = metric_name(name);
    if matches!(allowed.as_str(), "le" | "quantile") || allowed.starts_with("__") {
        allowed.insert_str(0, "label_");
    }
    allowed
}

/// Between double quotes, as a label's value.
pub(super) fn escape_value(out: &mut String, value: &str) {
    escape(out, value, true);
}

/// As a help text; `quotes` are escaped in `OpenMetrics`, and not in Prometheus' text.
pub(super) fn escape(out: &mut String, text: &str, quotes: bool) {
    let is_special = |byte: &u8| matches!(byte, b'\\' | b'\n') || (quotes && *byte == b'"');
    let mut rest = text;
    // Bytes, since none of these is part of another character.
    while let Some(at) = rest.as_bytes().iter().position(is_special) {
        out.push_str(&rest[..at]);
        out.push('\\');
        out.push(if rest.as_bytes()[at] == b'\n' { 'n' } else { char::from(rest.as_bytes()[at]) });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// A bound in a label: so, and not otherwise, Go and `OpenMetrics` write it, `1.0` or `2.5e-06`. Series would not be the same
/// series in two formats if they differed in that.
pub(super) fn bound(value: f64) -> String {
    if value == f64::INFINITY {
        return "+Inf".into();
    }
    let exponential = format!("{value:e}");
    let (digits, exponent) = exponential.split_once('e').unwrap_or((&exponential, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..21).contains(&exponent) {
        let plain = value.to_string();
        return if plain.contains('.') { plain } else { format!("{plain}.0") };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// A sample's value.
pub(super) fn number(out: &mut String, value: f64) {
    if value.is_nan() {
        out.push_str("NaN");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
    } else {
        let _ = write!(out, "{value}");
    }
}

/// Names that are taken: no family may have a sample's name of another.
#[derive(Default)]
pub(super) struct Taken(HashSet<String>);

/// What is put behind a family's name in one format or other.
const SUFFIXES: [&str; 7] = ["", "_total", "_created", "_bucket", "_sum", "_count", "_info"];

impl Taken {
    /// Takes it, whoever has it.
    pub(super) fn take(&mut self, name: &str) {
        self.0.extend(SUFFIXES.iter().map(|suffix| format!("{name}{suffix}")));
    }

    /// Whether no family has this name, or one that it would be mistaken for.
    pub(super) fn is_free(&self, name: &str) -> bool {
        SUFFIXES.iter().all(|suffix| !self.0.contains(&format!("{name}{suffix}")))
    }

    /// Takes this name, or one like it that is free: with the kind behind it, and then a number.
    pub(super) fn free(&mut self, name: &str, kind: &str) -> String {
        let mut candidate = name.to_owned();
        let mut tried = 0;
        while !self.is_free(&candidate) {
            tried += 1;
            candidate = if tried == 1 { format!("{name}_{kind}") } else { format!("{name}_{kind}_{tried}") };
        }
        self.take(&candidate);
        candidate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_what_is_allowed_of_them() {
        for (name, metric, label) in [
            ("http.requests", "http_requests", "http_requests"),
            ("9lives", "_9lives", "_9lives"),
            ("", "_", "_"),
            ("größe", "gr__e", "gr__e"),
            ("le", "le", "label_le"),
            ("__name__", "__name__", "label___name__"),
            ("a:b", "a_b", "a_b"),
        ] {
            assert_eq!((metric_name(name).as_str(), label_name(name).as_str()), (metric, label));
        }
    }

    #[test]
    fn bounds_are_written_as_go_writes_them() {
        for (value, text) in [
            (1.0, "1.0"),
            (0.0001, "0.0001"),
            (0.000_025, "2.5e-05"),
            (1e-6, "1e-06"),
            (2.5e-6, "2.5e-06"),
            (10.0, "10.0"),
            (0.25, "0.25"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(bound(value), text);
        }
    }

    #[test]
    fn names_that_are_taken_are_not_given_again() {
        let mut taken = Taken::default();
        taken.take("perf_uptime_seconds");
        assert_eq!(taken.free("perf_uptime_seconds", "gauge"), "perf_uptime_seconds_gauge");
        assert_eq!(taken.free("requests", "counter"), "requests");
        assert_eq!(taken.free("requests_total", "gauge"), "requests_total_gauge");
        assert_eq!(taken.free("requests", "gauge"), "requests_gauge");
        assert_eq!(taken.free("requests", "gauge"), "requests_gauge_2");
    }
}
