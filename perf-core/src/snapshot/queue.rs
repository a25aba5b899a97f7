use std::time::Duration;

use super::{Durations, Window};

/// Whose queue it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum QueueKind {
    /// `std::sync::mpsc`.
    Std,
    /// `crossbeam-channel`.
    Crossbeam,
    /// `tokio::sync::mpsc`.
    Tokio,
}

impl QueueKind {
    /// In a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Std => "std",
            Self::Crossbeam => "crossbeam",
            Self::Tokio => "tokio",
        }
    }
}

/// The queues of one name, kind and capacity, added up.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct QueueStats {
    /// As it was given; `(other)`, where there were too many names.
    pub name: String,
    /// Whose they are.
    pub kind: QueueKind,
    /// How many items each of them holds; none where there is no bound.
    pub capacity: Option<u64>,
    /// Queues that there are, with an end somebody has.
    pub queues: u64,
    /// Items in them, all together. While threads send and receive, it is right to what they have in their hands.
    pub depth: u64,
    /// The most items that one of them ever held, likewise.
    pub peak: u64,
    /// Items that were sent, exact, as all counts are.
    pub sent: u64,
    /// Items that were received.
    pub received: u64,
    /// Items that were given back, because there was no room, or not in time.
    pub refused: u64,
    /// Items that were still in a queue when its receivers had gone.
    pub discarded: u64,
    /// Queues whose senders went first.
    pub closed_by_senders: u64,
    /// Queues whose receivers went first, or said that they take no more.
    pub closed_by_receivers: u64,
    /// How long items were under way, from the call that sent them to the return of the one that received them. What a
    /// sender waited for room is in it.
    pub wait: Durations,
    /// How long senders waited for room, each time that they had to.
    pub send_wait: Durations,
    /// How long receivers waited for an item, each time that they had to.
    pub receive_wait: Durations,
    /// Senders that wait for room at this moment.
    pub senders_waiting: u64,
    /// Receivers that wait for an item at this moment.
    pub receivers_waiting: u64,
    pub(crate) windows: [QueueWindow; 4],
}

/// What happened to queues in one of the rolling windows. Exact, but for items in the hands of threads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct QueueWindow {
    /// The time that the window covers.
    pub span: Duration,
    /// Items that were sent.
    pub sent: u64,
    /// The same a second.
    pub sent_rate: f64,
    /// Items that were received.
    pub received: u64,
    /// The same a second.
    pub received_rate: f64,
}

impl QueueWindow {
    /// So many items in so much time.
    #[doc(hidden)]
    #[must_use]
    pub fn of(sent: u64, received: u64, span: Duration) -> Self {
        let rate = |count| super::rate(count, span);
        Self { span, sent, sent_rate: rate(sent), received, received_rate: rate(received) }
    }
}

impl QueueStats {
    /// Queues to which nothing has happened.
    #[doc(hidden)]
    #[must_use]
    pub fn new(name: String, kind: QueueKind, capacity: Option<u64>, windows: [QueueWindow; 4]) -> Self {
        Self {
            name,
            kind,
            capacity,
            queues: 0,
            depth: 0,
            peak: 0,
            sent: 0,
            received: 0,
            refused: 0,
            discarded: 0,
            closed_by_senders: 0,
            closed_by_receivers: 0,
            wait: Durations::default(),
            send_wait: Durations::default(),
            receive_wait: Durations::default(),
            senders_waiting: 0,
            receivers_waiting: 0,
            windows,
        }
    }

    /// What happened in one of the rolling windows.
    #[must_use]
    pub fn window(&self, window: Window) -> QueueWindow {
        self.windows[window as usize]
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.name, self.kind, self.capacity) == (&other.name, other.kind, other.capacity)
    }

    /// What has happened since; what there is stays as it is now.
    pub(super) fn since(&self, then: &Self) -> Self {
        let mut since = self.clone();
        for (now, then) in [
            (&mut since.sent, then.sent),
            (&mut since.received, then.received),
            (&mut since.refused, then.refused),
            (&mut since.discarded, then.discarded),
            (&mut since.closed_by_senders, then.closed_by_senders),
            (&mut since.closed_by_receivers, then.closed_by_receivers),
        ] {
            *now = now.saturating_sub(then);
        }
        since.wait = self.wait.since(&then.wait);
        since.send_wait = self.send_wait.since(&then.send_wait);
        since.receive_wait = self.receive_wait.since(&then.receive_wait);
        since
    }
}
