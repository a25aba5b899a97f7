use std::sync::Arc;
use std::task::Wake;

use super::*;
use crate::wakes::Wakes;

fn poll(sleep: &mut Sleep, waker: &Waker) -> Poll<()> {
    Pin::new(sleep).poll(&mut Context::from_waker(waker))
}

fn key(sleep: &Sleep) -> Key {
    let Wait::Here(place) = &sleep.wait else { panic!("{sleep:?}") };
    place.key
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
        (0..50).map(|at| (Sleep::new(SOON + Duration::from_micros(at % 7 * 100)), Wakes::new())).collect();
    for (sleep, (_, waker)) in &mut sleeps {
        // More than one poll before its time makes it no more than one waking.
        let _ = poll(sleep, waker);
        let _ = poll(sleep, waker);
    }
    for (sleep, (count, waker)) in &mut sleeps {
        if poll(sleep, waker).is_pending() {
            assert_eq!(count.more_than(0), 1);
        }
        assert!(poll(sleep, waker).is_ready());
        assert!(count.count() <= 1);
    }
}

#[test]
fn one_for_sooner_is_not_kept_waiting_by_those_for_later() {
    let mut late = Sleep::new(NEVER);
    assert!(poll(&mut late, Waker::noop()).is_pending());
    let (count, waker) = Wakes::new();
    let mut soon = Sleep::new(SOON);
    if poll(&mut soon, &waker).is_pending() {
        assert_eq!(count.more_than(0), 1);
    }
    assert!(poll(&mut soon, &waker).is_ready());
    assert!(poll(&mut late, Waker::noop()).is_pending());
}

/// One that waits for two wakers, the second of which it was polled with last. Made anew where this thread was held up
/// for so long that there was nothing to wait for.
fn waiting_for_two() -> (Sleep, [(Arc<Wakes>, Waker); 2]) {
    loop {
        let (mut sleep, wakers) = (Sleep::new(Duration::from_millis(20)), [Wakes::new(), Wakes::new()]);
        if wakers.iter().all(|(_, waker)| poll(&mut sleep, waker).is_pending()) {
            return (sleep, wakers);
        }
    }
}

#[test]
fn only_the_last_waker_is_woken_and_the_others_are_let_go() {
    let (mut sleep, [(first, first_waker), (second, _second_waker)]) = waiting_for_two();
    drop(first_waker);
    assert_eq!(Arc::strong_count(&first), 1, "ours alone");
    assert_eq!(second.more_than(0), 1);
    assert_eq!(first.count(), 0);
    assert!(poll(&mut sleep, Waker::noop()).is_ready());
}

#[test]
fn dropped_it_leaves_nothing() {
    let (count, waker) = Wakes::new();
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
    let (count, waker) = Wakes::new();
    let mut good = Sleep::new(SOON * 2);
    if poll(&mut good, &waker).is_pending() {
        assert_eq!(count.more_than(0), 1);
    }
    assert!(poll(&mut good, &waker).is_ready());
}
