//! A forked child measures the load for itself.
#![cfg(unix)]

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use perf_runtime::{LoadShedder, Priority};

fn shedder() -> LoadShedder {
    let builder = LoadShedder::builder().max_load(1.0).max_queueing(Duration::from_nanos(1));
    builder.build().unwrap()
}

fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        thread::yield_now();
    }
}

#[test]
#[allow(unsafe_code)]
fn what_was_made_before_a_fork_goes_by_the_load_after_it() {
    let (calm, busy) = (shedder(), shedder());
    let wait = |shedder: &LoadShedder| shedder.record_queueing(Duration::from_secs(1));
    until(|| {
        wait(&busy);
        busy.is_shedding()
    });
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        // A thread that holds the sampler's lock, now and then, while the process forks.
        scope.spawn(|| {
            while !is_over.load(Relaxed) {
                drop(shedder());
            }
        });
        for _ in 0..3 {
            // SAFETY: the child only does what a child of a threaded process may, and `_exit`s.
            let child = unsafe { libc::fork() };
            if child == 0 {
                until(|| {
                    wait(&calm);
                    let _ = calm.should_process_at(Priority::Low);
                    calm.is_shedding()
                });
                // Nobody reports any more that anything waits there.
                until(|| {
                    let _ = busy.should_process();
                    !busy.is_shedding()
                });
                let own = shedder();
                until(|| {
                    wait(&own);
                    own.is_shedding()
                });
                // SAFETY: ends the child, and nothing of the parent's.
                unsafe { libc::_exit(0) };
            }
            let mut status = 0;
            // SAFETY: waits for the child just made.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            assert_eq!(status, 0, "the child did something wrong");
        }
        is_over.store(true, Relaxed);
    });
}
