//! Threads that come and go, shutdown, and forks: counts stay exact and memory stays flat.
#![cfg(target_os = "linux")]

use std::fs;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Barrier, Mutex, MutexGuard, PoisonError};
use std::thread;

use counting::{Counting, held_by_all};
use perf_runtime::{Environment, Perf, profiled};
use tests::stats;

/// Resident memory, in bytes.
fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Tests here look at the memory of the process, so one runs at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[profiled]
fn in_short_threads() -> Result<(), ()> {
    Err(())
}

#[profiled(sample = "always")]
fn fills_a_ring() {}

/// Rings take memory when they are written for the first time. Has that happen to as many as there
/// will be in use at a time.
fn fill_rings(count: usize) {
    let all_have_theirs = Barrier::new(count);
    thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| {
                fills_a_ring();
                all_have_theirs.wait();
                (0..100_000).for_each(|_| fills_a_ring());
            });
        }
    });
}

#[test]
fn a_hundred_thousand_short_threads_are_counted_exactly_and_leave_nothing_behind() {
    let _alone = alone();
    let batch = |threads: u32| {
        let mut running = Vec::with_capacity(8);
        for _ in 0..threads {
            running.push(thread::spawn(|| (0..3).for_each(|_| in_short_threads().unwrap_err())));
            if running.len() == 8 {
                for thread in running.drain(..) {
                    thread.join().unwrap();
                }
            }
        }
        for thread in running {
            thread.join().unwrap();
        }
    };
    fill_rings(8);
    batch(10_000);
    let warm = held_by_all();
    batch(90_000);
    let grown = held_by_all() - warm;
    let stats = stats("in_short_threads");
    assert_eq!((stats.calls(), stats.errors()), (300_000, 300_000));
    // Less than a byte of each thread.
    assert!(grown < 90_000, "{grown} bytes more than after the first tenth");
}

#[profiled(sample = "always")]
fn nobody_reads() {}

#[test]
fn memory_is_flat_and_nothing_is_lost_where_nobody_drains() {
    let _alone = alone();
    let _perf = Perf::builder().environment(Environment::Testing).manual().start().unwrap();
    // More than wait at most.
    (0..200_000).for_each(|_| nobody_reads());
    let warm = held_by_all();
    (0..3_000_000).for_each(|_| nobody_reads());
    let grown = held_by_all() - warm;
    let stats = stats("nobody_reads");
    assert_eq!(stats.calls(), 3_200_000);
    assert_eq!(stats.samples() + stats.dropped(), 3_200_000, "recorded + dropped = sampled");
    assert!(stats.dropped() > 0, "a ring is bounded");
    assert!(grown < 1_000, "{grown} bytes");
}

#[profiled(sample = "always")]
fn in_many_threads() {}

#[test]
fn a_thread_takes_memory_only_for_as_much_as_it_ever_let_wait() {
    let _alone = alone();
    let _perf = Perf::builder().environment(Environment::Testing).manual().start().unwrap();
    in_many_threads();
    let (called, looked) = (Barrier::new(33), Barrier::new(33));
    let before = resident();
    thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                (0..100).for_each(|_| in_many_threads());
                called.wait();
                looked.wait();
            });
        }
        called.wait();
        let each = resident().saturating_sub(before) / 32;
        looked.wait();
        assert!(each < 1 << 19, "{each} bytes each, where as much as may wait takes 2.25 MiB");
    });
}

#[profiled]
fn around_a_fork() {}

#[test]
#[allow(unsafe_code)]
fn a_forked_child_goes_on_counting_and_measuring() {
    let _alone = alone();
    let _perf = Perf::builder().environment(Environment::Testing).start().unwrap();
    // Threads that are in the middle of it while the process forks.
    let is_over = std::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Relaxed) {
                    in_the_background();
                }
            });
        }
        for _ in 0..50 {
            around_a_fork();
            let before = stats("around_a_fork").calls();
            // SAFETY: the child only does what a child of a threaded process may, and `_exit`s.
            let child = unsafe { libc::fork() };
            if child == 0 {
                (0..1000).for_each(|_| around_a_fork());
                let stats = stats("around_a_fork");
                let is_right = stats.calls() == before + 1000 && stats.samples() + stats.dropped() == stats.calls();
                // SAFETY: ends the child, and nothing of the parent's.
                unsafe { libc::_exit(i32::from(!is_right)) };
            }
            let mut status = 0;
            // SAFETY: waits for the child just made.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            assert_eq!(status, 0, "the child counted wrongly, or hung");
        }
        is_over.store(true, Relaxed);
    });
}

#[profiled]
fn in_the_background() {
    std::hint::black_box(());
}

#[profiled]
fn around_shutdown() {}

#[test]
fn calls_before_during_and_after_shutdown_are_counted() {
    let _alone = alone();
    thread::scope(|scope| {
        let caller = scope.spawn(|| (0..2_000_000).for_each(|_| around_shutdown()));
        for _ in 0..20 {
            drop(Perf::builder().environment(Environment::Development).start().unwrap());
        }
        caller.join().unwrap();
    });
    around_shutdown();
    assert_eq!(stats("around_shutdown").calls(), 2_000_001);
}

#[profiled]
fn first_called_in_a_destructor() {}

#[test]
fn a_thread_whose_first_call_is_in_a_destructor_counts_it() {
    struct Calls;
    impl Drop for Calls {
        fn drop(&mut self) {
            first_called_in_a_destructor();
        }
    }
    thread_local! {
        static CALLS: Calls = const { Calls };
    }
    let _alone = alone();
    for _ in 0..50 {
        thread::spawn(|| CALLS.with(|_| ())).join().unwrap();
    }
    assert_eq!(stats("first_called_in_a_destructor").calls(), 50);
}
