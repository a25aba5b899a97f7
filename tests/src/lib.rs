//! What the tests share: see `tests/`. Nothing here is built by users.

/// A clock that only moves when told to, so that every duration is known.
///
/// It is the process' clock, and tests of one file share a process: each holds [`still::alone`] while
/// it runs.
pub mod still {
    use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
    use std::time::Duration;

    use perf_runtime::{Config, Perf};
    use quanta::{Clock, Mock};

    static CLOCK: OnceLock<Arc<Mock>> = OnceLock::new();
    static ALONE: Mutex<()> = Mutex::new(());

    fn clock(config: &Config) -> &'static Mock {
        CLOCK.get_or_init(|| {
            let (clock, mock) = Clock::mock();
            let perf = Perf::builder().config(config.clone()).clock(clock).manual().start();
            // For as long as the process: no thread is to drain at times of its own.
            std::mem::forget(perf.expect("no other clock is in use yet"));
            mock
        })
    }

    /// Waits for the permission to be the one whose time passes. The first one's configuration holds.
    pub fn alone(config: &Config) -> MutexGuard<'static, ()> {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        clock(config);
        alone
    }

    /// Lets time pass.
    ///
    /// # Panics
    ///
    /// Where nobody is [`alone`].
    pub fn pass(time: Duration) {
        CLOCK.get().expect("`alone` comes first").increment(time);
    }
}

/// A function in a snapshot of this moment.
///
/// # Panics
///
/// If it was not called.
#[must_use]
pub fn stats(name: &str) -> perf_runtime::FunctionStats {
    perf_runtime::snapshot().function(name).unwrap_or_else(|| panic!("{name} was not called")).clone()
}
