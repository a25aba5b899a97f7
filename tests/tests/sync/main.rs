//! Queues and locks with names. Time passes when a test says so.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use counting::Counting;
use perf_runtime::sync::mpsc::{self, TryRecvError, TrySendError};
use perf_runtime::sync::{Condvar, Mutex, RwLock, crossbeam, parking_lot, tokio as named};
use perf_runtime::{Config, LockStats, QueueKind, QueueStats, Snapshot, Window, drain, snapshot};
use tests::still;

mod model;
mod originals;
mod tasks;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn alone() -> std::sync::MutexGuard<'static, ()> {
    still::alone(&Config::testing())
}

fn queue(name: &str) -> QueueStats {
    snapshot().queue(name).unwrap_or_else(|| panic!("there is no {name}")).clone()
}

fn lock(name: &str) -> LockStats {
    snapshot().lock(name).unwrap_or_else(|| panic!("there is no {name}")).clone()
}

/// Waits for another thread to come as far.
fn until(condition: impl Fn() -> bool) {
    while !condition() {
        thread::yield_now();
    }
}

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Whether what was told of a time is right to a bucket.
fn is_about(told: Duration, expected: Duration) -> bool {
    (told.as_secs_f64() / expected.as_secs_f64() - 1.0).abs() < 0.035
}

/// What one queue came to, in an order that is easily written down.
fn flow(queue: &QueueStats) -> [u64; 5] {
    [queue.sent, queue.received, queue.depth, queue.refused, queue.discarded]
}

#[test]
fn items_of_all_threads_are_counted_exactly_whatever_the_library() {
    let _alone = alone();
    let (std_in, std_out) = mpsc::channel("exact");
    let (crossbeam_in, crossbeam_out) = crossbeam::bounded("exact crossbeam", 7);
    let (tokio_in, mut tokio_out) = named::mpsc::channel("exact tokio", 7);
    // More threads than have their cells in the first chunk.
    thread::scope(|scope| {
        for _ in 0..20 {
            let (std_in, crossbeam_in, tokio_in) = (std_in.clone(), crossbeam_in.clone(), tokio_in.clone());
            scope.spawn(move || {
                for item in 0..100 {
                    std_in.send(item).unwrap();
                    crossbeam_in.send(item).unwrap();
                    tokio_in.blocking_send(item).unwrap();
                }
            });
        }
        drop((std_in, crossbeam_in, tokio_in));
        for _ in 0..4 {
            let crossbeam_out = crossbeam_out.clone();
            scope.spawn(move || assert!(crossbeam_out.iter().all(|item| item < 100)));
        }
        drop(crossbeam_out);
        scope.spawn(move || assert_eq!(std_out.into_iter().count(), 2000));
        scope.spawn(move || while tokio_out.blocking_recv().is_some() {});
    });
    for name in ["exact", "exact crossbeam", "exact tokio"] {
        let queue = queue(name);
        assert_eq!(flow(&queue), [2000, 2000, 0, 0, 0], "{name}");
        assert_eq!((queue.wait.count(), queue.queues), (2000, 0), "{name}");
        assert_eq!((queue.closed_by_senders, queue.closed_by_receivers), (1, 0), "{name}");
        assert_eq!((queue.senders_waiting, queue.receivers_waiting), (0, 0), "{name}");
        assert!((1..=queue.capacity.unwrap_or(2000)).contains(&queue.peak), "{name}: {}", queue.peak);
    }
}

#[test]
fn locks_of_all_threads_are_counted_exactly_whatever_the_library() {
    let _alone = alone();
    let mutex = Mutex::named("exact", 0_u64);
    let rwlock = RwLock::named("exact rw", 0_u64);
    let lot = parking_lot::Mutex::named("exact lot", 0_u64);
    let lot_rw = parking_lot::RwLock::named("exact lot rw", 0_u64);
    let asynchronous = named::Mutex::named("exact async", 0_u64);
    let async_rw = named::RwLock::named("exact async rw", 0_u64);
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                for _ in 0..300 {
                    *mutex.lock().unwrap() += 1;
                    *rwlock.write().unwrap() += 1;
                    assert!(*rwlock.read().unwrap() > 0);
                    *lot.lock() += 1;
                    *lot_rw.write() += 1;
                    assert!(*lot_rw.read() > 0);
                    *asynchronous.blocking_lock() += 1;
                    *async_rw.blocking_write() += 1;
                    assert!(*async_rw.blocking_read() > 0);
                }
            });
        }
    });
    for (name, shared) in [
        ("exact", 0),
        ("exact rw", 6000),
        ("exact lot", 0),
        ("exact lot rw", 6000),
        ("exact async", 0),
        ("exact async rw", 6000),
    ] {
        let lock = lock(name);
        assert_eq!((lock.exclusive, lock.shared, lock.held, lock.waiting), (6000, shared, 0, 0), "{name}");
        assert_eq!((lock.wait.count(), lock.locks), (lock.contended, 1), "{name}");
        assert!(lock.timed >= 64 && lock.hold.count() >= lock.timed, "{name}: {lock:?}");
    }
    assert_eq!(mutex.into_inner().unwrap() + lot.into_inner() + asynchronous.into_inner(), 18_000);
    assert_eq!(lock("exact").locks, 0);
}

#[test]
fn a_slow_consumer_shows_in_how_long_items_are_under_way() {
    let _alone = alone();
    let (sender, receiver) = mpsc::channel("slow consumer");
    for item in 0..10 {
        sender.send(item).unwrap();
    }
    for item in 0..10 {
        still::pass(millis(5));
        assert_eq!(receiver.recv(), Ok(item));
    }
    let queue = queue("slow consumer");
    assert_eq!((queue.peak, queue.depth, queue.wait.count()), (10, 0, 10));
    assert!(is_about(queue.wait.p50(), millis(25)), "{:?}", queue.wait.p50());
    assert_eq!((queue.wait.min(), queue.wait.max(), queue.wait.total()), (millis(5), millis(50), millis(275)));
    assert_eq!(queue.receive_wait.count(), 0, "it never had to wait");
}

#[test]
fn a_sender_without_room_and_a_receiver_without_items_are_seen_waiting_and_timed() {
    let _alone = alone();
    let (sender, receiver) = mpsc::sync_channel("waits", 1);
    thread::scope(|scope| {
        scope.spawn(|| {
            sender.send(1).unwrap();
            sender.send(2).unwrap();
        });
        until(|| queue("waits").senders_waiting == 1);
        assert_eq!((queue("waits").depth, queue("waits").peak), (1, 1), "who waits has nothing in it");
        still::pass(millis(7));
        assert_eq!((receiver.recv(), receiver.recv()), (Ok(1), Ok(2)));
    });
    thread::scope(|scope| {
        scope.spawn(move || assert_eq!(receiver.recv(), Ok(3)));
        until(|| queue("waits").receivers_waiting == 1);
        still::pass(millis(9));
        sender.send(3).unwrap();
    });
    let queue = queue("waits");
    assert_eq!((queue.senders_waiting, queue.receivers_waiting), (0, 0));
    assert_eq!((queue.send_wait.count(), queue.send_wait.max()), (1, millis(7)));
    assert_eq!(queue.receive_wait.max(), millis(9));
    assert_eq!(queue.wait.max(), millis(7), "the second was under way from the call that sent it");
}

#[test]
fn it_is_known_which_end_went_first_and_what_was_left() {
    let _alone = alone();
    let (sender, receiver) = mpsc::channel("senders first");
    sender.clone().send(1).unwrap();
    drop(sender);
    assert_eq!(flow(&queue("senders first")), [1, 0, 1, 0, 0], "what is left can still be received");
    assert_eq!((receiver.recv().ok(), receiver.recv().ok()), (Some(1), None));
    drop(receiver);
    let (sender, receiver) = crossbeam::unbounded("receivers first");
    (0..3).for_each(|item| sender.send(item).unwrap());
    assert_eq!(receiver.clone().recv(), Ok(0));
    drop(receiver);
    assert_eq!(flow(&queue("receivers first")), [3, 1, 0, 0, 2]);
    assert_eq!(sender.send(9).unwrap_err().into_inner(), 9);
    drop(sender);
    let (sender, mut receiver) = named::mpsc::channel("closed", 4);
    sender.try_send(1).unwrap();
    receiver.close();
    assert!(sender.is_closed() && receiver.try_recv() == Ok(1));
    drop((sender, receiver));
    for (name, senders, receivers) in [("senders first", 1, 0), ("receivers first", 0, 1), ("closed", 0, 1)] {
        let queue = queue(name);
        assert_eq!((queue.closed_by_senders, queue.closed_by_receivers), (senders, receivers), "{name}");
        assert_eq!((queue.queues, queue.depth), (0, 0), "{name}");
    }
}

#[test]
fn what_finds_no_room_comes_back_and_is_counted() {
    let _alone = alone();
    let (sender, receiver) = mpsc::sync_channel("full", 1);
    sender.try_send('a').unwrap();
    assert_eq!(sender.try_send('b'), Err(TrySendError::Full('b')));
    assert_eq!((receiver.try_recv(), receiver.try_recv()), (Ok('a'), Err(TryRecvError::Empty)));
    let (sender, _receiver) = crossbeam::bounded("full crossbeam", 1);
    sender.send('a').unwrap();
    assert!(sender.is_full() && sender.try_send('b').unwrap_err().is_full());
    assert!(sender.send_timeout('b', millis(1)).unwrap_err().is_timeout());
    let (sender, _receiver) = named::mpsc::channel("full tokio", 1);
    let permit = sender.try_reserve().unwrap();
    assert!(sender.try_send('b').is_err() && sender.try_reserve().is_err());
    permit.send('a');
    for (name, expected) in
        [("full", [1, 1, 0, 1, 0]), ("full crossbeam", [1, 0, 1, 2, 0]), ("full tokio", [1, 0, 1, 2, 0])]
    {
        assert_eq!(flow(&queue(name)), expected, "{name}");
    }
    assert_eq!(queue("full crossbeam").send_wait.count(), 1, "one was waited with");
}

#[test]
fn queues_of_one_name_are_added_up_and_those_of_other_capacities_told_apart() {
    let _alone = alone();
    let ends: Vec<_> = (0..5).map(|_| mpsc::sync_channel("connection", 3)).collect();
    let (other, _receiver) = mpsc::sync_channel("connection", 9);
    for (sender, _) in &ends {
        sender.send(()).unwrap();
    }
    other.send(()).unwrap();
    let snapshot = snapshot();
    assert!(snapshot.queue("connection").is_none(), "there are two");
    let found: Vec<_> = snapshot.queues().iter().filter(|queue| queue.name == "connection").collect();
    let told: Vec<_> = found.iter().map(|queue| (queue.capacity, queue.queues, queue.depth, queue.peak)).collect();
    assert_eq!(told, [(Some(3), 5, 5, 1), (Some(9), 1, 1, 1)]);
    assert_eq!(found[0].kind, QueueKind::Std);
}

#[test]
fn who_waits_for_a_lock_is_seen_and_how_long_it_is_held() {
    let _alone = alone();
    let mutex = Mutex::named("contended", ());
    thread::scope(|scope| {
        let guard = mutex.lock().unwrap();
        scope.spawn(|| {
            let _guard = mutex.lock().unwrap();
            // What the other has to write down it does when the lock is free.
            until(|| lock("contended").timed == 1);
            still::pass(millis(4));
        });
        until(|| lock("contended").waiting == 1);
        assert_eq!((lock("contended").held, lock("contended").acquired()), (1, 1));
        assert!(matches!(mutex.try_lock(), Err(TryLockError::WouldBlock)));
        still::pass(millis(3));
        drop(guard);
    });
    let lock = lock("contended");
    assert_eq!((lock.exclusive, lock.contended, lock.refused, lock.held, lock.waiting), (2, 1, 1, 0, 0));
    assert_eq!((lock.wait.count(), lock.wait.min()), (1, millis(3)));
    assert_eq!((lock.hold.count(), lock.timed), (2, 2));
    assert_eq!((lock.hold.min(), lock.hold.max()), (millis(3), millis(4)));
}

#[test]
fn what_some_holds_took_stands_for_all_of_them() {
    let _alone = alone();
    let lot = parking_lot::Mutex::named("held", 0_u64);
    for _ in 0..100_000 {
        let mut guard = lot.lock();
        *guard += 1;
        still::pass(Duration::from_micros(1));
    }
    let lock = lock("held");
    assert_eq!(lock.exclusive, 100_000);
    // So many standard errors away would be a wonder.
    let timed = 64.0 + (100_000.0 - 64.0) / 64.0;
    assert!((lock.timed as f64 - timed).abs() < 6.0 * 40.0, "{} timed", lock.timed);
    assert!((lock.hold.total().as_secs_f64() / 0.1 - 1.0).abs() < 0.16, "{:?}", lock.hold.total());
    assert_eq!((lock.hold.min(), lock.hold.max()), (Duration::from_micros(1), Duration::from_micros(1)));
}

#[test]
fn a_panic_poisons_and_what_is_poisoned_is_held_all_the_same() {
    let _alone = alone();
    let both = Arc::new((Mutex::named("poisoned", 1), RwLock::named("poisoned rw", 1)));
    let shared = both.clone();
    let result = thread::spawn(move || {
        let _guards = (shared.0.lock().unwrap(), shared.1.write().unwrap());
        panic!("on purpose");
    });
    result.join().unwrap_err();
    let (mutex, rwlock) = &*both;
    assert!(mutex.is_poisoned() && rwlock.is_poisoned());
    assert!(matches!(mutex.try_lock(), Err(TryLockError::Poisoned(_))));
    let guard = mutex.lock().unwrap_err().into_inner();
    assert_eq!((*guard, lock("poisoned").held), (1, 1));
    drop(guard);
    assert_eq!(*rwlock.read().unwrap_or_else(PoisonError::into_inner), 1);
    mutex.clear_poison();
    assert!(mutex.lock().is_ok());
    assert_eq!((lock("poisoned").exclusive, lock("poisoned").held), (4, 0));
    assert_eq!((lock("poisoned rw").exclusive, lock("poisoned rw").shared), (1, 1));
}

#[test]
fn who_waits_for_a_condition_does_not_hold_the_lock() {
    let _alone = alone();
    let (mutex, condvar) = (Mutex::named("condition", false), Condvar::new());
    let (lot, lot_condvar) = (parking_lot::Mutex::named("condition lot", false), parking_lot::Condvar::new());
    let is_waiting = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut guard = mutex.lock().unwrap();
            while !*guard {
                is_waiting.store(true, SeqCst);
                guard = condvar.wait(guard).unwrap();
            }
            drop(guard);
            lot_condvar.wait_while(&mut lot.lock(), |is_ready| !*is_ready);
        });
        until(|| is_waiting.load(SeqCst) && lock("condition").held == 0);
        still::pass(millis(50));
        *mutex.lock().unwrap() = true;
        condvar.notify_all();
        until(|| lock("condition lot").exclusive == 1 && lock("condition lot").held == 0);
        still::pass(millis(50));
        *lot.lock() = true;
        lot_condvar.notify_all();
    });
    for name in ["condition", "condition lot"] {
        let lock = lock(name);
        assert!(lock.exclusive >= 3 && lock.held == 0, "{name}: {lock:?}");
        assert!(lock.hold.max() < millis(50), "{name} was held for {:?}", lock.hold.max());
    }
}

#[test]
fn guards_of_parts_hold_the_lock_until_they_go() {
    let _alone = alone();
    let lot = parking_lot::RwLock::named("parts", (1, 2));
    let mut part = parking_lot::RwLockWriteGuard::map(lot.write(), |both| &mut both.1);
    *part += 5;
    assert_eq!((lock("parts").held, lot.try_read().is_none()), (1, true));
    drop(part);
    assert_eq!((lock("parts").held, lock("parts").refused), (0, 1));
    assert_eq!(lot.into_inner(), (1, 7));
}

#[test]
fn after_a_first_time_nothing_is_allocated() {
    let _alone = alone();
    let (sender, receiver) = mpsc::sync_channel("lean", 8);
    let (crossbeam_in, crossbeam_out) = crossbeam::bounded("lean", 8);
    let mutex = Mutex::named("lean", 0);
    let lot = parking_lot::RwLock::named("lean", 0);
    let work = |rounds: u32| {
        for item in 0..rounds {
            sender.send(item).unwrap();
            crossbeam_in.send(item).unwrap();
            *mutex.lock().unwrap() += receiver.recv().unwrap() + crossbeam_out.recv().unwrap();
            *lot.write() += *mutex.lock().unwrap();
            assert!(mutex.try_lock().is_ok());
        }
    };
    work(100);
    assert_eq!(counting::allocations(|| work(1000)), 0);
}

/// What a thread drops last.
struct Last(Arc<Mutex<u64>>, mpsc::Sender<u64>);

impl Drop for Last {
    fn drop(&mut self) {
        *self.0.lock().unwrap() += 1;
        self.1.send(1).unwrap();
    }
}

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

#[test]
fn threads_that_end_may_use_them_in_their_last_destructors() {
    let _alone = alone();
    let mutex = Arc::new(Mutex::named("last", 0));
    let (sender, receiver) = mpsc::channel("last");
    for _ in 0..10 {
        let last = Last(mutex.clone(), sender.clone());
        thread::spawn(move || {
            LAST.set(Some(last));
            // Registered later, and so destroyed earlier.
            drop(Mutex::named("first", ()).lock());
        })
        .join()
        .unwrap();
    }
    drop(sender);
    assert_eq!(receiver.iter().sum::<u64>(), 10);
    assert_eq!((lock("last").exclusive, lock("last").held), (10, 0));
    assert_eq!((queue("last").sent, queue("last").received), (10, 10));
}

#[test]
fn windows_tell_how_much_goes_through_of_late() {
    let _alone = alone();
    let (sender, receiver) = mpsc::channel("windows");
    let mutex = Mutex::named("windows", ());
    drain();
    for _ in 0..3 {
        for item in 0..40 {
            sender.send(item).unwrap();
            drop(mutex.lock());
        }
        receiver.try_iter().take(30).for_each(drop);
        still::pass(Duration::from_secs(1));
        drain();
    }
    let (queue, lock) = (queue("windows"), lock("windows"));
    let short = queue.window(Window::Shortest);
    assert_eq!((short.span, short.sent, short.received), (Duration::from_secs(1), 40, 30));
    assert!((short.sent_rate - 40.0).abs() < 1e-9 && (short.received_rate - 30.0).abs() < 1e-9, "{short:?}");
    assert_eq!(queue.window(Window::Short).sent, 120);
    assert_eq!((lock.window(Window::Shortest).acquired, lock.window(Window::Shortest).contended), (40, 0));
}

#[test]
fn between_two_snapshots_is_what_happened_between_them() {
    let _alone = alone();
    let (sender, receiver) = mpsc::channel("between");
    let mutex = Mutex::named("between", ());
    let step = |wait: Duration| {
        sender.send(()).unwrap();
        let guard = mutex.lock();
        still::pass(wait);
        drop(guard);
        receiver.recv().unwrap();
    };
    step(millis(100));
    sender.send(()).unwrap();
    let then = snapshot();
    receiver.recv().unwrap();
    step(millis(10));
    let between = snapshot().since(&then);
    let (queue, lock) = (between.queue("between").unwrap(), between.lock("between").unwrap());
    assert_eq!((queue.sent, queue.received, queue.depth, queue.wait.count()), (1, 2, 0, 2));
    assert_eq!((lock.exclusive, lock.hold.count()), (1, 1));
    assert!(is_about(lock.hold.p50(), millis(10)), "{:?}", lock.hold.p50());
}

#[test]
fn the_table_and_json_tell_of_queues_and_locks() {
    let _alone = alone();
    let (sender, receiver) = mpsc::sync_channel("told queue", 16);
    (0..3).for_each(|item| sender.send(item).unwrap());
    still::pass(millis(20));
    receiver.recv().unwrap();
    let mutex = Mutex::named("told lock", ());
    let _guard = mutex.lock();
    let snapshot = snapshot();
    let table = format!("{snapshot:200}");
    let row = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{table}"));
    let queue = row("told queue std");
    assert!(queue.contains("2, peak 3/16") && queue.contains("p50 20.0 ms, p99 20.0 ms"), "{queue}");
    let lock = row("told lock std Mutex");
    assert!(lock.contains(" 1 held now") && !lock.contains(','), "{table}");
    let json = serde_json::to_string(&snapshot).unwrap();
    let back: Snapshot = serde_json::from_str(&json).unwrap();
    let told = |snapshot: &Snapshot| {
        let (queue, lock) = (snapshot.queue("told queue").unwrap(), snapshot.lock("told lock").unwrap());
        (
            flow(queue),
            queue.kind,
            queue.capacity,
            queue.wait.clone(),
            lock.held,
            lock.kind,
            lock.window(Window::Short).acquired,
        )
    };
    assert_eq!(told(&back), told(&snapshot));
    assert_eq!((back.queues().len(), back.locks().len()), (snapshot.queues().len(), snapshot.locks().len()));
    let mut old: serde_json::Value = serde_json::from_str(&json).unwrap();
    for key in ["queues", "locks"] {
        old.as_object_mut().unwrap().remove(key).unwrap();
    }
    let old: Snapshot = serde_json::from_value(old).unwrap();
    assert!(old.queues().is_empty() && old.locks().is_empty());
}
