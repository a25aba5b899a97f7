//! One kind of data on its way: its queue, and what has become of what was in it.

use std::time::Instant;

use super::SignalStats;
use super::client::Client;
use super::outbox::{Answer, Backoff, Batch, Limits, Outbox};
use super::random::Random;
use super::target::Target;

pub(super) struct Signal {
    /// None where it is not to be sent.
    target: Option<Target>,
    outbox: Outbox,
    pub(super) stats: SignalStats,
}

impl Signal {
    pub(super) fn new(target: Option<Target>, limits: Limits, backoff: Backoff) -> Self {
        Self { target, outbox: Outbox::new(limits, backoff), stats: SignalStats::default() }
    }

    /// Whether its requests are compressed; none where there are none.
    pub(super) fn is_gzip(&self) -> Option<bool> {
        self.target.as_ref().map(|target| target.is_gzip)
    }

    pub(super) fn push(&mut self, batch: Batch) {
        self.stats.dropped += self.outbox.push(batch);
    }

    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        self.outbox.due(now)
    }

    pub(super) fn has_any(&self) -> bool {
        self.outbox.first().is_some()
    }

    /// Sends the oldest; false where that has to be tried again, or the time is over, or the receiver wants none now.
    pub(super) fn send(
        &mut self,
        client: &Client,
        random: &mut Random,
        deadline: Option<Instant>,
        last_error: &mut Option<String>,
    ) -> bool {
        let (Some(target), Some(batch)) = (&self.target, self.outbox.first()) else { return true };
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = left.map_or(target.timeout, |left| left.min(target.timeout));
        if timeout.is_zero() || self.outbox.is_held(Instant::now()) {
            return false;
        }
        let items = batch.items;
        let why = match client.send(target, target.is_gzip, &batch.body, timeout) {
            Answer::Accepted { rejected, why } => {
                let rejected = rejected.min(items);
                self.stats.requests += 1;
                self.stats.delivered += items - rejected;
                self.stats.rejected += rejected;
                self.outbox.done();
                why
            }
            Answer::Refused { why } => {
                self.stats.failures += 1;
                self.stats.dropped += items;
                self.outbox.done();
                Some(why)
            }
            Answer::Later { after, why } => {
                self.stats.failures += 1;
                let is_first = self.outbox.again(Instant::now(), after, random.next());
                let error = format!("{}: {why}", target.shown());
                if is_first {
                    tracing::warn!(target: "perf_runtime", "{error}; it is tried again");
                }
                *last_error = Some(error);
                return false;
            }
        };
        if let Some(why) = why {
            let error = format!("{}: {why}", target.shown());
            tracing::warn!(target: "perf_runtime", "{error}");
            *last_error = Some(error);
        }
        true
    }

    /// What waits is lost.
    pub(super) fn give_up(&mut self) {
        self.stats.dropped += self.outbox.items();
        while self.has_any() {
            self.outbox.done();
        }
    }

    pub(super) fn read(&self) -> SignalStats {
        SignalStats { queued: self.outbox.items(), queued_bytes: self.outbox.bytes(), ..self.stats }
    }
}
