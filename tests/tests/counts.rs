//! Counts are exact, whatever is sampled, wherever threads are in their lives.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use perf_runtime::{profiled, snapshot};
use tests::stats;

#[profiled]
fn plain(n: u32) -> u32 {
    n + 1
}

#[test]
fn every_call_is_counted_at_the_moment_of_reading() {
    for n in 1..=10_000_u64 {
        plain(1);
        if n % 997 == 0 {
            assert_eq!(stats("plain").calls(), n);
        }
    }
    let plain = stats("plain");
    assert_eq!(plain.calls(), 10_000);
    assert!(plain.samples() > 0);
    assert_eq!(plain.errors() + plain.panics() + plain.cancelled(), 0);
}

#[profiled]
fn fails(n: u32) -> Result<u32, String> {
    if n.is_multiple_of(3) {
        return Err(format!("{n}"));
    }
    Ok(n)
}

#[test]
fn errors_are_counted_exactly() {
    let failed = (0..9_999).filter(|&n| fails(n).is_err()).count() as u64;
    assert_eq!((stats("fails").calls(), stats("fails").errors()), (9_999, failed));
}

type Answer<T> = Result<T, ()>;

#[profiled]
fn through_an_alias(is_ok: bool) -> Answer<()> {
    is_ok.then_some(()).ok_or(())
}

#[test]
fn an_alias_of_result_counts_as_one() {
    let _ = (through_an_alias(true), through_an_alias(false));
    assert_eq!(stats("through_an_alias").errors(), 1);
}

#[profiled]
fn panics(n: u32) -> u32 {
    assert!(n.is_multiple_of(2), "odd: {n}");
    n
}

#[test]
fn panics_are_counted_and_go_on_as_they_were() {
    for n in 0..1_000 {
        let outcome = catch_unwind(|| panics(n));
        match outcome {
            Ok(value) => assert_eq!(value, n),
            Err(payload) => assert_eq!(payload.downcast_ref::<String>().unwrap(), &format!("odd: {n}")),
        }
    }
    assert_eq!((stats("panics").calls(), stats("panics").panics()), (1_000, 500));
}

#[profiled]
fn in_a_drop() -> u32 {
    7
}

#[test]
fn a_call_that_returns_while_the_thread_unwinds_is_no_panic() {
    struct Calls;
    impl Drop for Calls {
        fn drop(&mut self) {
            in_a_drop();
        }
    }
    let outcome = catch_unwind(|| {
        let _calls = Calls;
        panic!("on purpose");
    });
    assert!(outcome.is_err());
    assert_eq!((stats("in_a_drop").calls(), stats("in_a_drop").panics()), (1, 0));
}

#[profiled]
fn on_threads() {}

#[test]
fn counts_outlive_their_threads() {
    for round in 0..20 {
        let threads: Vec<_> = (0..4).map(|_| thread::spawn(|| (0..123).for_each(|_| on_threads()))).collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(stats("on_threads").calls(), (round + 1) * 4 * 123);
    }
}

#[profiled]
fn while_threads_end() {}

#[test]
fn who_reads_while_threads_come_and_go_never_sees_a_count_fall() {
    while_threads_end();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut last = 0;
            while !is_over.load(Relaxed) {
                let calls = stats("while_threads_end").calls();
                assert!(last <= calls && calls <= 5_001, "{last}, then {calls}");
                last = calls;
            }
        });
        for _ in 0..500 {
            thread::spawn(|| (0..10).for_each(|_| while_threads_end())).join().unwrap();
        }
        is_over.store(true, Relaxed);
    });
    assert_eq!(stats("while_threads_end").calls(), 5_001);
}

#[profiled]
fn in_a_destructor() -> Result<(), ()> {
    Err(())
}

struct Late(Cell<u32>);

impl Drop for Late {
    fn drop(&mut self) {
        for _ in 0..self.0.get() {
            let _ = in_a_destructor();
        }
    }
}

thread_local! {
    static LATE: Late = const { Late(Cell::new(0)) };
}

#[test]
fn calls_from_thread_local_destructors_count_in_either_order() {
    // Destructors run in the reverse order of first use: once ours is first, once theirs.
    for is_ours_first in [true, false] {
        thread::spawn(move || {
            if is_ours_first {
                let _ = in_a_destructor();
            }
            LATE.with(|late| late.0.set(100));
            if !is_ours_first {
                let _ = in_a_destructor();
            }
        })
        .join()
        .unwrap();
    }
    assert_eq!((stats("in_a_destructor").calls(), stats("in_a_destructor").errors()), (202, 202));
    // The same on many threads at once, which have nothing of their own by then.
    let ends: Vec<_> = (0..8).map(|_| thread::spawn(|| LATE.with(|late| late.0.set(1_000)))).collect();
    for end in ends {
        end.join().unwrap();
    }
    assert_eq!((stats("in_a_destructor").calls(), stats("in_a_destructor").errors()), (8_202, 8_202));
}

#[profiled]
fn recursive(depth: u32) -> u32 {
    if depth == 0 { 0 } else { recursive(depth - 1) + 1 }
}

#[test]
fn recursion_counts_every_call() {
    for _ in 0..50 {
        recursive(99);
    }
    assert_eq!(stats("recursive").calls(), 5_000);
}

#[profiled]
fn deep(depth: u32) -> u32 {
    if depth == 0 { 0 } else { deep(depth - 1) + 1 }
}

#[test]
fn unwinding_through_many_frames_leaves_nothing_behind() {
    #[profiled]
    fn dives(depth: u32) -> u32 {
        if depth == 0 { panic!("at the bottom") } else { dives(depth - 1) }
    }
    for _ in 0..20 {
        assert!(catch_unwind(AssertUnwindSafe(|| dives(300))).is_err());
    }
    assert_eq!((stats("dives").calls(), stats("dives").panics()), (20 * 301, 20 * 301));
    deep(300);
    assert_eq!(stats("deep").calls(), 301);
}

#[profiled(name = "the name that was given")]
fn named() {}

#[test]
fn a_given_name_is_the_name() {
    named();
    assert_eq!(stats("the name that was given").calls(), 1);
}

struct Cart {
    price: u32,
}
trait Priced {
    fn price(&self) -> u32;
}

#[profiled]
impl Cart {
    #[allow(clippy::unused_self)]
    fn price(&self) -> u32 {
        self.price
    }
}

#[profiled]
impl Priced for Cart {
    fn price(&self) -> u32 {
        self.price + 1
    }
}

#[test]
fn two_methods_of_one_name_have_paths_of_their_own() {
    let cart = Cart { price: 1 };
    cart.price();
    Priced::price(&cart);
    Priced::price(&cart);
    assert_eq!(stats("counts::Cart::price").calls(), 1);
    assert_eq!(stats("<counts::Cart as counts::Priced>::price").calls(), 2);
}

#[test]
fn a_tail_that_two_functions_share_finds_neither() {
    mod a {
        #[perf_runtime::profiled]
        pub(super) fn twin() {}
    }
    mod b {
        #[perf_runtime::profiled]
        pub(super) fn twin() {}
    }
    a::twin();
    b::twin();
    assert!(snapshot().function("twin").is_none());
    assert_eq!(stats("a::twin").calls(), 1);
}
