//! What a call does: looks, and loads where there is nothing. Time is handed in.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Poll, Waker};

use super::flights::{Flights, Joined, Landed, Lead, Wait};
use super::shared::{Age, Shared};
use super::store::{Borrowed, Entry, Matches, Store, Stored};
use crate::bulkhead::this_thread;

pub(super) struct Core<K, V> {
    pub(super) shared: Arc<Shared>,
    pub(super) store: Store<K, V>,
    pub(super) flights: Flights<V>,
}

/// What a look found.
pub(super) enum Found<V> {
    Fresh(V),
    /// To be given, where another loads it anew.
    Stale(V),
    Missing,
}

/// A call that found nothing, or nothing fresh.
pub(super) struct Missed<K, V> {
    pub(super) key: Stored<K>,
    /// The key among those that are loaded: see [`print_of`](super::flights::print_of).
    pub(super) print: u128,
    pub(super) stale: Option<V>,
}

/// What a load gives.
pub(super) trait Outcome<V> {
    /// The value, if it is one to be kept.
    fn value(&self) -> Option<&V>;
    /// The same, where another has loaded it.
    fn of(value: V) -> Self;
}

/// A value that cannot be an error.
pub(super) struct Always<V>(pub(super) V);

impl<V> Outcome<V> for Always<V> {
    fn value(&self) -> Option<&V> {
        Some(&self.0)
    }

    fn of(value: V) -> Self {
        Self(value)
    }
}

impl<V, E> Outcome<V> for Result<V, E> {
    fn value(&self) -> Option<&V> {
        self.as_ref().ok()
    }

    fn of(value: V) -> Self {
        Ok(value)
    }
}

/// How a call goes on after the first look.
enum Turn<'a, O, V> {
    Done(O),
    Lead(Lead<'a, V>),
    Wait(Wait<'a, V>),
    /// It is part of the load that it would wait for.
    Within,
}

impl<K: Eq, V: Clone> Core<K, V> {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let store = Store::new(shared.capacity.load(Relaxed));
        Self { shared, store, flights: Flights::new() }
    }

    /// A look at what is there. Only one that finds something fresh is counted here.
    #[inline]
    pub(super) fn find<M: Matches<K>>(&self, hash: u64, key: &M, clock: impl FnOnce() -> u64) -> Found<V> {
        let Some(Entry { value, loaded }) = self.store.get(hash, key) else { return Found::Missing };
        // The clock is read after the look, so that what another thread has just put there is not ahead of it.
        match self.shared.age(loaded, clock) {
            Age::Fresh => {
                self.shared.counts.hits.add(1);
                Found::Fresh(value)
            }
            Age::Stale => Found::Stale(value),
            Age::Expired => Found::Missing,
        }
    }

    /// Loads, or waits for whoever does, on the running thread.
    pub(super) fn load<O: Outcome<V>>(
        &self,
        missed: Missed<K, V>,
        load: impl FnOnce() -> O,
        clock: impl Fn() -> u64,
    ) -> O {
        let leader = match self.turn(&missed, this_thread(), &clock) {
            Turn::Done(out) => return out,
            Turn::Lead(leader) => leader,
            Turn::Within => {
                self.count_load();
                return load();
            }
            Turn::Wait(wait) => {
                let began = clock();
                let landed = wait.block();
                self.count_wait(began, clock());
                match landed {
                    Landed::Value(value) => return O::of(value),
                    Landed::Lead(leader) => leader,
                }
            }
        };
        self.count_load();
        let out = leader.run(load);
        self.land(leader, missed.key, out, &clock)
    }

    /// The same for a task. Dropped while it loads, another loads; nothing is begun before the first poll.
    pub(super) async fn load_async<O: Outcome<V>>(
        &self,
        missed: Missed<K, V>,
        future: impl Future<Output = O>,
        clock: impl Fn() -> u64,
    ) -> O {
        let waker = poll_fn(|context| Poll::Ready(context.waker().clone())).await;
        let leader = match self.turn(&missed, waker, &clock) {
            Turn::Done(out) => return out,
            Turn::Lead(leader) => leader,
            Turn::Within => {
                self.count_load();
                return future.await;
            }
            Turn::Wait(wait) => {
                let began = clock();
                let landed = wait.await;
                self.count_wait(began, clock());
                match landed {
                    Landed::Value(value) => return O::of(value),
                    Landed::Lead(leader) => leader,
                }
            }
        };
        self.count_load();
        let out = leader.run_async(future).await;
        self.land(leader, missed.key, out, &clock)
    }

    /// The one who finds a value stale loads it anew, and waits for it; those who come meanwhile have the stale one.
    fn turn<O: Outcome<V>>(&self, missed: &Missed<K, V>, waker: Waker, clock: &impl Fn() -> u64) -> Turn<'_, O, V> {
        let counts = &self.shared.counts;
        let joined = match &missed.stale {
            None => self.flights.join(missed.print, waker),
            Some(stale) => {
                let Some(lead) = self.flights.lead(missed.print) else {
                    counts.stale.add(1);
                    return Turn::Done(O::of(stale.clone()));
                };
                Joined::Lead(lead)
            }
        };
        counts.misses.fetch_add(1, Relaxed);
        let lead = match joined {
            Joined::Lead(lead) => lead,
            Joined::Wait(wait) => return Turn::Wait(wait),
            Joined::Within => return Turn::Within,
        };
        // Another may have ended its load between the look and this.
        match self.store.peek(missed.key.hash, &Borrowed(&missed.key.key)) {
            Some(entry) if self.shared.age(entry.loaded, clock) == Age::Fresh => {
                lead.land(&entry.value, || ());
                Turn::Done(O::of(entry.value))
            }
            _ => Turn::Lead(lead),
        }
    }

    /// A load is over: what can be kept is, and goes to all who wait; else one of them is next.
    fn land<O: Outcome<V>>(&self, lead: Lead<'_, V>, key: Stored<K>, out: O, clock: &impl Fn() -> u64) -> O {
        if let Some(value) = out.value() {
            let entry = Entry { value: value.clone(), loaded: clock() };
            let mut evicted = None;
            lead.land(value, || evicted = Some(self.store.insert(key, entry)));
            drop(evicted);
        }
        out
    }

    /// Puts a value there, whatever is being loaded meanwhile.
    pub(super) fn insert(&self, key: Stored<K>, print: u128, value: V, now: u64) {
        let entry = Entry { value, loaded: now };
        drop(self.flights.overrule(print, || self.store.insert(key, entry)));
    }

    pub(super) fn invalidate<M: Matches<K>>(&self, hash: u64, print: u128, key: &M) {
        self.flights.overrule(print, || ());
        self.store.remove(hash, key);
    }

    pub(super) fn clear(&self) {
        self.flights.overrule_all();
        self.store.clear();
    }

    pub(super) fn count_miss(&self) {
        self.shared.counts.misses.fetch_add(1, Relaxed);
    }

    fn count_load(&self) {
        self.shared.counts.loads.fetch_add(1, Relaxed);
    }

    fn count_wait(&self, began: u64, ended: u64) {
        let counts = &self.shared.counts;
        counts.waits.fetch_add(1, Relaxed);
        counts.waited_nanos.fetch_add(ended.saturating_sub(began), Relaxed);
    }
}
