//! Calls that come when they come, whether or not those before them have ended.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use crate::callers::Caller;

/// Threads that make the calls: so many can wait at a time, and then calls wait for a thread.
const THREADS: usize = 16;

/// A call is due every so often: half of what the backend can do when it is well.
const EVERY: Duration = Duration::from_millis(1);

/// An answer is of use for so long after its call was due.
const USEFUL: Duration = Duration::from_millis(100);

/// One call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    /// When it should have begun, from the start.
    pub(crate) due: Duration,
    /// From then on until there was an answer, or none.
    pub(crate) took: Duration,
    /// Whether there was an answer while it was of use.
    pub(crate) is_good: bool,
}

/// Makes all calls that are due within `time`. In the order in which they were.
pub(crate) fn calls(caller: Caller, address: SocketAddr, time: Duration) -> Vec<Call> {
    let (start, next) = (Instant::now(), AtomicU64::new(0));
    let one_by_one = || {
        let mut calls = Vec::new();
        loop {
            let number = next.fetch_add(1, Relaxed);
            let due = EVERY * number as u32;
            if due >= time {
                return calls;
            }
            thread::sleep((start + due).saturating_duration_since(Instant::now()));
            let is_answered = caller(address, number).is_ok_and(|answer| answer == number * 2);
            let took = start.elapsed().saturating_sub(due);
            calls.push(Call { due, took, is_good: is_answered && took <= USEFUL });
        }
    };
    let mut calls: Vec<Call> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(one_by_one)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no caller panics")).collect()
    });
    calls.sort_by_key(|call| call.due);
    calls
}

/// The time that 99 of 100 of the calls took at most.
pub(crate) fn p99(calls: &[Call]) -> Duration {
    let mut times: Vec<Duration> = calls.iter().map(|call| call.took).collect();
    times.sort();
    times.get((times.len() * 99).div_ceil(100).saturating_sub(1)).copied().unwrap_or_default()
}

/// The share of the calls that had an answer while it was of use.
pub(crate) fn goodput(calls: &[Call]) -> f64 {
    let good = calls.iter().filter(|call| call.is_good).count();
    good as f64 / calls.len().max(1) as f64
}

/// Those that were due from `from` on, until `to`.
pub(crate) fn between(calls: &[Call], from: Duration, to: Duration) -> &[Call] {
    let at = |time| calls.partition_point(|call| call.due < time);
    &calls[at(from)..at(to).max(at(from))]
}
