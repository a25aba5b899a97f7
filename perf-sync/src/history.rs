//! What queues and locks came to in the last slices of time, and what a snapshot says of them.

use std::time::Duration;

use once_cell::sync::OnceCell;
use perf_core::__guard::{Layout, Rings, Timeline, Waits, nanos, set_sync};
use perf_core::{LockStats, LockWindow, QueueStats, QueueWindow};

use crate::OFF;
use crate::lock::{LOCKS, Lock};
use crate::names::{Named, Names};
use crate::queue::{QUEUES, Queue};

/// Two counts that only rise.
pub(crate) trait Counted: Named {
    fn counts(&self) -> [u64; 2];
}

/// Lets snapshots show queues and locks.
pub(crate) fn connect() {
    static CONNECTED: OnceCell<()> = OnceCell::new();
    if OFF {
        return;
    }
    CONNECTED.get_or_init(|| set_sync(Box::new(History::new())));
}

/// See the module. The background thread has it, and whoever takes a snapshot.
struct History {
    timeline: Timeline,
    queues: Kept,
    locks: Kept,
}

/// What is kept of each, by their numbers.
type Kept = Vec<Option<Box<Slices>>>;

/// The last slices of one name.
struct Slices {
    /// What it had come to at the end of the last slice.
    seen: [u64; 2],
    rings: Rings<[u64; 2]>,
}

impl Slices {
    fn running(&self, counts: [u64; 2]) -> [u64; 2] {
        std::array::from_fn(|at| counts[at].saturating_sub(self.seen[at]))
    }

    fn finish(&mut self, number: u64, counts: [u64; 2]) {
        let slice = self.running(counts);
        self.seen = counts;
        self.rings.finish(number, slice, &mut |slices| slices.iter().copied().fold([0; 2], sum));
    }
}

fn sum([a, b]: [u64; 2], [c, d]: [u64; 2]) -> [u64; 2] {
    [a + c, b + d]
}

impl History {
    fn new() -> Self {
        let [queues, locks] = [Names::<Queue>::NUMBERS, Names::<Lock>::NUMBERS].map(empty);
        Self { timeline: Timeline::new(layout(), nanos()), queues, locks }
    }

    /// What was counted before windows began anew is in none.
    fn begin_anew(&mut self, layout: Layout, now: u64) {
        self.timeline = Timeline::new(layout, now);
        self.queues.fill_with(|| None);
        self.locks.fill_with(|| None);
        learn(&QUEUES, &mut self.queues, layout, Counted::counts);
        learn(&LOCKS, &mut self.locks, layout, Counted::counts);
    }
}

impl Waits for History {
    fn tick(&mut self) {
        let (now, layout) = (nanos(), layout());
        if layout != self.timeline.layout() {
            self.begin_anew(layout, now);
        }
        learn(&QUEUES, &mut self.queues, layout, |_| [0; 2]);
        learn(&LOCKS, &mut self.locks, layout, |_| [0; 2]);
        for number in self.timeline.finish(now) {
            finish(&QUEUES, &mut self.queues, number);
            finish(&LOCKS, &mut self.locks, number);
        }
    }

    fn read(&mut self) -> (Vec<QueueStats>, Vec<LockStats>) {
        self.tick();
        let (finished, age) = (self.timeline.finished(), self.timeline.age(nanos()));
        let counts = |kept: &Kept, number: usize, counts: [u64; 2]| {
            kept[number].as_ref().map_or([([0; 2], Duration::ZERO); 4], |slices| windows(slices, counts, finished, age))
        };
        let queues = QUEUES.all().map(|(number, queue)| {
            let windows = counts(&self.queues, number, queue.counts());
            queue.stats(windows.map(|([sent, received], span)| QueueWindow::of(sent, received, span)))
        });
        let locks = LOCKS.all().map(|(number, lock)| {
            let windows = counts(&self.locks, number, lock.counts());
            lock.stats(windows.map(|([acquired, contended], span)| LockWindow::of(acquired, contended, span)))
        });
        let (mut queues, mut locks): (Vec<_>, Vec<_>) = (queues.collect(), locks.collect());
        queues.sort_by(|a, b| a.name.cmp(&b.name).then((a.kind, a.capacity).cmp(&(b.kind, b.capacity))));
        locks.sort_by(|a, b| a.name.cmp(&b.name).then(a.kind.cmp(&b.kind)));
        (queues, locks)
    }
}

fn empty(numbers: usize) -> Kept {
    (0..numbers).map(|_| None).collect()
}

fn layout() -> Layout {
    Layout::of(&perf_core::current_config().windows)
}

/// Makes room for names that are new, which have come from `seen` so far.
fn learn<T: Counted>(names: &Names<T>, kept: &mut Kept, layout: Layout, seen: fn(&T) -> [u64; 2]) {
    for (number, found) in names.all() {
        kept[number].get_or_insert_with(|| Box::new(Slices { seen: seen(found), rings: Rings::new(layout, [0; 2]) }));
    }
}

fn finish<T: Counted>(names: &Names<T>, kept: &mut Kept, number: u64) {
    for (at, found) in names.all() {
        if let Some(slices) = &mut kept[at] {
            slices.finish(number, found.counts());
        }
    }
}

/// Before there is a finished slice, all windows are the running one.
fn windows(slices: &Slices, counts: [u64; 2], finished: u64, age: Duration) -> [([u64; 2], Duration); 4] {
    if finished == 0 {
        return [(slices.running(counts), age); 4];
    }
    std::array::from_fn(|window| {
        let mut total = [0; 2];
        let covered = slices.rings.window(window, finished, &mut |slice| total = sum(total, *slice));
        (total, Duration::from_nanos(covered))
    })
}
