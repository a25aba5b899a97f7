//! Queues and locks.

use perf_core::{Durations, LockStats, QueueStats, Snapshot};

use super::collect::{Collector, Fold, Rows};
use super::model::Labels;

pub(super) fn collect(snapshot: &Snapshot, out: &mut Collector<'_>) {
    queues(snapshot.queues(), out);
    locks(snapshot.locks(), out);
}

fn queues(queues: &[QueueStats], out: &mut Collector<'_>) {
    let labels = |queue: &QueueStats| {
        let labels = Labels::new([("queue", queue.name.as_str()), ("kind", queue.kind.as_str())]);
        queue.capacity.map_or(labels.clone(), |capacity| labels.with([("capacity", &*capacity.to_string())]))
    };
    let rows = Rows::new(queues.iter().map(|queue| (labels(queue), queue)));
    for (name, help, of) in [
        ("queue_instances", "Queues that there are.", (|queue| queue.queues) as fn(&QueueStats) -> u64),
        ("queue_depth", "Items in queues.", |queue| queue.depth),
        ("queue_senders_waiting", "Senders that wait for room.", |queue| queue.senders_waiting),
        ("queue_receivers_waiting", "Receivers that wait for an item.", |queue| queue.receivers_waiting),
    ] {
        out.gauge(&rows, Fold::Sum, name, help, |queue| Some(of(queue)));
    }
    let help = "The most items that one of the queues ever held.";
    out.gauge(&rows, Fold::Max, "queue_depth_peak", help, |queue| Some(queue.peak));
    out.gauge(&rows, Fold::Max, "queue_capacity", "Items that each of the queues holds.", |queue| queue.capacity);
    for (name, help, of) in [
        ("queue_sent", "Items that were sent, exact.", (|queue| queue.sent) as fn(&QueueStats) -> u64),
        ("queue_received", "Items that were received, exact.", |queue| queue.received),
        ("queue_refused", "Items that there was no room for, or not in time, exact.", |queue| queue.refused),
        ("queue_discarded", "Items that were left when the receivers had gone, exact.", |queue| queue.discarded),
        ("queue_closed_by_senders", "Queues whose senders went first.", |queue| queue.closed_by_senders),
        ("queue_closed_by_receivers", "Queues whose receivers went first.", |queue| queue.closed_by_receivers),
    ] {
        out.counter(&rows, name, help, |queue| Some(of(queue)));
    }
    let (bounds, native) = (out.bounds.clone(), out.native.clone());
    let of = |durations: &Durations| super::collect::durations(durations, &bounds, native.as_deref());
    out.histogram(&rows, "queue_wait_seconds", "How long items were under way.", |queue| of(&queue.wait));
    let help = "How long senders waited for room, each time that they had to.";
    out.histogram(&rows, "queue_send_wait_seconds", help, |queue| of(&queue.send_wait));
    let help = "How long receivers waited for an item, each time that they had to.";
    out.histogram(&rows, "queue_receive_wait_seconds", help, |queue| of(&queue.receive_wait));
}

fn locks(locks: &[LockStats], out: &mut Collector<'_>) {
    let labels = |lock: &LockStats| Labels::new([("lock", lock.name.as_str()), ("kind", lock.kind.as_str())]);
    let rows = Rows::new(locks.iter().map(|lock| (labels(lock), lock)));
    for (name, help, of) in [
        ("lock_instances", "Locks that there are.", (|lock| lock.locks) as fn(&LockStats) -> u64),
        ("lock_holders", "How many hold one.", |lock| lock.held),
        ("lock_waiting", "How many wait for one.", |lock| lock.waiting),
    ] {
        out.gauge(&rows, Fold::Sum, name, help, |lock| Some(of(lock)));
    }
    let modes = locks.iter().flat_map(|lock| {
        [("exclusive", &lock.exclusive), ("shared", &lock.shared)]
            .map(|(mode, count)| (labels(lock).with([("mode", mode)]), count))
    });
    let help = "How often a lock was taken, exact.";
    out.counter(&Rows::new(modes), "lock_acquired", help, |count| Some(*count));
    let help = "How often somebody had to wait for a lock, exact.";
    out.counter(&rows, "lock_contended", help, |lock| Some(lock.contended));
    let help = "How often a lock could not be had, or not in time, and was not waited for, exact.";
    out.counter(&rows, "lock_refused", help, |lock| Some(lock.refused));
    let (bounds, native) = (out.bounds.clone(), out.native.clone());
    let of = |durations: &Durations| super::collect::durations(durations, &bounds, native.as_deref());
    let help = "How long those who had to wait for a lock did.";
    out.histogram(&rows, "lock_wait_seconds", help, |lock| of(&lock.wait));
    let help = "How long locks were held, by random samples.";
    out.histogram(&rows, "lock_hold_seconds", help, |lock| of(&lock.hold));
}
