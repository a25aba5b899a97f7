//! Guards, queues and locks.

use perf_core::{Durations, GuardStats, LockStats, QueueStats};

use super::super::proto::KeyValue;
use super::{About, Kind, Recorder};

/// What is recorded of one thing, whose attributes all points have.
struct Of<'a> {
    family: &'static str,
    attributes: Vec<KeyValue>,
    recorder: &'a mut Recorder,
}

impl Of<'_> {
    fn count(&mut self, name: &str, unit: &str, description: &str, count: u64) {
        self.number(Kind::Count, name, unit, description, count as f64, None);
    }

    fn level(&mut self, name: &str, unit: &str, description: &str, level: u64) {
        self.number(Kind::UpDown, name, unit, description, level as f64, None);
    }

    /// With an attribute more.
    fn count_by(&mut self, name: &str, unit: &str, description: &str, by: (&str, &str), count: u64) {
        self.number(Kind::Count, name, unit, description, count as f64, Some(KeyValue::new(by.0, by.1)));
    }

    fn number(&mut self, kind: Kind, name: &str, unit: &str, description: &str, value: f64, more: Option<KeyValue>) {
        let attributes = self.attributes.iter().cloned().chain(more).collect();
        let about = About(kind, &format!("{}.{name}", self.family), unit, description);
        // Counts stay whole numbers.
        if unit.starts_with('{') {
            self.recorder.number(about, attributes, value as u64);
        } else {
            self.recorder.number(about, attributes, value);
        }
    }

    fn durations(&mut self, name: &str, description: &str, durations: &Durations) {
        if durations.count() > 0 {
            let name = format!("{}.{name}", self.family);
            let about = About(Kind::Histogram, &name, "s", description);
            let (buckets, ends) = (durations.buckets(), [durations.min(), durations.max()]);
            self.recorder.durations(about, self.attributes.clone(), buckets, durations.total(), ends);
        }
    }
}

pub(super) fn guards(guards: &[GuardStats], recorder: &mut Recorder) {
    for guard in guards {
        let name = KeyValue::new("perf.guard.name", guard.name.as_ref());
        let attributes = vec![name, KeyValue::new("perf.guard.kind", guard.kind.as_str())];
        let mut of = Of { family: "perf.guard", attributes, recorder };
        of.count("admitted", "{call}", "Calls it let through, exact.", guard.admitted);
        for (reason, count) in &guard.refused {
            of.count_by("refused", "{call}", "Calls it refused, exact.", ("perf.guard.reason", reason), *count);
        }
        of.count("waits", "{call}", "Calls that had to wait, exact.", guard.waits);
        let waited = guard.waited.as_secs_f64();
        of.number(Kind::Count, "wait_time", "s", "How long calls had to wait, all together.", waited, None);
        let state = Some(KeyValue::new("perf.guard.state", guard.state.as_ref()));
        of.number(Kind::Gauge, "state", "1", "1 for what it is doing.", 1.0, state);
        if let Some(in_flight) = guard.in_flight {
            of.level("in_flight", "{call}", "Calls it let through that have not ended.", in_flight);
        }
        for (number, value) in &guard.numbers {
            let name = format!("number.{number}");
            of.number(Kind::Gauge, &name, "1", "A number that it goes by or measures.", *value, None);
        }
    }
}

pub(super) fn queues(queues: &[QueueStats], recorder: &mut Recorder) {
    for queue in queues {
        let kind = KeyValue::new("perf.queue.kind", queue.kind.as_str());
        let capacity = queue.capacity.map(|capacity| KeyValue::new("perf.queue.capacity", capacity as i64));
        let attributes = [KeyValue::new("perf.queue.name", queue.name.as_str()), kind].into_iter().chain(capacity);
        let mut of = Of { family: "perf.queue", attributes: attributes.collect(), recorder };
        of.level("count", "{queue}", "Queues of that name that there are.", queue.queues);
        of.level("depth", "{item}", "Items in them.", queue.depth);
        of.number(Kind::Gauge, "peak", "{item}", "The most items that one ever held.", queue.peak as f64, None);
        of.count("sent", "{item}", "Items that were sent, exact.", queue.sent);
        of.count("received", "{item}", "Items that were received, exact.", queue.received);
        of.count("refused", "{item}", "Items that were given back for want of room.", queue.refused);
        of.count("discarded", "{item}", "Items that were left when the receivers had gone.", queue.discarded);
        for (end, closed, waiting) in [
            ("sender", queue.closed_by_senders, queue.senders_waiting),
            ("receiver", queue.closed_by_receivers, queue.receivers_waiting),
        ] {
            of.count_by("closed", "{queue}", "Queues by which end went first.", ("perf.queue.end", end), closed);
            let end = Some(KeyValue::new("perf.queue.end", end));
            of.number(Kind::UpDown, "waiting", "{thread}", "Threads and tasks that wait.", waiting as f64, end);
        }
        of.durations("wait", "How long items were under way.", &queue.wait);
        of.durations("send_wait", "How long senders waited for room, where they had to.", &queue.send_wait);
        of.durations("receive_wait", "How long receivers waited for an item, where they had to.", &queue.receive_wait);
    }
}

pub(super) fn locks(locks: &[LockStats], recorder: &mut Recorder) {
    for lock in locks {
        let name = KeyValue::new("perf.lock.name", lock.name.as_str());
        let attributes = vec![name, KeyValue::new("perf.lock.kind", lock.kind.as_str())];
        let mut of = Of { family: "perf.lock", attributes, recorder };
        of.level("count", "{lock}", "Locks of that name that there are.", lock.locks);
        for (mode, count) in [("exclusive", lock.exclusive), ("shared", lock.shared)] {
            of.count_by(
                "acquired",
                "{acquisition}",
                "How often one was taken, exact.",
                ("perf.lock.mode", mode),
                count,
            );
        }
        of.count("contended", "{acquisition}", "How often somebody had to wait for one, exact.", lock.contended);
        of.count("refused", "{acquisition}", "How often one was not to be had at once, or in time.", lock.refused);
        of.level("held", "{lock}", "How many hold one.", lock.held);
        of.level("waiting", "{thread}", "How many wait for one.", lock.waiting);
        of.durations("wait", "How long those who had to wait did.", &lock.wait);
        of.durations("hold", "How long locks were held, estimated.", &lock.hold);
    }
}
