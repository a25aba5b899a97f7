//! OpenTelemetry: metrics and traces to a collector, by OTLP over HTTP, from a thread of their own.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use perf_export::otlp::Exporter;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let exporter = Exporter::builder().service_name("shop").interval(Duration::from_secs(10)).start()?;
//!     // … the program …
//!     println!("{}", exporter.stats());
//!     Ok(()) // dropped, it sends what is left
//! }
//! ```
//!
//! It goes by the variables of the OpenTelemetry specification where code says nothing: `OTEL_EXPORTER_OTLP_ENDPOINT`,
//! `…_HEADERS`, `…_TIMEOUT`, `…_COMPRESSION`, those with `_METRICS_` or `_TRACES_` in them for one kind of data alone,
//! `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`, `OTEL_METRIC_EXPORT_INTERVAL`, `OTEL_SERVICE_NAME`,
//! `OTEL_RESOURCE_ATTRIBUTES`, and `OTEL_METRICS_EXPORTER` and `OTEL_TRACES_EXPORTER` where they say `none`.
//! An `https` endpoint needs the feature `otlp-tls`; then `OTEL_EXPORTER_OTLP_CERTIFICATE` may name a file of authorities
//! to be believed in the place of those that are well known.
//!
//! # What is sent
//!
//! Of each function `perf.function.duration`, an exponential histogram in seconds, `perf.function.calls`, `.errors`,
//! `.panics`, `.cancelled` and what else is asked for of it, with the attribute `code.function.name`; by labels
//! `perf.function.label.…`; guards, queues and locks as `perf.guard.…`, `perf.queue.…` and `perf.lock.…`; the process in
//! the names of the semantic conventions (`process.cpu.time`, …); what measuring costs as `perf.overhead.…`; what has
//! become of what was sent as `perf.export.items`; and the program's own metrics under their own names.
//!
//! Durations are of the calls that were timed, each standing for as many as it was drawn from: a histogram's count is near
//! `perf.function.calls`, which is exact. Its buckets are 1.1 % wide, so quantiles are within a percent.
//!
//! Of [traces](perf_core::traces) each call is a span, a poll of a future too, with `code.function.name`, `thread.id` and
//! `thread.name`. A call that ended with an error or by a panic has the status `ERROR`; what ended
//! well has none. The polls of one future are spans of one trace, and so is what was handed over. Ids are random, but that
//! what is [part of a trace of others](perf_core::Trace::trace_id) has its id.
//!
//! # When nobody takes it
//!
//! What cannot be sent waits, in a queue of bounded length, and is sent again after pauses that double, if the receiver
//! cannot be reached, does not answer in time, or answers 429, 502, 503 or 504; `Retry-After` is heeded. What it refuses
//! otherwise is given up, and what waits for too long makes room for what is newer. [`Exporter::stats`] counts all of it,
//! and `tracing` is told when it begins.
//! Who ends the program by [`std::process::exit`], which drops nothing, calls [`Exporter::flush`] before.
//! The program never waits, but for [`Exporter::flush`] and when the exporter is dropped, for as long as it says.

mod builder;
mod client;
mod collector;
mod exponential;
mod metrics;
mod outbox;
mod proto;
mod random;
mod settings;
mod signal;
mod spans;
mod stats;
mod target;
#[cfg(feature = "otlp-tls")]
mod tls;
mod variables;
mod worker;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use perf_core::KeepTraces;

pub use builder::{Builder, Compression, Error, Temporality};
pub use stats::{SignalStats, Stats};
use worker::Shared;

/// Sends what is known to a collector, again and again, until it is dropped. Then it sends what is left, for as long as
/// [`Builder::flush_within`] says, and what is not sent by then is lost.
///
/// In the child of a fork it does nothing: its thread stayed with the parent.
#[derive(Debug)]
#[must_use = "dropped at once, it sends once and stops; bind it to `_exporter`"]
pub struct Exporter {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    flush_within: Duration,
    /// As long as there is an exporter, and not as long as its thread: in the child of a fork there is none.
    _kept: Option<KeepTraces>,
    /// The process that has the thread.
    process: u32,
}

impl Exporter {
    /// An exporter by the variables of the OpenTelemetry specification, to `http://localhost:4318` where they say nothing.
    pub fn builder() -> Builder {
        Builder::new()
    }

    fn of(shared: Arc<Shared>, thread: JoinHandle<()>, flush_within: Duration, kept: Option<KeepTraces>) -> Self {
        Self { shared, thread: Some(thread), flush_within, _kept: kept, process: std::process::id() }
    }

    /// What has become of what was to be sent so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        if self.is_ours() { self.shared.stats() } else { Stats::default() }
    }

    /// Collects and sends at once, and waits for that, at most so long. True where all that was queued has been sent, or
    /// given up.
    // Whoever only wants it sent need not ask whether it was.
    #[allow(clippy::must_use_candidate)]
    pub fn flush(&self, within: Duration) -> bool {
        self.is_ours() && self.shared.flush(within)
    }

    /// Whether the thread is in this process. In a forked child it may hold a lock for ever.
    fn is_ours(&self) -> bool {
        self.process == std::process::id()
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        if !self.is_ours() || !self.shared.stop(self.flush_within) {
            return;
        }
        if let Some(thread) = self.thread.take() {
            // It has said that it is over. That it panicked has been told.
            let _ = thread.join();
        }
    }
}
