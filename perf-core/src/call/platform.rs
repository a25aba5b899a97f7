//! What only the operating system knows: CPU time, forks, pages, the terminal.

/// What the system has counted of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResourceUse {
    /// CPU time in the program, in nanoseconds.
    pub user: u64,
    /// CPU time in the kernel.
    pub system: u64,
    /// The most memory that was resident at a time, in bytes.
    pub peak_resident: u64,
    /// Page faults without reading, and with it.
    pub minor_faults: u64,
    /// See [`minor_faults`](Self::minor_faults).
    pub major_faults: u64,
    /// Context switches that threads asked for, and those that they did not.
    pub voluntary_switches: u64,
    /// See [`voluntary_switches`](Self::voluntary_switches).
    pub involuntary_switches: u64,
}

#[cfg(unix)]
mod unix {
    use std::cell::UnsafeCell;
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use std::sync::{MutexGuard, Once};

    use crate::aggregate::{self, Aggregator};
    use crate::call::census::{self, Census};
    use crate::call::tail;
    use crate::{callsite, config, parts};

    /// CPU time of this process, in nanoseconds; none where nobody knows.
    #[must_use]
    pub fn process_cpu_nanos() -> Option<u64> {
        cpu_nanos(libc::CLOCK_PROCESS_CPUTIME_ID)
    }

    pub(crate) fn thread_cpu_nanos() -> Option<u64> {
        cpu_nanos(libc::CLOCK_THREAD_CPUTIME_ID)
    }

    fn cpu_nanos(clock: libc::clockid_t) -> Option<u64> {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: writes to the struct that it is given.
        let failed = unsafe { libc::clock_gettime(clock, &raw mut time) } != 0;
        (!failed).then(|| time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
    }

    /// What the system has counted of this process, threads that have ended included.
    #[must_use]
    pub fn resource_use() -> Option<super::ResourceUse> {
        // SAFETY: all zeros is a use, of nothing.
        let mut used: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: writes to the struct that it is given.
        let failed = unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut used) } != 0;
        let nanos = |time: libc::timeval| time.tv_sec as u64 * 1_000_000_000 + time.tv_usec as u64 * 1000;
        // Apple's systems count in bytes, all others in kilobytes.
        let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
        (!failed).then(|| super::ResourceUse {
            user: nanos(used.ru_utime),
            system: nanos(used.ru_stime),
            peak_resident: used.ru_maxrss as u64 * unit,
            minor_faults: used.ru_minflt as u64,
            major_faults: used.ru_majflt as u64,
            voluntary_switches: used.ru_nvcsw as u64,
            involuntary_switches: used.ru_nivcsw as u64,
        })
    }

    /// How wide the terminal is that the standard output goes to, if it goes to one.
    pub(crate) fn terminal_columns() -> Option<usize> {
        // SAFETY: all zeros is a size, of nothing.
        let mut size: libc::winsize = unsafe { std::mem::zeroed() };
        // SAFETY: writes to the struct that it is given.
        let failed = unsafe { libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size) } != 0;
        (!failed && size.ws_col > 0).then_some(usize::from(size.ws_col))
    }

    /// Asks that this memory be handed out by small pages, each when it is touched. Where the system
    /// uses huge pages unasked, to touch a neighbour of it can be enough to have all of it at once.
    #[cfg(target_os = "linux")]
    pub(crate) fn hand_out_by_small_pages<T>(memory: &[T]) {
        // SAFETY: asks.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) }.max(1) as usize;
        let range = memory.as_ptr_range();
        let (start, end) = (range.start.addr().next_multiple_of(page), range.end.addr() / page * page);
        if start < end {
            let pages = range.start.with_addr(start).cast_mut().cast();
            // SAFETY: these pages are all within `memory`. What they hold stays as it is.
            unsafe { libc::madvise(pages, end - start, libc::MADV_NOHUGEPAGE) };
        }
    }

    /// Locks that a fork must not find taken by a thread that the child does not have.
    struct Held(UnsafeCell<Option<Locks>>);

    /// In the order in which they are taken.
    struct Locks {
        _parts: MutexGuard<'static, parts::Parts>,
        _aggregator: MutexGuard<'static, Aggregator>,
        _registry: callsite::Hold,
        census: MutexGuard<'static, Census>,
        _config: config::Hold,
        _tails: tail::Hold,
    }

    // SAFETY: only `before` and `after` touch it, on the thread that forks, and the first of the
    // locks that they put there keeps other forks out between them.
    unsafe impl Sync for Held {}

    static HELD: Held = Held(UnsafeCell::new(None));

    extern "C" fn before() {
        let (parts, aggregator, registry) = (parts::hold(), aggregate::lock(), callsite::hold());
        let (census, config, tails) = (census::hold(), config::hold(), tail::hold(&registry));
        let held = Locks {
            _parts: parts,
            _aggregator: aggregator,
            _registry: registry,
            census,
            _config: config,
            _tails: tails,
        };
        // SAFETY: see `Held`.
        unsafe { *HELD.0.get() = Some(held) };
    }

    extern "C" fn after_in_parent() {
        // SAFETY: see `Held`.
        drop(unsafe { (*HELD.0.get()).take() });
    }

    static FORKS: AtomicU32 = AtomicU32::new(0);

    extern "C" fn after_in_child() {
        FORKS.fetch_add(1, Relaxed);
        // SAFETY: see `Held`.
        if let Some(mut locks) = unsafe { (*HELD.0.get()).take() } {
            aggregate::forget_worker();
            locks.census.keep_only_current();
        }
    }

    /// How many forks lie between this process and the one in which this was first asked: whatever another
    /// count was kept with, a thread or a lock, may have stayed behind.
    #[inline]
    #[must_use]
    pub fn forks() -> u32 {
        watch_forks();
        FORKS.load(Relaxed)
    }

    /// The same, where it has been asked before in this process, or the one that it was forked from: a load.
    #[inline]
    #[must_use]
    pub fn forks_again() -> u32 {
        FORKS.load(Relaxed)
    }

    /// Has `last` called when the process ends in an orderly way, after `main`.
    #[cfg(feature = "json")]
    pub(crate) fn at_exit(last: extern "C" fn()) {
        // SAFETY: a function, there for as long as the program; it lets no panic out.
        unsafe { libc::atexit(last) };
    }

    /// Sees to it that a forked child goes on counting.
    pub(crate) fn watch_forks() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            // SAFETY: the handlers are functions, there for as long as the program.
            unsafe { libc::pthread_atfork(Some(before), Some(after_in_parent), Some(after_in_child)) };
        });
    }
}

#[cfg(all(not(unix), feature = "json"))]
pub(crate) use elsewhere::at_exit;
#[cfg(not(unix))]
pub use elsewhere::{forks, forks_again, process_cpu_nanos, resource_use};
#[cfg(all(unix, feature = "json"))]
pub(crate) use unix::at_exit;
#[cfg(target_os = "linux")]
pub(crate) use unix::hand_out_by_small_pages;
#[cfg(unix)]
pub use unix::{forks, forks_again, process_cpu_nanos, resource_use};
#[cfg(unix)]
pub(crate) use unix::{terminal_columns, thread_cpu_nanos, watch_forks};

#[cfg(not(target_os = "linux"))]
pub(crate) fn hand_out_by_small_pages<T>(_: &[T]) {}

#[cfg(not(unix))]
mod elsewhere {
    /// Nobody knows.
    #[must_use]
    pub fn process_cpu_nanos() -> Option<u64> {
        None
    }

    pub(crate) fn thread_cpu_nanos() -> Option<u64> {
        None
    }

    /// Nobody knows.
    #[must_use]
    pub fn resource_use() -> Option<super::ResourceUse> {
        None
    }

    pub(crate) fn terminal_columns() -> Option<usize> {
        None
    }

    /// There are no forks.
    #[must_use]
    pub fn forks() -> u32 {
        0
    }

    /// Nor are there later.
    #[must_use]
    pub fn forks_again() -> u32 {
        0
    }

    pub(crate) fn watch_forks() {}

    #[cfg(feature = "json")]
    pub(crate) fn at_exit(_: extern "C" fn()) {}
}

#[cfg(not(unix))]
pub(crate) use elsewhere::{terminal_columns, thread_cpu_nanos, watch_forks};
