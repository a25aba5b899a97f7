//! The one background thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU8,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// Nobody has asked for a thread yet; the first sample starts one.
const LAZY: u8 = 0;
/// There is none, and none is to be started: whoever reads also drains.
const MANUAL: u8 = 1;

static MODE: AtomicU8 = AtomicU8::new(LAZY);
static IS_RUNNING: AtomicBool = AtomicBool::new(false);
static IS_STOPPING: AtomicBool = AtomicBool::new(false);

/// To wake it by. Each start leaks one handle, which late callers may still hold.
static THREAD: AtomicPtr<Thread> = AtomicPtr::new(ptr::null_mut());

/// Wakes the thread; starts it where there is none. Called from the hot path's slow side: no lock,
/// and no allocation once the thread runs.
pub(crate) fn wake() {
    if !IS_RUNNING.load(Acquire) {
        start();
        return;
    }
    if let Some(thread) = handle() {
        thread.unpark();
    }
}

#[allow(unsafe_code)]
fn handle() -> Option<&'static Thread> {
    // SAFETY: null, or a leaked box.
    unsafe { THREAD.load(Acquire).as_ref() }
}

/// Starts the thread unless there is one, or none is wanted.
#[cold]
pub(crate) fn start() {
    if MODE.load(Relaxed) == MANUAL || IS_RUNNING.swap(true, AcqRel) {
        return;
    }
    IS_STOPPING.store(false, Relaxed);
    let spawned = thread::Builder::new().name("perf-aggregate".to_owned()).spawn(run);
    match spawned {
        Ok(handle) => THREAD.store(Box::into_raw(Box::new(handle.thread().clone())), Release),
        // No thread to be had: rings fill, drops are counted, and whoever reads drains.
        Err(_) => IS_RUNNING.store(false, Release),
    }
}

fn run() {
    while !IS_STOPPING.load(Acquire) {
        // A panic here would be a defect of ours, and must not end the measuring.
        let pause = catch_unwind(AssertUnwindSafe(super::tick)).unwrap_or(Duration::from_secs(1));
        if !IS_STOPPING.load(Acquire) {
            thread::park_timeout(pause);
        }
    }
    IS_RUNNING.store(false, Release);
}

/// Stops the thread and starts no other, until [`set_manual`] allows it; true where it has ended in time.
pub(crate) fn stop(within: Duration) -> bool {
    MODE.store(MANUAL, Relaxed);
    IS_STOPPING.store(true, Release);
    if !IS_RUNNING.load(Acquire) {
        // Not only faster: where there are no threads, there may be no `Instant` either.
        return true;
    }
    let deadline = Instant::now() + within;
    while IS_RUNNING.load(Acquire) {
        if let Some(thread) = handle() {
            thread.unpark();
        }
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(Duration::from_micros(100));
    }
    true
}

/// Lets the next sample start a thread, or not.
pub(crate) fn set_manual(is_manual: bool) {
    MODE.store(if is_manual { MANUAL } else { LAZY }, Relaxed);
}

/// In the child of a fork: the thread stayed with the parent.
#[cfg(unix)]
pub(crate) fn forget() {
    THREAD.store(ptr::null_mut(), Release);
    IS_RUNNING.store(false, Release);
    IS_STOPPING.store(false, Relaxed);
}
