//! What an exporter is to do, by code and by variables.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::time::Duration;

use super::outbox::{Backoff, Limits};
use super::variables::Variables;
use super::{Exporter, worker};

/// What numbers count from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Temporality {
    /// From the start, or the last [`reset`](perf_core::reset): a request that is lost costs a point in time, and no count.
    #[default]
    Cumulative,
    /// From the request before. What counts up and down, as memory, is cumulative nevertheless, as the specification has it.
    Delta,
}

/// Whether requests are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// They are not.
    #[default]
    None,
    /// With `gzip`: less than half the bytes, and some CPU time of the exporter's thread.
    Gzip,
}

/// Why an exporter does not start. Says what is wrong, where it was written, and what to write.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// An endpoint that cannot be.
    Endpoint(String),
    /// A file of certificates that cannot be read, or has none.
    Certificate(String),
    /// A header that HTTP does not allow.
    Header(String),
    /// The system has no thread for it.
    Thread(io::Error),
}

impl Display for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(what) | Self::Endpoint(what) | Self::Header(what) => f.write_str(what),
            Self::Thread(error) => write!(f, "the exporter has no thread: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Thread(error) => Some(error),
            _ => None,
        }
    }
}

/// How to start. Made by [`Exporter::builder`].
#[derive(Clone)]
#[must_use = "nothing happens before `start`"]
pub struct Builder {
    pub(super) endpoint: Option<String>,
    pub(super) metrics_endpoint: Option<String>,
    pub(super) traces_endpoint: Option<String>,
    pub(super) headers: Vec<(String, String)>,
    #[cfg(feature = "otlp-tls")]
    pub(super) certificate: Option<std::path::PathBuf>,
    pub(super) timeout: Option<Duration>,
    pub(super) compression: Option<Compression>,
    pub(super) interval: Option<Duration>,
    pub(super) temporality: Option<Temporality>,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) is_metrics: Option<bool>,
    pub(super) is_traces: Option<bool>,
    pub(super) backoff: Backoff,
    pub(super) limits: Limits,
    pub(super) flush_within: Duration,
}

/// Room for what cannot be sent: an hour of metrics of a program of some thousand functions.
const LIMITS: Limits = Limits { batches: 256, bytes: 16 << 20 };

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            endpoint: None,
            metrics_endpoint: None,
            traces_endpoint: None,
            headers: Vec::new(),
            #[cfg(feature = "otlp-tls")]
            certificate: None,
            timeout: None,
            compression: None,
            interval: None,
            temporality: None,
            attributes: Vec::new(),
            is_metrics: None,
            is_traces: None,
            backoff: Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(30) },
            limits: LIMITS,
            flush_within: Duration::from_secs(2),
        }
    }

    /// Where to send to: `/v1/metrics` and `/v1/traces` are added to its path. `http://localhost:4318` unless set, or
    /// what `OTEL_EXPORTER_OTLP_ENDPOINT` says.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Where to send metrics to, to which nothing is added; `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`.
    pub fn metrics_endpoint(mut self, url: impl Into<String>) -> Self {
        self.metrics_endpoint = Some(url.into());
        self
    }

    /// Where to send traces to, to which nothing is added; `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`.
    pub fn traces_endpoint(mut self, url: impl Into<String>) -> Self {
        self.traces_endpoint = Some(url.into());
        self
    }

    /// Sends this header with every request, in the place of one of that name in `OTEL_EXPORTER_OTLP_HEADERS`. Its value
    /// is never shown.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Believes the certificates of the authorities in this file, in PEM, and no others; `OTEL_EXPORTER_OTLP_CERTIFICATE`.
    /// Needs the feature `otlp-tls`.
    #[cfg(feature = "otlp-tls")]
    pub fn certificate(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.certificate = Some(path.into());
        self
    }

    /// How long one request may take with its answer: ten seconds unless set; `OTEL_EXPORTER_OTLP_TIMEOUT`.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Whether requests are compressed: they are not unless set; `OTEL_EXPORTER_OTLP_COMPRESSION`.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// How often to send metrics: once a minute unless set, and not more often than every 10 ms;
    /// `OTEL_METRIC_EXPORT_INTERVAL`. Traces are sent as often, but every five seconds at least; `OTEL_BSP_SCHEDULE_DELAY`.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// What numbers count from; `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`.
    pub fn temporality(mut self, temporality: Temporality) -> Self {
        self.temporality = Some(temporality);
        self
    }

    /// What the program is called (`service.name`): by its file's name unless set; `OTEL_SERVICE_NAME`.
    pub fn service_name(self, name: impl Into<String>) -> Self {
        self.attribute("service.name", name)
    }

    /// Says this of the program, as `deployment.environment.name`; `OTEL_RESOURCE_ATTRIBUTES`.
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push((key.into(), value.into()));
        self
    }

    /// Whether to send metrics: so it is unless set, or `OTEL_METRICS_EXPORTER` is `none`.
    pub fn metrics(mut self, is_wanted: bool) -> Self {
        self.is_metrics = Some(is_wanted);
        self
    }

    /// Whether to send traces: so it is unless set, or `OTEL_TRACES_EXPORTER` is `none`. As long as the exporter lives,
    /// [traces are kept](perf_core::keep_traces), which costs what they do for a call tree, within the budget.
    pub fn traces(mut self, is_wanted: bool) -> Self {
        self.is_traces = Some(is_wanted);
        self
    }

    /// How long to wait before a request that failed is sent again: at first, and at the most. Pauses double in between,
    /// and a random half of each is waited or more. One second and thirty unless set.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.backoff = Backoff { first, longest };
        self
    }

    /// How much of each kind may wait to be sent: so many requests and so many bytes, 256 and 16 MiB unless set. The oldest
    /// makes room.
    pub fn queue(mut self, requests: usize, bytes: usize) -> Self {
        self.limits = Limits { batches: requests, bytes };
        self
    }

    /// How long the exporter may take to send what is left when it is dropped: two seconds unless set.
    pub fn flush_within(mut self, deadline: Duration) -> Self {
        self.flush_within = deadline;
        self
    }

    /// Starts the thread. What is set here is stronger than the variables.
    ///
    /// # Errors
    ///
    /// An endpoint or a header that cannot be, wherever it was written; or no thread to be had. That nobody answers at the
    /// endpoint is no error: somebody may later.
    pub fn start(self) -> Result<Exporter, Error> {
        let settings = self.settings(&Variables(&|name| std::env::var(name).ok()))?;
        worker::start(settings).map_err(Error::Thread)
    }
}

impl fmt::Debug for Builder {
    /// Without endpoints and values of headers, which may hold secrets.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        let mut shown = f.debug_struct("Builder");
        shown.field("attributes", &self.attributes).field("headers", &headers).finish_non_exhaustive()
    }
}
