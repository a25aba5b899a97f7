use std::fmt::{self, Display, Formatter};

/// What has become of what was to be sent. Read by [`Exporter::stats`](super::Exporter::stats).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Of metrics, in data points.
    pub metrics: SignalStats,
    /// Of traces, in spans.
    pub traces: SignalStats,
    /// Traces that were not kept for long enough to become spans, since the first that did.
    pub missed_traces: u64,
    /// Why something could not be sent, was refused, or was not taken as it was: the last of all, and in whatever words the
    /// receiver has. None so far.
    pub last_error: Option<String>,
}

/// What has become of one kind of what was to be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignalStats {
    /// Data points or spans that a receiver has taken.
    pub delivered: u64,
    /// Those in requests that it took, and which it says that it did not.
    pub rejected: u64,
    /// Those that were given up: refused, too many to wait, or still waiting at the end.
    pub dropped: u64,
    /// Those that wait to be sent, or sent again.
    pub queued: u64,
    /// Bytes in which they do.
    pub queued_bytes: u64,
    /// Requests that were answered with success.
    pub requests: u64,
    /// Requests that failed, each attempt counted.
    pub failures: u64,
}

impl Display for Stats {
    /// A line for each kind, as `metrics: 120 delivered, 0 rejected, 0 dropped, 0 queued; 3 requests, 1 failed`.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (name, signal) in [("metrics", &self.metrics), ("traces", &self.traces)] {
            let SignalStats { delivered, rejected, dropped, queued, requests, failures, .. } = signal;
            let all = requests + failures;
            write!(f, "{name}: {delivered} delivered, {rejected} rejected, {dropped} dropped, {queued} queued; ")?;
            writeln!(f, "{all} requests, {failures} failed")?;
        }
        if self.missed_traces > 0 {
            writeln!(f, "{} traces were not kept for long enough", self.missed_traces)?;
        }
        self.last_error.as_ref().map_or(Ok(()), |error| writeln!(f, "last error: {error}"))
    }
}
