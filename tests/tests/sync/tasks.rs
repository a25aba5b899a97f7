//! Queues and locks between tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use perf_runtime::sync::tokio as named;
use tests::still;

use super::{alone, flow, lock, millis, queue};

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn tasks_that_wait_are_timed_and_those_that_give_up_too() {
    let _alone = alone();
    block_on(async {
        let mutex = Arc::new(named::Mutex::named("tasks", 0));
        let guard = mutex.lock().await;
        let waiter = tokio::spawn({
            let mutex = mutex.clone();
            async move { *mutex.lock().await += 1 }
        });
        let gives_up = tokio::spawn({
            let mutex = mutex.clone();
            async move { *mutex.lock().await += 1 }
        });
        tokio::task::yield_now().await;
        assert_eq!(lock("tasks").waiting, 2);
        still::pass(millis(6));
        gives_up.abort();
        assert!(gives_up.await.unwrap_err().is_cancelled());
        still::pass(millis(6));
        drop(guard);
        waiter.await.unwrap();
    });
    let lock = lock("tasks");
    assert_eq!((lock.exclusive, lock.contended, lock.waiting, lock.held), (2, 2, 0, 0));
    assert_eq!((lock.wait.count(), lock.wait.min(), lock.wait.max()), (2, millis(6), millis(12)));
}

#[test]
fn queues_between_tasks_know_who_waits() {
    let _alone = alone();
    block_on(async {
        let (sender, mut receiver) = named::mpsc::channel("between tasks", 2);
        let weak = sender.downgrade();
        let sending = tokio::spawn(async move {
            for item in 0..5 {
                sender.send(item).await.unwrap();
            }
            sender.reserve().await.unwrap().send(5);
        });
        tokio::task::yield_now().await;
        assert_eq!((queue("between tasks").senders_waiting, queue("between tasks").depth), (1, 2));
        still::pass(millis(8));
        assert_eq!(receiver.recv().await, Some(0));
        let mut more = Vec::new();
        while receiver.recv_many(&mut more, 3).await > 0 {}
        assert_eq!(more, [1, 2, 3, 4, 5]);
        sending.await.unwrap();
        assert!(weak.upgrade().is_none());
        let (sender, mut receiver) = named::mpsc::unbounded_channel("polled");
        let waker = std::task::Waker::noop();
        let mut context = std::task::Context::from_waker(waker);
        assert!(receiver.poll_recv(&mut context).is_pending());
        assert_eq!(queue("polled").receivers_waiting, 1);
        still::pass(millis(2));
        sender.send(1).unwrap();
        assert!(receiver.poll_recv(&mut context).is_ready());
    });
    let between = queue("between tasks");
    assert_eq!((flow(&between), between.wait.count()), ([6, 6, 0, 0, 0], 6));
    assert_eq!((between.send_wait.max(), between.wait.max()), (millis(8), millis(8)));
    assert_eq!((queue("polled").receivers_waiting, queue("polled").receive_wait.max()), (0, millis(2)));
}

#[test]
fn a_task_that_sends_and_locks_without_end_lets_others_run() {
    let _alone = alone();
    let (sent, seen) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    block_on(async {
        let (sender, _receiver) = named::mpsc::channel("busy", 10_000);
        let mutex = named::Mutex::named("busy", ());
        let busy = tokio::spawn({
            let sent = sent.clone();
            async move {
                for item in 0..5000 {
                    sender.send(item).await.unwrap();
                    drop(mutex.lock().await);
                    sent.fetch_add(1, SeqCst);
                }
            }
        });
        let other = tokio::spawn({
            let (sent, seen) = (sent.clone(), seen.clone());
            async move { seen.store(sent.load(SeqCst), SeqCst) }
        });
        other.await.unwrap();
        busy.await.unwrap();
    });
    let seen = seen.load(SeqCst);
    assert!((1..1000).contains(&seen), "the other task ran after {seen} items");
    assert_eq!((queue("busy").send_wait.count(), lock("busy").contended), (0, 0), "who yields does not wait");
}

#[test]
fn tasks_get_a_lock_in_the_order_in_which_they_asked() {
    let _alone = alone();
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    block_on(async {
        let lock = Arc::new(named::RwLock::named("in turn", ()));
        let first = lock.write().await;
        let tasks: Vec<_> = (0..4)
            .map(|number| {
                let (lock, order) = (lock.clone(), order.clone());
                tokio::spawn(async move {
                    let _guard = lock.write().await;
                    order.lock().unwrap().push(number);
                })
            })
            .collect();
        tokio::task::yield_now().await;
        drop(first);
        assert!(lock.try_write().is_err(), "it is handed over");
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3]);
}
