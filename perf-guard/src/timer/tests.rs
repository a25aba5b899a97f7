use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::Wake;

use super::*;

/// Counts, and unparks whoever made it.
struct Count(AtomicUsize, std::thread::Thread);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
        self.1.unpark();
    }
}

fn count() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count(AtomicUsize::new(0), std::thread::current()));
    (count.clone(), Waker::from(count))
}

fn poll(sleep: &mut Sleep, waker: &Waker) -> Poll<()> {
    Pin::new(sleep).poll(&mut Context::from_waker(waker))
}

fn woken(count: &Count) -> usize {
    while count.0.load(SeqCst) == 0 {
        std::thread::park();
    }
    count.0.load(SeqCst)
}

fn key(sleep: &Sleep) -> Key {
    match &sleep.wait {
        Wait::Here(place) => place.key,
        other => panic!("{other:?}"),
    }
}

const SOON: Duration = Duration::from_millis(2);
const NEVER: Duration = Duration::MAX;

#[test]
fn one_whose_time_has_come_asks_for_no_thread() {
    let mut sleep = Sleep::new(Duration::ZERO);
    assert!(poll(&mut sleep, Waker::noop()).is_ready());
    assert!(matches!(sleep.wait, Wait::Not));
}

#[test]
fn each_is_woken_once_and_is_then_ready() {
    let mut sleeps: Vec<_> =
        (0..50).map(|at| (Sleep::new(SOON + Duration::from_micros(at % 7 * 100)), count())).collect();
    for (sleep, (_, waker)) in &mut sleeps {
        // More than one poll before its time makes it no more than one waking.
        let _ = poll(sleep, waker);
        let _ = poll(sleep, waker);
    }
    for (sleep, (count, waker)) in &mut sleeps {
        if poll(sleep, waker).is_pending() {
            assert_eq!(woken(count), 1);
        }
        assert!(poll(sleep, waker).is_ready());
        assert!(count.0.load(SeqCst) <= 1);
    }
}

#[test]
fn one_for_sooner_is_not_kept_waiting_by_those_for_later() {
    let mut late = Sleep::new(NEVER);
    assert!(poll(&mut late, Waker::noop()).is_pending());
    let (count, waker) = count();
    let mut soon = Sleep::new(SOON);
    if poll(&mut soon, &waker).is_pending() {
        assert_eq!(woken(&count), 1);
    }
    assert!(poll(&mut soon, &waker).is_ready());
    assert!(poll(&mut late, Waker::noop()).is_pending());
}

#[test]
fn only_the_last_waker_is_woken_and_the_others_are_let_go() {
    let ((first, first_waker), (second, second_waker)) = (count(), count());
    let mut sleep = Sleep::new(Duration::from_millis(20));
    if poll(&mut sleep, &first_waker).is_ready() {
        return;
    }
    if poll(&mut sleep, &second_waker).is_pending() {
        drop(first_waker);
        assert_eq!(Arc::strong_count(&first), 1, "ours alone");
        assert_eq!(woken(&second), 1);
    }
    assert_eq!(first.0.load(SeqCst), 0);
}

#[test]
fn dropped_it_leaves_nothing() {
    let (count, waker) = count();
    let mut sleep = Sleep::new(NEVER);
    assert!(poll(&mut sleep, &waker).is_pending());
    let key = key(&sleep);
    assert!(Timer::ours().waits_for(key));
    drop(sleep);
    assert!(!Timer::ours().waits_for(key));
    drop(waker);
    assert_eq!(Arc::strong_count(&count), 1);
}

#[test]
fn a_waker_that_panics_takes_nobody_with_it() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("on purpose");
        }
    }
    let mut bad = Sleep::new(SOON);
    let _ = poll(&mut bad, &Waker::from(Arc::new(Panics)));
    let (count, waker) = count();
    let mut good = Sleep::new(SOON * 2);
    if poll(&mut good, &waker).is_pending() {
        assert_eq!(woken(&count), 1);
    }
    assert!(poll(&mut good, &waker).is_ready());
}
