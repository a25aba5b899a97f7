//! Calls on many threads, and at the end of one.

use super::*;

#[profiled(alloc)]
fn on_many_threads(n: usize) -> Amount {
    truth(|| in_all_ways(n)).1
}

#[test]
fn calls_of_all_threads_are_added_up_also_of_those_that_are_gone() {
    let work = || (0..500).map(on_many_threads).fold(Amount::default(), Add::add);
    let mut sum = Amount::default();
    for _ in 0..2 {
        // More at a time than have their places without asking.
        let running: Vec<_> = (0..24).map(|_| thread::spawn(work)).collect();
        sum = running.into_iter().map(|thread| thread.join().unwrap()).fold(sum, Add::add);
    }
    assert_eq!(all("on_many_threads"), sum);
    assert_eq!(allocations("on_many_threads").calls(), 48 * 500);
}

#[profiled(alloc)]
fn hands_on() -> usize {
    let held = black_box(Box::new(1_usize));
    let joined = thread::scope(|scope| scope.spawn(|| black_box(vec![0_u8; 1 << 20]).len()).join().unwrap());
    joined + *held
}

#[test]
fn what_other_threads_do_for_a_call_is_theirs() {
    hands_on();
    assert!(all("hands_on").bytes < 1 << 20);
}

struct Last(RefCell<Vec<u64>>);

impl Drop for Last {
    fn drop(&mut self) {
        in_last_destructor(self.0.borrow().len());
    }
}

thread_local! {
    static LAST: Last = const { Last(RefCell::new(Vec::new())) };
}

#[profiled(alloc)]
fn in_last_destructor(n: usize) -> Vec<usize> {
    black_box(vec![n; 10])
}

#[test]
fn calls_in_a_threads_last_destructors_are_counted() {
    for is_first in [true, false] {
        let ends = move || {
            // Destructors run in the order opposite to that in which they were registered, or in none.
            if is_first {
                LAST.with(|last| last.0.borrow_mut().push(1));
                in_last_destructor(1);
            } else {
                in_last_destructor(1);
                LAST.with(|last| last.0.borrow_mut().push(1));
            }
        };
        (0..20).for_each(|_| thread::spawn(ends).join().unwrap());
    }
    assert_eq!(stats("in_last_destructor").calls(), 80);
    assert_eq!(all("in_last_destructor"), Amount { count: 80, bytes: 80 * 80 });
}
