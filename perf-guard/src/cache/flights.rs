//! Loads under way: one a key, and those who wait for it.
//!
//! Whoever finds none under way leads one. A lead ends with a value, which all who wait get; or it is given up, by an
//! error, a panic or a future that is dropped, and goes over to whoever has waited longest.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::collections::btree_map;
use std::hash::{BuildHasher, Hash, RandomState};
use std::pin::Pin;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;

use once_cell::sync::{Lazy, OnceCell};
use pin_project_lite::pin_project;

use crate::bulkhead::{Queue, this_thread};
use crate::primitive::{lock, wake};

/// A key as 128 bits that nobody outside of the process can foresee, so that different keys never meet.
pub(super) fn print_of<K: Hash + ?Sized>(key: &K) -> u128 {
    static STATES: Lazy<[RandomState; 2]> = Lazy::new(Default::default);
    let [one, other] = &*STATES;
    u128::from(one.hash_one(key)) << 64 | u128::from(other.hash_one(key))
}

/// Locks that keys are spread over.
const SHARDS: usize = 16;

type Shard<V> = Mutex<BTreeMap<u128, Arc<Flight<V>>>>;

pub(super) struct Flights<V> {
    shards: [Shard<V>; SHARDS],
}

/// One load, by whoever leads it at the time.
pub(super) struct Flight<V> {
    /// For those who wait, when there is one.
    value: OnceCell<V>,
    /// The thread that the load runs on just now; 0 where it runs on none.
    running: AtomicUsize,
    /// Locked after the shard, where both are. Who is taken out of it has a value, or leads where there is none.
    waiting: Mutex<Queue>,
}

/// How a call that found nothing goes on.
pub(super) enum Joined<'a, V> {
    Lead(Lead<'a, V>),
    Wait(Wait<'a, V>),
    /// The load under way is what makes this call, and waits for it.
    Within,
}

/// How waiting ended.
pub(super) enum Landed<'a, V> {
    Value(V),
    Lead(Lead<'a, V>),
}

impl<V> Flights<V> {
    pub(super) fn new() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()) }
    }

    fn shard(&self, key: u128) -> &Shard<V> {
        &self.shards[key as usize % SHARDS]
    }

    /// Leads, or waits behind the others.
    pub(super) fn join(&self, key: u128, waker: Waker) -> Joined<'_, V> {
        let mut loading = lock(self.shard(key));
        let flight = match loading.entry(key) {
            btree_map::Entry::Vacant(vacant) => {
                let flight = vacant.insert(Flight::new()).clone();
                // The waker is dropped when the lock is not held any more: that is declared before it.
                drop(loading);
                return Joined::Lead(Lead { flights: self, key, flight, is_over: false });
            }
            btree_map::Entry::Occupied(under_way) => under_way.get().clone(),
        };
        if flight.running.load(Relaxed) == thread_number() {
            drop(loading);
            return Joined::Within;
        }
        let ticket = lock(&flight.waiting).push(waker);
        drop(loading);
        Joined::Wait(Wait { flights: self, key, flight, ticket, is_over: false })
    }

    /// Leads, if nobody else does.
    pub(super) fn lead(&self, key: u128) -> Option<Lead<'_, V>> {
        let mut loading = lock(self.shard(key));
        let btree_map::Entry::Vacant(vacant) = loading.entry(key) else { return None };
        let flight = vacant.insert(Flight::new()).clone();
        Some(Lead { flights: self, key, flight, is_over: false })
    }

    /// What is being loaded of a key is out of date before it is there: only those get it who wait for it now. Meanwhile
    /// `change` makes the change, and nobody begins a load.
    pub(super) fn overrule<T>(&self, key: u128, change: impl FnOnce() -> T) -> T {
        let mut loading = lock(self.shard(key));
        let outdated = loading.remove(&key);
        let changed = change();
        drop(loading);
        drop(outdated);
        changed
    }

    /// The same of all keys.
    pub(super) fn overrule_all(&self) {
        for shard in &self.shards {
            let outdated = std::mem::take(&mut *lock(shard));
            drop(outdated);
        }
    }

    #[cfg(all(test, not(loom)))]
    pub(super) fn under_way(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }
}

impl<V> Flight<V> {
    fn new() -> Arc<Self> {
        Arc::new(Self { value: OnceCell::new(), running: AtomicUsize::new(0), waiting: Mutex::default() })
    }

    fn is_in(self: &Arc<Self>, loading: &BTreeMap<u128, Arc<Self>>, key: u128) -> bool {
        loading.get(&key).is_some_and(|flight| Arc::ptr_eq(flight, self))
    }

    /// The load runs on this thread until what this gives is dropped.
    fn runs_here(&self) -> Running<'_> {
        self.running.store(thread_number(), Relaxed);
        Running(&self.running)
    }
}

/// Nothing need be ordered: a thread looks only for its own number, which nobody else writes.
struct Running<'a>(&'a AtomicUsize);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.store(0, Relaxed);
    }
}

/// Never 0, and no other's at the time, but for threads that have lost their thread-locals: they may be taken for one
/// another, and load once too often.
fn thread_number() -> usize {
    thread_local! {
        static PLACE: Cell<u8> = const { Cell::new(0) };
    }
    PLACE.try_with(|place| ptr::from_ref(place).addr()).unwrap_or(usize::MAX)
}

/// The right, and the duty, to load. Dropped, it goes to the next.
pub(super) struct Lead<'a, V> {
    flights: &'a Flights<V>,
    key: u128,
    flight: Arc<Flight<V>>,
    is_over: bool,
}

impl<V: Clone> Lead<'_, V> {
    /// Runs the load, which may notice that it asks for itself.
    pub(super) fn run<T>(&self, load: impl FnOnce() -> T) -> T {
        let _running = self.flight.runs_here();
        load()
    }

    /// The same for a task.
    pub(super) fn run_async<F: Future>(&self, future: F) -> impl Future<Output = F::Output> {
        Loading { flight: &self.flight, future }
    }

    /// The load has a value. It is kept, unless it is out of date; and all who wait get it.
    pub(super) fn land(mut self, value: &V, keep: impl FnOnce()) {
        {
            let mut loading = lock(self.flights.shard(self.key));
            if self.flight.is_in(&loading, self.key) {
                keep();
                loading.remove(&self.key);
            }
        }
        // Nobody joins any more.
        if lock(&self.flight.waiting).len() > 0 {
            // Should that panic, the lead goes to one of them.
            let _ = self.flight.value.set(value.clone());
        }
        self.is_over = true;
        loop {
            let next = lock(&self.flight.waiting).pop();
            let Some(next) = next else { break };
            wake(next);
        }
    }
}

impl<V> Drop for Lead<'_, V> {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let heir = {
            let mut loading = lock(self.flights.shard(self.key));
            let heir = lock(&self.flight.waiting).pop();
            if heir.is_none() && self.flight.is_in(&loading, self.key) {
                loading.remove(&self.key);
            }
            heir
        };
        if let Some(waker) = heir {
            wake(waker);
        }
    }
}

/// A place in the line behind a load.
pub(super) struct Wait<'a, V> {
    flights: &'a Flights<V>,
    key: u128,
    flight: Arc<Flight<V>>,
    ticket: u64,
    is_over: bool,
}

impl<'a, V: Clone> Wait<'a, V> {
    fn poll_landed(&mut self, waker: &Waker) -> Poll<Landed<'a, V>> {
        // Wakers are cloned and dropped under no lock: they are foreign code.
        let mut waker = waker.clone();
        if let Some(own) = lock(&self.flight.waiting).waker(self.ticket) {
            std::mem::swap(own, &mut waker);
            return Poll::Pending;
        }
        self.is_over = true;
        Poll::Ready(match self.flight.value.get() {
            Some(value) => Landed::Value(value.clone()),
            None => Landed::Lead(self.as_lead()),
        })
    }

    /// Waits on the running thread.
    pub(super) fn block(mut self) -> Landed<'a, V> {
        let waker = this_thread();
        loop {
            if let Poll::Ready(landed) = self.poll_landed(&waker) {
                return landed;
            }
            thread::park();
        }
    }
}

impl<'a, V> Wait<'a, V> {
    fn as_lead(&self) -> Lead<'a, V> {
        Lead { flights: self.flights, key: self.key, flight: self.flight.clone(), is_over: false }
    }
}

impl<'a, V: Clone> Future for Wait<'a, V> {
    type Output = Landed<'a, V>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Landed<'a, V>> {
        self.get_mut().poll_landed(context.waker())
    }
}

impl<V> Drop for Wait<'_, V> {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let left = lock(&self.flight.waiting).remove(self.ticket);
        // Its turn had come: it is the next one's now.
        if left.is_none() && self.flight.value.get().is_none() {
            drop(self.as_lead());
        }
    }
}

pin_project! {
    /// A load that a task makes.
    struct Loading<'a, V, F> {
        flight: &'a Flight<V>,
        #[pin]
        future: F,
    }
}

impl<V, F: Future> Future for Loading<'_, V, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _running = this.flight.runs_here();
        this.future.poll(context)
    }
}
