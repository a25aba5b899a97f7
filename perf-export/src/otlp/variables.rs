//! The variables of the OpenTelemetry specification. What is wrong with one is told through `tracing`, and it counts as not
//! set, as the specification has it.

use std::time::Duration;

use super::Temporality;

/// Where variables come from: the environment.
pub(super) struct Variables<'a>(pub(super) &'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    /// One that is set; what is empty is not.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// Of `OTEL_EXPORTER_OTLP_…` the one for a signal, or the one for all; with its name.
    pub(super) fn of(&self, signal: &str, what: &str) -> Option<(String, String)> {
        let names = [format!("OTEL_EXPORTER_OTLP_{signal}_{what}"), format!("OTEL_EXPORTER_OTLP_{what}")];
        names.into_iter().find_map(|name| self.get(&name).map(|value| (name, value)))
    }

    /// How long a request may take.
    pub(super) fn timeout(&self, signal: &str) -> Option<Duration> {
        let (name, value) = self.of(signal, "TIMEOUT")?;
        milliseconds(&name, &value)
    }

    /// How often metrics are sent.
    pub(super) fn interval(&self) -> Option<Duration> {
        let name = "OTEL_METRIC_EXPORT_INTERVAL";
        milliseconds(name, &self.get(name)?)
    }

    /// How often traces are sent.
    pub(super) fn traces_interval(&self) -> Option<Duration> {
        let name = "OTEL_BSP_SCHEDULE_DELAY";
        milliseconds(name, &self.get(name)?)
    }

    /// Whether bodies are compressed.
    pub(super) fn is_gzip(&self, signal: &str) -> Option<bool> {
        let (name, value) = self.of(signal, "COMPRESSION")?;
        match value.as_str() {
            "gzip" => Some(true),
            "none" => Some(false),
            _ => ignored(&name, "it is neither `gzip` nor `none`"),
        }
    }

    /// Whether a signal is to be sent at all.
    pub(super) fn is_wanted(&self, signal: &str) -> bool {
        self.get(&format!("OTEL_{signal}_EXPORTER")).is_none_or(|value| value != "none")
    }

    pub(super) fn temporality(&self) -> Option<Temporality> {
        let name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
        match self.get(name)?.to_ascii_lowercase().as_str() {
            "cumulative" | "lowmemory" => Some(Temporality::Cumulative),
            // What is counted when it is read, and not when it happens, is cumulative in `lowmemory`: as all is here.
            "delta" => Some(Temporality::Delta),
            _ => ignored(name, "it is none of `cumulative`, `delta` and `lowmemory`"),
        }
    }

    /// `key=value,key=value`, with what is special written as `%2C`.
    pub(super) fn pairs(&self, name: &str) -> Option<Vec<(String, String)>> {
        let pairs = self.get(name)?;
        let parsed: Option<Vec<_>> =
            pairs.split(',').map(str::trim).filter(|pair| !pair.is_empty()).map(pair).collect();
        // Not the value, which may hold secrets.
        parsed.or_else(|| ignored(name, "it is not of the form `key=value,key=value`"))
    }

    /// Says what of it cannot be had here.
    pub(super) fn check_protocol(&self, signal: &str) {
        if let Some((name, value)) = self.of(signal, "PROTOCOL").filter(|(_, value)| value != "http/protobuf") {
            ignored::<()>(&name, &format!("{value:?} is not spoken here, but only `http/protobuf`"));
        }
    }
}

fn ignored<T>(variable: &str, why: &str) -> Option<T> {
    tracing::warn!(target: "perf_runtime", "{variable} counts as not set: {why}");
    None
}

fn milliseconds(name: &str, value: &str) -> Option<Duration> {
    match value.parse() {
        Ok(millis) if millis > 0 => Some(Duration::from_millis(millis)),
        _ => ignored(name, "it is no number of milliseconds"),
    }
}

fn pair(pair: &str) -> Option<(String, String)> {
    let (key, value) = pair.split_once('=')?;
    let (key, value) = (decoded(key.trim())?, decoded(value.trim())?);
    (!key.is_empty()).then_some((key, value))
}

/// Without percent-encoding; none where it is broken.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?].map(|digit| char::from(digit).to_digit(16));
                (digits[0]? * 16 + digits[1]?) as u8
            }
            _ => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(set: &[(&str, &str)], ask: impl FnOnce(&Variables<'_>) -> T) -> T {
        let get = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        ask(&Variables(&get))
    }

    #[test]
    fn a_signals_own_variable_is_stronger() {
        let set = [("OTEL_EXPORTER_OTLP_TIMEOUT", "2000"), ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "500")];
        with(&set, |variables| {
            assert_eq!(variables.timeout("METRICS"), Some(Duration::from_millis(500)));
            assert_eq!(variables.timeout("TRACES"), Some(Duration::from_secs(2)));
        });
        with(&[("OTEL_EXPORTER_OTLP_TIMEOUT", "1s")], |variables| assert_eq!(variables.timeout("TRACES"), None));
        with(&[("OTEL_EXPORTER_OTLP_TIMEOUT", " ")], |variables| assert_eq!(variables.timeout("TRACES"), None));
    }

    #[test]
    fn pairs_are_taken_apart_and_decoded_or_not_taken_at_all() {
        let name = "OTEL_RESOURCE_ATTRIBUTES";
        for (written, pairs) in [
            ("a=1, b = x%2Cy%3D ,c=d=e,", Some(vec![("a", "1"), ("b", "x,y="), ("c", "d=e")])),
            ("a=1,b", None),
            ("a=%2", None),
            ("a=%zz", None),
            ("=1", None),
        ] {
            let pairs = pairs.map(|all| all.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect());
            with(&[(name, written)], |variables| assert_eq!(variables.pairs(name), pairs, "{written}"));
        }
    }

    #[test]
    fn what_is_unknown_counts_as_not_set() {
        let set = [
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"),
            ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "Delta"),
            ("OTEL_TRACES_EXPORTER", "none"),
        ];
        with(&set, |variables| {
            assert_eq!(variables.is_gzip("METRICS"), None);
            assert_eq!(variables.temporality(), Some(Temporality::Delta));
            assert!(variables.is_wanted("METRICS") && !variables.is_wanted("TRACES"));
        });
    }
}
