//! What it takes to get numbers out of the process.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::call::platform::thread_cpu_nanos;

/// CPU time of all threads that exported, in nanoseconds.
static SPENT: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// What the running thread has spent that is told as aggregating.
    static TOLD: Cell<u64> = const { Cell::new(0) };
}

/// Work that gets numbers out of the process: the CPU time of the thread from its making to its drop is told as
/// [`Overhead::exporting`](crate::Overhead::exporting), but for what aggregating takes meanwhile, which is told as such.
///
/// For exporters, those of `perf-export` and others. Two readings of the thread's CPU clock, some hundred nanoseconds
/// each; where the system does not tell CPU time, nothing is counted.
///
/// ```
/// {
///     let _exporting = perf_runtime::Exporting::begin();
///     println!("{}", perf_runtime::snapshot());
/// }
/// println!("{:?}", perf_runtime::snapshot().overhead().exporting());
/// ```
#[derive(Debug)]
#[must_use = "dropped at once, it counts nothing"]
pub struct Exporting {
    /// The thread's CPU time, and what was told of it, when this began.
    begun: Option<(u64, u64)>,
    /// It is of one thread.
    thread: PhantomData<*const ()>,
}

impl Exporting {
    /// From now on.
    pub fn begin() -> Self {
        Self { begun: thread_cpu_nanos().map(|cpu| (cpu, told())), thread: PhantomData }
    }
}

impl Drop for Exporting {
    fn drop(&mut self) {
        if let (Some((cpu, known)), Some(now)) = (self.begun, thread_cpu_nanos()) {
            let spent = now.saturating_sub(cpu).saturating_sub(told() - known);
            SPENT.fetch_add(spent, Relaxed);
        }
    }
}

fn told() -> u64 {
    TOLD.try_with(Cell::get).unwrap_or(0)
}

/// The running thread has spent so many nanoseconds that are told as aggregating.
pub(crate) fn is_told(nanos: u64) {
    // A thread whose thread-locals are gone exports nothing any more.
    let _ = TOLD.try_with(|told| told.set(told.get() + nanos));
}

/// CPU time of all threads that exported.
pub(crate) fn spent() -> Duration {
    Duration::from_nanos(SPENT.load(Relaxed))
}

#[cfg(all(test, not(loom), unix))]
mod tests {
    use super::*;

    #[test]
    fn what_aggregating_took_meanwhile_is_not_told_twice() {
        let before = spent();
        {
            let _exporting = Exporting::begin();
            let start = thread_cpu_nanos().unwrap();
            while thread_cpu_nanos().unwrap() - start < 20_000_000 {}
            is_told(10_000_000);
        }
        assert!(spent() >= before + Duration::from_millis(10));
        let before = spent();
        {
            let _exporting = Exporting::begin();
            is_told(u64::from(u32::MAX));
        }
        assert_eq!(spent(), before);
    }
}
