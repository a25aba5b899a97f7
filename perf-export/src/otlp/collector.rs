//! Makes requests of what is known at a moment.

use std::io::Write;
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use perf_core::Snapshot;
use prost::Message;

use super::metrics::{self, Recorder, Span};
use super::outbox::Batch;
use super::proto::{
    Metric, MetricsRequest, Resource, ResourceMetrics, ResourceSpans, Scope, ScopeMetrics, ScopeSpans, TracesRequest,
};
use super::random::Random;
use super::settings::Settings;
use super::spans::Told;
use super::{SignalStats, Temporality};

/// Points in one request: a megabyte or so, of which receivers take at least four.
const MOST_POINTS: usize = 4096;

/// Spans in one request, as the specification has it.
const MOST_SPANS: usize = 512;

pub(super) struct Collector {
    resource: Resource,
    temporality: Temporality,
    moments: Moments,
    told: Told,
    /// What was told last, where differences are wanted.
    before: Option<Snapshot>,
}

impl Collector {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            resource: settings.resource,
            temporality: settings.temporality,
            moments: Moments::default(),
            told: Told::default(),
            before: None,
        }
    }

    /// Metrics of this moment.
    pub(super) fn metrics(&mut self, wall: SystemTime, is_gzip: bool, stats: &[SignalStats; 2]) -> Vec<Batch> {
        let now = perf_core::snapshot();
        let last = self.moments.last;
        let is_new = self.moments.pass(wall, now.counted_from(), now.uptime());
        let before = self.before.take().filter(|_| !is_new);
        let (counted, counted_from) = match (self.temporality, &before) {
            (Temporality::Delta, Some(before)) => (Some(now.since(before)), last),
            _ => (None, self.moments.start),
        };
        let span = Span { start: self.moments.start, counted_from, now: self.moments.last };
        let mut recorder = Recorder::new(self.temporality, span);
        metrics::of(&now, counted.as_ref().unwrap_or(&now), &mut recorder);
        for (signal, stats) in ["metrics", "traces"].into_iter().zip(stats) {
            let SignalStats { delivered, rejected, dropped, .. } = *stats;
            recorder.delivered(signal, [("delivered", delivered), ("rejected", rejected), ("dropped", dropped)]);
        }
        if self.temporality == Temporality::Delta {
            self.before = Some(now);
        }
        let parts = metrics::split(recorder.finish(), MOST_POINTS).into_iter();
        parts.map(|(metrics, items)| Batch { body: packed(&self.metrics_request(metrics), is_gzip), items }).collect()
    }

    /// Spans of the traces that were not told before.
    pub(super) fn traces(&mut self, wall: SystemTime, is_gzip: bool, random: &mut Random) -> Vec<Batch> {
        let traces = perf_core::traces();
        let now = perf_core::snapshot();
        // The wall clock is looked at here alone, and all of these traces are told by the same look.
        let measured = u64::try_from((now.counted_from() + now.uptime()).as_nanos()).unwrap_or(u64::MAX);
        let mut spans = self.told.spans(&traces, unix_nanos(wall).saturating_sub(measured), random).into_iter();
        let mut batches = Vec::new();
        loop {
            let part: Vec<_> = spans.by_ref().take(MOST_SPANS).collect();
            if part.is_empty() {
                return batches;
            }
            let items = part.len() as u64;
            let scope_spans = vec![ScopeSpans { scope: Some(scope()), spans: part }];
            let resource = Some(self.resource.clone());
            let request = TracesRequest { resource_spans: vec![ResourceSpans { resource, scope_spans }] };
            batches.push(Batch { body: packed(&request, is_gzip), items });
        }
    }

    /// Traces that were not kept for long enough to be told.
    pub(super) fn missed_traces(&self) -> u64 {
        self.told.missed
    }

    fn metrics_request(&self, metrics: Vec<Metric>) -> MetricsRequest {
        let scope_metrics = vec![ScopeMetrics { scope: Some(scope()), metrics }];
        let resource = Some(self.resource.clone());
        MetricsRequest { resource_metrics: vec![ResourceMetrics { resource, scope_metrics }] }
    }
}

fn scope() -> Scope {
    Scope { name: "perf-runtime".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
}

fn packed(message: &impl Message, is_gzip: bool) -> Vec<u8> {
    let plain = message.encode_to_vec();
    if !is_gzip {
        return plain;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
    let packed = encoder.write_all(&plain).and_then(|()| encoder.finish());
    packed.unwrap_or_else(|_| unreachable!("a vector takes all that is written to it"))
}

/// When what is told began and was read, by the wall clock. Where that jumps, time stands still rather than going back.
#[derive(Default)]
struct Moments {
    /// Of what began so long after measuring did.
    counted_from: Option<Duration>,
    start: u64,
    last: u64,
}

impl Moments {
    /// It is this time now, of counts that are as old as `uptime`. True where they begin anew: at first, or after a reset.
    fn pass(&mut self, wall: SystemTime, counted_from: Duration, uptime: Duration) -> bool {
        let wall = unix_nanos(wall);
        let is_new = self.counted_from != Some(counted_from);
        if is_new {
            self.counted_from = Some(counted_from);
            let uptime = u64::try_from(uptime.as_nanos()).unwrap_or(u64::MAX);
            // No overlap with what was told of before.
            self.start = wall.saturating_sub(uptime).max(self.last);
        }
        self.last = wall.max(self.last + 1).max(self.start + 1);
        is_new
    }
}

fn unix_nanos(wall: SystemTime) -> u64 {
    let since = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_stays_until_counts_begin_anew_and_time_never_goes_back() {
        let at = |nanos: u64| SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos);
        let nanos = Duration::from_nanos;
        let mut moments = Moments::default();
        let mut pass = |wall, counted_from, uptime| {
            let is_new = moments.pass(at(wall), nanos(counted_from), nanos(uptime));
            (is_new, moments.start, moments.last)
        };
        assert_eq!(pass(1000, 0, 100), (true, 900, 1000));
        assert_eq!(pass(1100, 0, 205), (false, 900, 1100), "clocks differ");
        assert_eq!(pass(500, 0, 300), (false, 900, 1101), "the wall clock was set back");
        assert_eq!(pass(1500, 310, 20), (true, 1480, 1500), "a reset");
        assert_eq!(pass(1501, 400, 60), (true, 1500, 1501), "another, by a clock that runs ahead");
    }
}
