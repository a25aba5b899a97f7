//! What a collector gets: decoded by programs of others, and by those that do not answer as they should.

mod decoded;
mod encrypted;
mod failures;
mod metrics;
mod receiver;
mod told;
mod traces;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use perf_export::otlp::{Builder, Exporter};
use perf_runtime::{Config, Perf};
use quanta::{Clock, Mock};

/// A test that waits for so long has failed.
const LONG: Duration = Duration::from_secs(120);

static CLOCK: OnceLock<Arc<Mock>> = OnceLock::new();
static ALONE: Mutex<()> = Mutex::new(());

/// Waits for the permission to be the one whose time passes, on a clock that only moves when told to.
fn alone() -> MutexGuard<'static, ()> {
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    CLOCK.get_or_init(|| {
        let (clock, mock) = Clock::mock();
        let config = Config { tree: false, traces: 0, ..Config::testing() };
        std::mem::forget(Perf::builder().config(config).clock(clock).manual().start().unwrap());
        mock
    });
    alone
}

fn pass(time: Duration) {
    CLOCK.get().expect("`alone` comes first").increment(time);
}

/// Sends to this port of this machine, and only when told to.
fn exporter(port: u16) -> Builder {
    let backoff = Duration::from_millis(10);
    Exporter::builder()
        .endpoint(format!("http://127.0.0.1:{port}"))
        .interval(LONG * 100)
        .backoff(backoff, 4 * backoff)
        .traces(false)
}

/// Waits until something is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LONG, "{what}: not within {LONG:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
