//! What is known of queues: of all that have one name, and of each for itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use perf_core::__guard::{Gathered, PerThread, Values};
use perf_core::{Durations, QueueKind, QueueStats, QueueWindow};

use crate::history::Counted;
use crate::names::{Named, Names};
use crate::{OFF, add, now};

pub(crate) static QUEUES: Names<Queue> = Names::new();

/// All queues of one name, kind and capacity.
#[derive(Debug)]
pub(crate) struct Queue {
    name: String,
    kind: QueueKind,
    capacity: Option<u64>,
    of_threads: PerThread<Cell>,
    /// That there are.
    queues: AtomicU64,
    discarded: AtomicU64,
    closed_by_senders: AtomicU64,
    closed_by_receivers: AtomicU64,
}

/// What one thread has done. Nobody else writes it.
#[derive(Debug, Default)]
struct Cell {
    sent: AtomicU64,
    received: AtomicU64,
    refused: AtomicU64,
    /// The most items that it has seen in a queue.
    peak: AtomicU64,
    wait: Values,
    sending: Waits,
    receiving: Waits,
}

/// How long one end had to wait.
#[derive(Debug, Default)]
struct Waits {
    begun: AtomicU64,
    ended: AtomicU64,
    values: Values,
}

impl Named for Queue {
    type Key = (QueueKind, Option<u64>);

    fn new(name: &str, (kind, capacity): Self::Key) -> Self {
        let of_threads = PerThread::new();
        // So that it is there for threads that can make nothing any more.
        of_threads.shared(|_: &Cell| ());
        Self {
            name: name.to_owned(),
            kind,
            capacity,
            of_threads,
            queues: AtomicU64::new(0),
            discarded: AtomicU64::new(0),
            closed_by_senders: AtomicU64::new(0),
            closed_by_receivers: AtomicU64::new(0),
        }
    }

    fn is(&self, name: &str, key: Self::Key) -> bool {
        self.name == name && (self.kind, self.capacity) == key
    }

    fn other((kind, _): Self::Key) -> (Self::Key, usize) {
        ((kind, None), kind as usize)
    }
}

impl Queue {
    #[inline]
    fn with(&self, work: impl FnOnce(&Cell)) {
        if OFF {
            return;
        }
        match self.of_threads.get() {
            Some(own) => work(own),
            None => self.of_threads.shared(work),
        }
    }

    /// What it has come to.
    pub(crate) fn stats(&self, windows: [QueueWindow; 4]) -> QueueStats {
        let mut stats = QueueStats::new(self.name.clone(), self.kind, self.capacity, windows);
        let [mut wait, mut sending, mut receiving] = [Gathered::default(), Gathered::default(), Gathered::default()];
        let (mut send_waits, mut receive_waits) = (0, 0);
        // First what goes out, so that nothing goes out that never came in.
        self.of_threads.each(|cell| {
            stats.received += cell.received.load(Relaxed);
            send_waits += cell.sending.ended.load(Relaxed);
            receive_waits += cell.receiving.ended.load(Relaxed);
        });
        stats.discarded = self.discarded.load(Relaxed);
        self.of_threads.each(|cell| {
            stats.sent += cell.sent.load(Relaxed);
            stats.refused += cell.refused.load(Relaxed);
            stats.peak = stats.peak.max(cell.peak.load(Relaxed));
            stats.senders_waiting += cell.sending.begun.load(Relaxed);
            stats.receivers_waiting += cell.receiving.begun.load(Relaxed);
            wait.add(&cell.wait);
            sending.add(&cell.sending.values);
            receiving.add(&cell.receiving.values);
        });
        stats.senders_waiting = stats.senders_waiting.saturating_sub(send_waits);
        stats.receivers_waiting = stats.receivers_waiting.saturating_sub(receive_waits);
        stats.queues = self.queues.load(Relaxed);
        stats.depth = stats.sent.saturating_sub(stats.received + stats.discarded);
        if let Some(capacity) = self.capacity {
            stats.depth = stats.depth.min(capacity.saturating_mul(stats.queues));
        }
        stats.closed_by_senders = self.closed_by_senders.load(Relaxed);
        stats.closed_by_receivers = self.closed_by_receivers.load(Relaxed);
        [stats.wait, stats.send_wait, stats.receive_wait] =
            [wait, sending, receiving].map(|all| Durations::of(all.distribution(0)));
        stats
    }
}

impl Counted for Queue {
    fn counts(&self) -> [u64; 2] {
        let mut counts = [0; 2];
        self.of_threads.each(|cell| {
            counts[0] += cell.sent.load(Relaxed);
            counts[1] += cell.received.load(Relaxed);
        });
        counts
    }
}

/// One queue. It counts for itself what went in and out: in words that only one side writes, on lines of their own, so
/// that both are no more in each other's way than they are in the queue itself.
#[derive(Debug)]
pub(crate) struct Channel {
    queue: &'static Queue,
    is_closed: AtomicBool,
    sent: Line,
    received: Line,
}

/// A line of the cache, or two where the processor fetches them in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Line(AtomicU64);

/// What goes along with both ends of a new queue.
pub(crate) fn ends(name: &str, kind: QueueKind, capacity: Option<usize>) -> (Arc<Sending>, Receiving) {
    let queue = QUEUES.find(name, (kind, capacity.map(|items| items as u64)));
    crate::history::connect();
    queue.queues.fetch_add(1, Relaxed);
    let channel =
        Channel { queue, is_closed: AtomicBool::new(false), sent: Line::default(), received: Line::default() };
    let channel = Arc::new(channel);
    (Arc::new(Sending(channel.clone())), Receiving(channel))
}

impl Channel {
    fn left(&self) -> u64 {
        // Who has received need not have waited for the sender to count; there is nothing left then.
        let left = self.sent.0.load(Relaxed).wrapping_sub(self.received.0.load(Relaxed));
        if left as i64 > 0 { left } else { 0 }
    }

    /// Nobody receives any more: what is left is gone.
    fn discard(&self) {
        let left = self.left();
        self.received.0.fetch_add(left, Relaxed);
        self.queue.discarded.fetch_add(left, Relaxed);
    }

    /// Who closes it first, did.
    fn close(&self, count: &AtomicU64) {
        if !self.is_closed.swap(true, Relaxed) {
            count.fetch_add(1, Relaxed);
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        // What was sent while the last receiver went.
        self.discard();
        self.queue.queues.fetch_sub(1, Relaxed);
    }
}

/// An item and when its sender began to send it.
#[derive(Debug)]
pub(crate) struct Item<T> {
    pub(crate) value: T,
    sent_at: u64,
}

impl<T> Item<T> {
    #[inline]
    pub(crate) fn new(value: T) -> Self {
        Self { value, sent_at: now() }
    }
}

/// What all senders of a queue share. It goes before the last of them closes the queue, so that nobody else seems to have
/// closed it.
#[derive(Debug)]
pub(crate) struct Sending(Arc<Channel>);

impl Sending {
    /// An item is in the queue, or already out of it.
    #[inline]
    pub(crate) fn sent(&self) {
        if OFF {
            return;
        }
        let channel = &*self.0;
        let sent = channel.sent.0.fetch_add(1, Relaxed) + 1;
        let depth = sent.wrapping_sub(channel.received.0.load(Relaxed)) as i64;
        let queue = channel.queue;
        // It was in the queue for a moment, and never were there more than it holds.
        let depth = (depth.max(1) as u64).min(queue.capacity.unwrap_or(u64::MAX));
        queue.with(|cell| {
            add(&cell.sent, 1);
            if depth > cell.peak.load(Relaxed) {
                cell.peak.store(depth, Relaxed);
            }
        });
    }

    /// An item was given back, for want of room.
    #[cold]
    pub(crate) fn refused(&self) {
        self.0.queue.with(|cell| add(&cell.refused, 1));
    }

    /// The running sender waits for room, for as long as it keeps this.
    #[cold]
    pub(crate) fn wait(&self) -> Waiting {
        Waiting::begin(self.0.queue, |cell| &cell.sending)
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.close(&self.0.queue.closed_by_senders);
    }
}

/// What all receivers of a queue share. It goes before the last of them does.
#[derive(Debug)]
pub(crate) struct Receiving(Arc<Channel>);

impl Receiving {
    /// An item is out of the queue, of which there is one receiver.
    #[inline]
    pub(crate) fn took<T>(&self, item: Item<T>) -> T {
        let received = &self.0.received.0;
        received.store(received.load(Relaxed).wrapping_add(1), Relaxed);
        self.count(item)
    }

    /// An item is out of the queue, from which others receive too.
    #[cfg(feature = "crossbeam-channel")]
    #[inline]
    pub(crate) fn took_among_others<T>(&self, item: Item<T>) -> T {
        self.0.received.0.fetch_add(1, Relaxed);
        self.count(item)
    }

    #[inline]
    fn count<T>(&self, item: Item<T>) -> T {
        let waited = now().saturating_sub(item.sent_at);
        self.0.queue.with(|cell| {
            add(&cell.received, 1);
            cell.wait.record(waited as f64, 1);
        });
        item.value
    }

    /// The running receiver waits for an item, for as long as it keeps this.
    #[cold]
    pub(crate) fn wait(&self) -> Waiting {
        Waiting::begin(self.0.queue, |cell| &cell.receiving)
    }

    /// Nothing more is to come in.
    #[cfg(feature = "tokio")]
    pub(crate) fn close(&self) {
        self.0.close(&self.0.queue.closed_by_receivers);
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        self.0.close(&self.0.queue.closed_by_receivers);
        self.0.discard();
    }
}

/// Somebody waits.
#[derive(Debug)]
#[must_use = "dropped at once, nobody waited"]
pub(crate) struct Waiting {
    queue: &'static Queue,
    end: fn(&Cell) -> &Waits,
    since: u64,
}

impl Waiting {
    fn begin(queue: &'static Queue, end: fn(&Cell) -> &Waits) -> Self {
        // First, so that who sees somebody wait knows that it has begun.
        let since = now();
        queue.with(|cell| add(&end(cell).begun, 1));
        Self { queue, end, since }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let waited = now().saturating_sub(self.since);
        self.queue.with(|cell| {
            let waits = (self.end)(cell);
            add(&waits.ended, 1);
            waits.values.record(waited as f64, 1);
        });
    }
}
