//! Changes of state, for those who want to know.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use perf_core::GuardKind;

use crate::name::Name;
use crate::primitive::lock;

/// A guard is doing something else now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: GuardKind,
    /// What it was doing: `closed`, `open`, …
    pub from: &'static str,
    /// What it is doing now.
    pub to: &'static str,
}

/// Events from now on. Made by [`subscribe`].
///
/// It keeps 1,024 that nobody has taken; more are lost, and [counted](Self::lost).
#[derive(Debug)]
pub struct Events {
    receiver: Receiver<Event>,
    lost: Arc<AtomicU64>,
}

struct Subscriber {
    sender: SyncSender<Event>,
    lost: Arc<AtomicU64>,
}

/// Events that wait to be taken.
const ROOM: usize = 1024;

static SUBSCRIBERS: Mutex<Vec<Subscriber>> = Mutex::new(Vec::new());
static HAS_SUBSCRIBERS: AtomicBool = AtomicBool::new(false);

/// Changes of state of all guards, from now on. They are `tracing` events of the target `perf_runtime` too.
#[must_use]
pub fn subscribe() -> Events {
    let (sender, receiver) = sync_channel(ROOM);
    let lost = Arc::new(AtomicU64::new(0));
    lock(&SUBSCRIBERS).push(Subscriber { sender, lost: lost.clone() });
    HAS_SUBSCRIBERS.store(true, Relaxed);
    Events { receiver, lost }
}

impl Events {
    /// The next event, if there is one.
    #[must_use]
    pub fn try_next(&self) -> Option<Event> {
        self.receiver.try_recv().ok()
    }

    /// The next event, waited for.
    #[must_use]
    pub fn next_within(&self, time: Duration) -> Option<Event> {
        self.receiver.recv_timeout(time).ok()
    }

    /// Events that came while there was no room.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }
}

/// Tells all who want to know. Nothing of ours is locked, but for the list of those.
#[cold]
pub(crate) fn emit(event: &Event) {
    let (name, kind, from, to) = (event.name, event.kind.as_str(), event.from, event.to);
    tracing::info!(target: "perf_runtime", guard = %name, kind, from, to, "a guard has changed its state");
    if !HAS_SUBSCRIBERS.load(Relaxed) {
        return;
    }
    lock(&SUBSCRIBERS).retain(|subscriber| match subscriber.sender.try_send(event.clone()) {
        Ok(()) => true,
        Err(TrySendError::Full(_)) => {
            subscriber.lost.fetch_add(1, Relaxed);
            true
        }
        Err(TrySendError::Disconnected(_)) => false,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_takes_is_lost_and_counted() {
        let event = |to| Event { name: Name::given("events"), kind: GuardKind::Bulkhead, from: "a", to };
        let events = subscribe();
        for _ in 0..ROOM + 3 {
            emit(&event("b"));
        }
        // Other tests may emit too.
        assert!(events.lost() >= 3);
        assert!(std::iter::from_fn(|| events.try_next()).count() >= ROOM, "what there was room for is there");
        emit(&event("c"));
        assert!(std::iter::from_fn(|| events.try_next()).any(|event| event.to == "c"));
    }
}
