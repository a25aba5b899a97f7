//! What an exporter is to do, of all that code and variables say.

use std::time::Duration;

use super::builder::{Builder, Compression, Error, Temporality};
use super::outbox::{Backoff, Limits};
use super::proto::{KeyValue, Resource};
use super::random::Random;
use super::target::{self, Target};
use super::variables::Variables;

/// All that the thread needs to know.
pub(super) struct Settings {
    /// None of a signal that is not to be sent.
    pub(super) metrics: Option<Target>,
    pub(super) traces: Option<Target>,
    pub(super) interval: Duration,
    pub(super) traces_interval: Duration,
    pub(super) temporality: Temporality,
    pub(super) resource: Resource,
    pub(super) backoff: Backoff,
    pub(super) limits: Limits,
    pub(super) flush_within: Duration,
}

/// As the specification has it, as all defaults that variables have.
const ENDPOINT: &str = "http://localhost:4318";
const TIMEOUT: Duration = Duration::from_secs(10);
const INTERVAL: Duration = Duration::from_secs(60);
const TRACES_INTERVAL: Duration = Duration::from_secs(5);

/// No shorter: a snapshot has its price too.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);

impl Builder {
    pub(super) fn settings(self, variables: &Variables<'_>) -> Result<Settings, Error> {
        let target = |is_wanted: Option<bool>, signal, path, own: &Option<String>| {
            let is_wanted = is_wanted.unwrap_or_else(|| variables.is_wanted(signal));
            is_wanted.then(|| self.target(variables, signal, path, own.as_deref())).transpose()
        };
        let interval = self.interval.or_else(|| variables.interval()).unwrap_or(INTERVAL).max(SHORTEST_INTERVAL);
        let traces_interval = variables.traces_interval().unwrap_or(TRACES_INTERVAL);
        Ok(Settings {
            metrics: target(self.is_metrics, "METRICS", "v1/metrics", &self.metrics_endpoint)?,
            traces: target(self.is_traces, "TRACES", "v1/traces", &self.traces_endpoint)?,
            interval,
            // More often, because not so many traces are kept.
            traces_interval: traces_interval.min(interval).max(SHORTEST_INTERVAL),
            temporality: self.temporality.or_else(|| variables.temporality()).unwrap_or_default(),
            resource: resource(variables, &self.attributes),
            backoff: self.backoff,
            limits: self.limits,
            flush_within: self.flush_within,
        })
    }

    fn target(&self, variables: &Variables<'_>, signal: &str, path: &str, own: Option<&str>) -> Result<Target, Error> {
        variables.check_protocol(signal);
        let specific = format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT");
        let (url, written) = match (own, &self.endpoint, variables.get(&specific), variables.of(signal, "ENDPOINT")) {
            (Some(url), ..) => (url.to_owned(), "set in code".to_owned()),
            (None, Some(base), ..) => (target::below(base, path), "set in code".to_owned()),
            (None, None, Some(url), _) => (url, specific),
            (None, None, None, Some((name, base))) => (target::below(&base, path), name),
            (None, None, None, None) => (target::below(ENDPOINT, path), "the default".to_owned()),
        };
        target::check(&url, &written)?;
        let names = [format!("OTEL_EXPORTER_OTLP_{signal}_HEADERS"), "OTEL_EXPORTER_OTLP_HEADERS".to_owned()];
        let from_variables = names.iter().find_map(|name| variables.pairs(name)).unwrap_or_default();
        let mut headers = Vec::new();
        for (name, value) in from_variables.iter().chain(&self.headers) {
            let header = target::header(name, value)?;
            headers.retain(|(known, _)| *known != header.0);
            headers.push(header);
        }
        let timeout = self.timeout.or_else(|| variables.timeout(signal)).unwrap_or(TIMEOUT);
        let is_gzip = self.compression.map(|compression| compression == Compression::Gzip);
        let is_gzip = is_gzip.or_else(|| variables.is_gzip(signal)).unwrap_or(false);
        Ok(Target {
            url,
            headers,
            timeout,
            is_gzip,
            #[cfg(feature = "otlp-tls")]
            roots: self.roots(variables, signal)?,
        })
    }

    #[cfg(feature = "otlp-tls")]
    fn roots(&self, variables: &Variables<'_>, signal: &str) -> Result<Option<ureq::tls::RootCerts>, Error> {
        let by_code = self.certificate.clone().map(|path| ("set in code".to_owned(), path));
        let by_variable = || variables.of(signal, "CERTIFICATE").map(|(name, path)| (name, path.into()));
        let file = by_code.or_else(by_variable);
        file.map(|(written, path)| super::tls::roots(&path, &written)).transpose()
    }
}

/// What is said of the program: by itself, over that by variables, over that by code.
fn resource(variables: &Variables<'_>, by_code: &[(String, String)]) -> Resource {
    let executable = std::env::current_exe().ok();
    let executable = executable.as_ref().and_then(|path| path.file_name()?.to_str()).unwrap_or("rust");
    let known = [
        ("service.name", format!("unknown_service:{executable}")),
        // Or two that run at a time would write over each other's numbers.
        ("service.instance.id", Random::new().uuid()),
        ("process.executable.name", executable.to_owned()),
        ("telemetry.sdk.name", "perf-runtime".to_owned()),
        ("telemetry.sdk.language", "rust".to_owned()),
        ("telemetry.sdk.version", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let mut attributes = vec![KeyValue::new("process.pid", i64::from(std::process::id()))];
    let mut set = |key: &str, value: &str| {
        attributes.retain(|known| known.key != key);
        attributes.push(KeyValue::new(key, value));
    };
    for (key, value) in &known {
        set(key, value);
    }
    for (key, value) in variables.pairs("OTEL_RESOURCE_ATTRIBUTES").iter().flatten() {
        set(key, value);
    }
    if let Some(name) = variables.get("OTEL_SERVICE_NAME") {
        set("service.name", &name);
    }
    for (key, value) in by_code {
        set(key, value);
    }
    Resource { attributes }
}

#[cfg(test)]
mod tests {
    use super::super::proto::Any;
    use super::*;

    fn settings(builder: Builder, set: &[(&str, &str)]) -> Result<Settings, Error> {
        let get = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        builder.settings(&Variables(&get))
    }

    fn urls(builder: Builder, set: &[(&str, &str)]) -> [String; 2] {
        let Settings { metrics, traces, .. } = settings(builder, set).unwrap();
        [metrics.unwrap().url, traces.unwrap().url]
    }

    #[test]
    fn endpoints_are_those_of_the_specification() {
        let all = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all/base/");
        let own = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://own/as/is");
        for (builder, set, expected) in [
            (Builder::new(), &[][..], ["http://localhost:4318/v1/metrics", "http://localhost:4318/v1/traces"]),
            (Builder::new(), &[all], ["http://all/base/v1/metrics", "http://all/base/v1/traces"]),
            (Builder::new(), &[all, own], ["http://own/as/is", "http://all/base/v1/traces"]),
            (Builder::new().endpoint("http://code"), &[all, own], ["http://code/v1/metrics", "http://code/v1/traces"]),
            (Builder::new().traces_endpoint("http://t/x"), &[all], ["http://all/base/v1/metrics", "http://t/x"]),
        ] {
            assert_eq!(urls(builder, set), expected);
        }
        let wrong = settings(Builder::new(), &[("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318")]);
        assert!(wrong.err().unwrap().to_string().contains("OTEL_EXPORTER_OTLP_ENDPOINT"));
    }

    #[test]
    fn headers_of_code_are_stronger_than_those_of_variables() {
        let set = [("OTEL_EXPORTER_OTLP_HEADERS", "api-key=one,Other=two%20words")];
        let target = settings(Builder::new().header("API-Key", "three"), &set).unwrap().metrics.unwrap();
        let headers: Vec<_> =
            target.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(headers, [("other", "two words"), ("api-key", "three")]);
    }

    #[test]
    fn no_secret_is_shown_of_a_builder() {
        let builder = Builder::new().header("API-Key", "s3cret").endpoint("http://user:s3cret@host");
        let shown = format!("{builder:?}");
        assert!(shown.contains("API-Key") && !shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn what_is_said_of_the_program_may_be_said_by_code_and_variables() {
        let set = [("OTEL_RESOURCE_ATTRIBUTES", "service.name=a,team=x"), ("OTEL_SERVICE_NAME", "b")];
        let said = |builder, set: &[(&str, &str)], key: &str| {
            let attributes = settings(builder, set).unwrap().resource.attributes;
            let mut found = attributes.into_iter().filter(|attribute| attribute.key == key);
            let Some(Any::Text(text)) = found.next().unwrap().value.unwrap().value else { panic!("no text") };
            assert!(found.next().is_none(), "{key} is there once");
            text
        };
        assert_eq!(said(Builder::new(), &set, "service.name"), "b");
        assert_eq!(said(Builder::new(), &set, "team"), "x");
        assert_eq!(said(Builder::new().service_name("c"), &set, "service.name"), "c");
        assert!(said(Builder::new(), &[], "service.name").starts_with("unknown_service:"));
    }

    #[test]
    fn a_signal_that_is_not_wanted_has_no_target() {
        let settings = settings(Builder::new().traces(false), &[("OTEL_METRICS_EXPORTER", "none")]).unwrap();
        assert!(settings.metrics.is_none() && settings.traces.is_none());
    }
}
