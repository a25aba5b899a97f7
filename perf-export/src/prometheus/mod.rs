//! Metrics as Prometheus reads them, and what it needs to make sense of them.
//!
//! All of it are functions from a [`Snapshot`] to bytes: [`render`] writes the metrics in the [`Format`] that
//! [`Format::negotiate`] finds in a request's `Accept` header, [`rules`] recording and alerting rules for Prometheus, and
//! [`dashboard`] a dashboard for Grafana.
//!
//! ```
//! use perf_export::prometheus::{self, Format};
//! use perf_runtime::profiled;
//!
//! #[profiled]
//! fn parse(text: &str) -> Option<u32> {
//!     text.parse().ok()
//! }
//!
//! parse("7");
//! let format = Format::negotiate(Some("text/plain;version=0.0.4"));
//! let text = String::from_utf8(prometheus::render(&perf_runtime::snapshot(), format)).unwrap();
//! assert!(text.contains("# TYPE perf_function_calls_total counter\n"));
//! println!("Content-Type: {}\n\n{text}", format.content_type());
//! ```
//!
//! # What durations are
//!
//! Not every call is timed, and one that is stands for as many as its weight says. `perf_function_duration_seconds` is the
//! histogram of the weighted calls: its buckets, its `_count` and its `_sum` are sums over the same samples, so that they
//! agree with one another, and none ever falls while the process lives. So `rate(…_sum[5m]) / rate(…_count[5m])` is the
//! mean of these five minutes, and `histogram_quantile` their quantile. `_count` is what the samples stand for: all calls
//! that have ended, exactly so where each was timed, and else about as many. Who wants to know how many calls there were
//! asks `perf_function_calls_total`, which is exact.
//!
//! Native histograms have buckets of at most 0.55 %, unless [`Options::native_schema`] says otherwise, which is less than
//! those that they are made of (0.8 %). The buckets of classic ones end at [`Options::buckets`]; the bucket of ours that such
//! a bound is in counts as a whole.
//!
//! A Prometheus that reads native histograms keeps classic ones of the same name only where it is told to
//! (`scrape_classic_histograms`, since 3.0 `always_scrape_classic_histograms`); [`rules`] and [`dashboard`] ask for these.
//!
//! # What is bounded, and what begins anew
//!
//! There are as many series as there are functions, values of labels, guards, queues, locks and metrics in the snapshot, all
//! of which are bounded there; a histogram has a series for each of its bounds and three more. Functions of one name are
//! one series, added up. After [`perf_core::reset`] counters begin anew, which Prometheus notices as it does when a
//! process is restarted.
//!
//! # What it costs
//!
//! Nothing until it is called. About 3 µs of CPU time a function for text and `OpenMetrics`, and 6 µs as protocol
//! buffers, on the thread that calls (`cargo run --release -p benches --bin export`), beside the snapshot itself.

mod accept;
mod collect;
mod dashboard;
mod functions;
mod guards;
mod histogram;
mod model;
mod names;
mod own;
mod process;
mod profiler;
mod protobuf;
mod rules;
mod text;
mod waits;

#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use perf_core::Snapshot;

pub use accept::Format;
pub use dashboard::{dashboard, dashboard_with};
pub use rules::{rules, rules_with};

/// What can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// What is before our own names: `perf` unless set, as in `perf_function_calls_total`. Nothing is before the
    /// conventional `process_…` and the program's own metrics.
    pub prefix: String,
    /// Where the buckets of classic histograms of durations end: 1, 2.5 and 5 of each power of ten, from a microsecond to
    /// ten seconds, unless set. Each is a series for every function.
    pub buckets: Vec<Duration>,
    /// How fine native histograms are, from −4 to 8: 2^schema buckets for each doubling. 7 unless set; none for no native
    /// histograms. They are only written as protocol buffers.
    pub native_schema: Option<i8>,
    /// When measuring began, which is written with each counter and histogram by formats that know it (`_created`). It has
    /// to be the same each time. None unless set: it doubles the number of samples in `OpenMetrics`, and a snapshot knows no
    /// date.
    pub created: Option<SystemTime>,
}

impl Default for Options {
    fn default() -> Self {
        let steps = (3..10).flat_map(|power| [10, 25, 50].map(|tenths| tenths * 10_u64.pow(power) / 10));
        let buckets = steps.chain([10_000_000_000]).map(Duration::from_nanos).collect();
        Self { prefix: "perf".into(), buckets, native_schema: Some(7), created: None }
    }
}

impl Options {
    /// What is before our own names, with its underscore.
    fn prefix(&self) -> String {
        match names::metric_name(&self.prefix) {
            _ if self.prefix.is_empty() => String::new(),
            prefix => format!("{}_", prefix.trim_end_matches('_')),
        }
    }
}

/// All that a snapshot knows, under names that begin with `perf_`.
#[must_use]
pub fn render(snapshot: &Snapshot, format: Format) -> Vec<u8> {
    render_with(snapshot, format, &Options::default())
}

/// The same, as `options` say.
#[must_use]
pub fn render_with(snapshot: &Snapshot, format: Format, options: &Options) -> Vec<u8> {
    match format {
        Format::Text | Format::OpenMetrics => {
            let mut writer = text::Writer::new(format, options.created);
            collect::collect(snapshot, format, options, &mut |family, series| writer.family(family, series));
            writer.finish().into_bytes()
        }
        Format::Protobuf => {
            let mut writer = protobuf::Writer::new(options.created);
            collect::collect(snapshot, format, options, &mut |family, series| writer.family(family, series));
            writer.finish()
        }
    }
}
