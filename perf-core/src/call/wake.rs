//! When futures are woken: wakers around those of the executor, which note the time and hand on.
//!
//! A waker outlives the poll that it was given to, and may outlive the future: a clone of it may lie in a
//! timer or a channel, on whatever thread. So what it refers to is a node of a pool, which is never
//! freed, and free for another future once nobody holds it: not the future, and no clone.
//!
//! A node has one waker of the executor's from when it is taken until it is free. A future that is polled
//! with another one takes another node, and clones of the old one go on waking whom they woke.

use std::cell::{Cell, OnceCell};
use std::mem::ManuallyDrop;
use std::ptr;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::clock::ticks;
use super::cpu::Reading;
use super::primitive::{
    AtomicPtr, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
    UnsafeCell,
};
use super::strand::make;

/// Nodes in one chunk, and chunks: so many futures may be attended at a time. Of more it is not known when they are woken.
const CHUNK: usize = if cfg!(loom) { 2 } else { 64 };
const CHUNKS: usize = if cfg!(loom) { 1 } else { 256 };

/// What is known of one future beyond what it keeps itself. Ticks, but for the CPU time.
#[derive(Clone, Copy, Default)]
pub(super) struct Account {
    /// How many sampled futures it stands for where its CPU time is read; 0 where it is not.
    pub(super) every: u32,
    /// The CPU clock when the running poll began.
    pub(super) reading: Option<Reading>,
    /// CPU nanoseconds of its polls, and of how many polls they are known.
    pub(super) cpu: u64,
    pub(super) readings: u32,
    /// Covered by direct calls of the same function.
    pub(super) nested: u64,
    /// When its last poll ended; none before that.
    pub(super) polled: Option<u64>,
    /// From being woken to being polled: all, and the longest.
    pub(super) scheduled: u64,
    pub(super) longest: u64,
}

/// See the module.
pub(super) struct Node {
    pool: &'static Pool,
    /// Its place in the pool.
    index: u32,
    /// The future, and clones of the waker.
    holders: AtomicU32,
    /// The free node below it, counted from one.
    next: AtomicU32,
    /// Ticks when it was first woken since its last poll; 0 where it was not.
    woken: AtomicU64,
    inner: UnsafeCell<Option<Waker>>,
    /// What refers to this node, without counting as a holder.
    waker: OnceCell<ManuallyDrop<Waker>>,
    pub(super) account: Cell<Account>,
}

// SAFETY: `account` is the future's, which is one thread's at a time, and passes to the next future by way of the
// pool; `inner` changes only while there is no holder; `waker` is set before anybody else can find the node.
unsafe impl Sync for Node {}
// SAFETY: as above.
unsafe impl Send for Node {}

/// All nodes. The free ones are a stack (Treiber, "Systems programming: coping with parallelism", 1986), with a number that
/// changes whenever one is taken, so that a node that went and came back is not taken for one that was there all the time.
pub(super) struct Pool {
    /// That number, and the topmost free node, counted from one.
    free: AtomicU64,
    /// Chunks made, or being made.
    made: AtomicU32,
    chunks: [AtomicPtr<Node>; CHUNKS],
}

#[cfg(not(loom))]
static POOL: Pool = Pool {
    free: AtomicU64::new(0),
    made: AtomicU32::new(0),
    chunks: [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS],
};

/// Models have pools of their own.
#[cfg(loom)]
static POOL: std::sync::LazyLock<Pool> = std::sync::LazyLock::new(|| Pool {
    free: AtomicU64::new(0),
    made: AtomicU32::new(0),
    chunks: [AtomicPtr::new(ptr::null_mut())],
});

/// The node that a future holds.
#[derive(Clone, Copy)]
pub(super) struct Held(&'static Node);

impl Held {
    /// Takes a node for a future that is polled with `waker`; none where there is none left.
    pub(super) fn new(waker: &Waker) -> Option<Self> {
        POOL.take(waker).map(Self)
    }

    /// As something that a future can keep.
    pub(super) fn to_index(self) -> u32 {
        self.0.index
    }

    /// What a future keeps that holds a node.
    pub(super) fn from_index(index: u32) -> Self {
        Self(POOL.node(index))
    }

    /// What the future is to be polled with.
    pub(super) fn waker(self) -> &'static Waker {
        self.0.waker.get().unwrap_or_else(|| unreachable!("set when the node was made"))
    }

    /// What the future is to keep its account in.
    pub(super) fn account(self) -> &'static Cell<Account> {
        &self.0.account
    }

    /// Whether the node's waker wakes what `waker` does.
    pub(super) fn is_for(self, waker: &Waker) -> bool {
        self.0.with_inner(|inner| inner.will_wake(waker))
    }

    /// When it was woken since the last time that somebody asked; 0 where it was not.
    pub(super) fn take_woken(self) -> u64 {
        self.0.woken.swap(0, Relaxed)
    }

    /// The future is done with the node.
    pub(super) fn release(self) {
        self.0.release();
    }
}

impl Node {
    /// Only who holds the node calls it.
    fn with_inner<R>(&self, read: impl FnOnce(&Waker) -> R) -> R {
        // SAFETY: somebody holds the node, so nobody changes this.
        let inner = self.inner.with(|inner| unsafe { (*inner).as_ref() });
        read(inner.unwrap_or(Waker::noop()))
    }

    fn wake(&self) {
        if self.woken.load(Relaxed) == 0 {
            // Zero is the word for "not yet".
            self.woken.store(ticks().max(1), Relaxed);
        }
        self.with_inner(Waker::wake_by_ref);
    }

    /// A holder less. The last one gives the executor's waker back, and then the node.
    fn release(&'static self) {
        let holders = self.holders.fetch_sub(1, Release);
        debug_assert!(holders != 0, "who releases it holds it");
        if holders != 1 {
            return;
        }
        // What the other holders did to the node comes before what the next one does.
        self.holders.load(Acquire);
        // SAFETY: this was the last holder.
        let inner = self.inner.with_mut(|inner| unsafe { (*inner).take() });
        self.pool.put(self);
        drop(inner);
    }
}

impl Pool {
    fn node(&self, index: u32) -> &'static Node {
        let index = index as usize;
        let chunk = self.chunks[index / CHUNK].load(Acquire);
        // SAFETY: indices are those of nodes that were made, in chunks of so many, which are never freed.
        unsafe { &*chunk.add(index % CHUNK) }
    }

    fn take(&'static self, waker: &Waker) -> Option<&'static Node> {
        let node = self.pop().or_else(|| self.grow())?;
        let waker = waker.clone();
        // SAFETY: nobody holds the node: it was taken from the free ones, or has just been made.
        node.inner.with_mut(|inner| unsafe { *inner = Some(waker) });
        node.woken.store(0, Relaxed);
        node.account.set(Account::default());
        node.holders.store(1, Relaxed);
        Some(node)
    }

    fn pop(&self) -> Option<&'static Node> {
        let mut free = self.free.load(Acquire);
        loop {
            let top = free as u32;
            if top == 0 {
                return None;
            }
            let node = self.node(top - 1);
            let number = (free >> 32).wrapping_add(1) << 32;
            // If another takes the node meanwhile, this is not what is below it; then the number has changed.
            let below = number | u64::from(node.next.load(Relaxed));
            match self.free.compare_exchange(free, below, Acquire, Acquire) {
                Ok(_) => return Some(node),
                Err(now) => free = now,
            }
        }
    }

    fn put(&self, node: &'static Node) {
        let mut free = self.free.load(Relaxed);
        loop {
            node.next.store(free as u32, Relaxed);
            let top = free >> 32 << 32 | u64::from(node.index + 1);
            match self.free.compare_exchange(free, top, Release, Relaxed) {
                Ok(_) => return,
                Err(now) => free = now,
            }
        }
    }

    /// Makes a chunk, and gives the first node of it.
    #[cold]
    fn grow(&'static self) -> Option<&'static Node> {
        if self.made.load(Relaxed) as usize >= CHUNKS {
            return None;
        }
        let nodes = make(|| self.chunk()).flatten()?;
        for node in &nodes[1..] {
            self.put(node);
        }
        Some(&nodes[0])
    }

    fn chunk(&'static self) -> Option<&'static [Node]> {
        let chunk = self.made.fetch_add(1, Relaxed) as usize;
        if chunk >= CHUNKS {
            self.made.fetch_sub(1, Relaxed);
            return None;
        }
        let first = (chunk * CHUNK) as u32;
        let node = |index| Node {
            pool: self,
            index,
            holders: AtomicU32::new(0),
            next: AtomicU32::new(0),
            woken: AtomicU64::new(0),
            inner: UnsafeCell::new(None),
            waker: OnceCell::new(),
            account: Cell::new(Account::default()),
        };
        let nodes: Box<[Node]> = (first..first + CHUNK as u32).map(node).collect();
        let nodes: &'static [Node] = Box::leak(nodes);
        for node in nodes {
            // SAFETY: what the table asks for is what `VTABLE` does with a node.
            let waker = unsafe { Waker::from_raw(raw(node)) };
            // Nobody but this thread knows of the node yet.
            let _ = node.waker.set(ManuallyDrop::new(waker));
        }
        self.chunks[chunk].store(nodes.as_ptr().cast_mut(), Release);
        Some(nodes)
    }
}

/// A static, not a constant: wakers are compared by its address.
static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, release);

fn raw(node: &'static Node) -> RawWaker {
    RawWaker::new(ptr::from_ref(node).cast(), &VTABLE)
}

/// # Safety
///
/// The data of a waker that was made by [`raw`].
unsafe fn node_of(data: *const ()) -> &'static Node {
    // SAFETY: a node, as promised, which is never freed.
    unsafe { &*data.cast::<Node>() }
}

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: see `node_of`; the executor's contract hands on what `raw` made.
    let node = unsafe { node_of(data) };
    // Who clones holds it, so it cannot become free meanwhile.
    let holders = node.holders.fetch_add(1, Relaxed);
    debug_assert!(holders != 0, "a node that nobody holds is somebody else's next");
    raw(node)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: as in `clone`.
    let node = unsafe { node_of(data) };
    // Also where the executor panics.
    let _held = Releases(node);
    node.wake();
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: as in `clone`.
    unsafe { node_of(data) }.wake();
}

unsafe fn release(data: *const ()) {
    // SAFETY: as in `clone`.
    unsafe { node_of(data) }.release();
}

/// Releases a node at its end.
struct Releases(&'static Node);

impl Drop for Releases {
    fn drop(&mut self) {
        self.0.release();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicU64 as Count;
    use std::task::Wake;
    use std::thread;

    use super::*;

    struct Woken(Count);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    fn pool() -> &'static Pool {
        let chunks = [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS];
        Box::leak(Box::new(Pool { free: AtomicU64::new(0), made: AtomicU32::new(0), chunks }))
    }

    #[test]
    fn a_full_pool_has_no_node_until_one_is_given_back() {
        let pool = pool();
        let mut taken: Vec<_> = std::iter::from_fn(|| pool.take(Waker::noop())).collect();
        assert_eq!(taken.len(), CHUNK * CHUNKS);
        let mut places: Vec<u32> = taken.iter().map(|node| node.index).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), taken.len(), "each is taken once");
        let back = taken.swap_remove(100);
        back.release();
        assert!(ptr::eq(pool.take(Waker::noop()).unwrap(), back));
        assert!(pool.take(Waker::noop()).is_none());
    }

    #[test]
    fn wakers_of_many_threads_wake_whom_they_should_and_leave_nothing_behind() {
        let pool = pool();
        let threads: Vec<_> = (0..4)
            .map(|_| {
                thread::spawn(move || {
                    for n in 0..3_000 {
                        let woken = Arc::new(Woken(Count::new(0)));
                        let inner = Waker::from(woken.clone());
                        let node = pool.take(&inner).unwrap();
                        let held = Held(node);
                        assert!(held.is_for(&inner) && !held.is_for(Waker::noop()));
                        let clones: Vec<Waker> = (0..3).map(|_| held.waker().clone()).collect();
                        let elsewhere = (n % 100 == 0).then(|| {
                            let clone = clones[0].clone();
                            thread::spawn(move || clone.wake())
                        });
                        held.release();
                        clones[1].wake_by_ref();
                        for clone in clones {
                            clone.wake();
                        }
                        let expected = if let Some(other) = elsewhere { other.join().map(|()| 5).unwrap() } else { 4 };
                        assert_eq!(woken.0.load(Relaxed), expected);
                        drop(inner);
                        assert_eq!(Arc::strong_count(&woken), 1, "nobody holds the executor's waker");
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(pool.made.load(Relaxed) <= 4, "nodes are used again: at most four at a time were taken");
    }
}

#[cfg(all(test, loom))]
mod models {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    use loom::thread;

    use super::*;

    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    fn pool() -> &'static Pool {
        let chunks = [AtomicPtr::new(ptr::null_mut())];
        Box::leak(Box::new(Pool { free: AtomicU64::new(0), made: AtomicU32::new(0), chunks }))
    }

    #[test]
    fn a_waker_that_outlives_its_future_wakes_the_same_task_and_then_frees_the_node() {
        super::super::primitive::model(|| {
            let pool = pool();
            let woken = Arc::new(Woken(AtomicUsize::new(0)));
            let node = pool.take(&Waker::from(woken.clone())).unwrap();
            let clone = Held(node).waker().clone();
            let other = thread::spawn(move || clone.wake());
            node.release();
            // The other node of the pool, or this one again, where the clone is gone.
            let next = pool.take(Waker::noop()).unwrap();
            other.join().unwrap();
            assert_eq!(woken.0.load(Relaxed), 1);
            assert_eq!(Arc::strong_count(&woken), 1);
            next.release();
            let all = [pool.take(Waker::noop()), pool.take(Waker::noop())];
            assert!(all.iter().all(Option::is_some), "both are free again");
            assert!(!ptr::eq(all[0].unwrap(), all[1].unwrap()));
        });
    }

    #[test]
    fn nobody_is_given_a_node_that_somebody_has() {
        super::super::primitive::model(|| {
            let pool = pool();
            // Both are there.
            pool.take(Waker::noop()).unwrap().release();
            let taken = Arc::new([const { AtomicUsize::new(0) }; 2]);
            let take = |taken: &[AtomicUsize; 2]| {
                let node = pool.take(Waker::noop())?;
                assert_eq!(taken[node.index as usize].fetch_add(1, Relaxed), 0);
                Some(node)
            };
            let give = |taken: &[AtomicUsize; 2], node: &'static Node| {
                taken[node.index as usize].fetch_sub(1, Relaxed);
                node.release();
            };
            let other = {
                let taken = taken.clone();
                thread::spawn(move || {
                    let first = take(&taken);
                    let second = take(&taken);
                    first.into_iter().for_each(|node| give(&taken, node));
                    second.into_iter().for_each(|node| give(&taken, node));
                })
            };
            let first = take(&taken);
            let second = take(&taken);
            [first, second].into_iter().flatten().for_each(|node| give(&taken, node));
            other.join().unwrap();
            assert!(take(&taken).is_some() && take(&taken).is_some(), "none is lost");
        });
    }
}
