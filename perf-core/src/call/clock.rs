//! Raw ticks of the clock that quanta would choose, readable before quanta has calibrated it.
//!
//! quanta calibrates a counter when a `Clock` is made, which takes about a millisecond. A first call
//! must not wait for that, so ticks are read here, by the same rule as quanta's, and only converted
//! with a calibrated `Clock`, which the first drain makes.

use once_cell::sync::OnceCell;
use quanta::Clock;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::time::Instant;

/// Not decided yet.
const UNKNOWN: u8 = 0;
/// The processor's counter.
const COUNTER: u8 = 1;
/// Whatever [`CLOCK`] reads.
const QUANTA: u8 = 2;

static SOURCE: AtomicU8 = AtomicU8::new(UNKNOWN);
static CLOCK: OnceCell<Clock> = OnceCell::new();

/// Ticks of the fastest clock there is.
#[inline(always)]
pub(crate) fn ticks() -> u64 {
    if SOURCE.load(Relaxed) == COUNTER { counter() } else { other_ticks() }
}

#[cold]
fn other_ticks() -> u64 {
    if SOURCE.load(Relaxed) == UNKNOWN {
        // Two threads may both decide; they decide the same.
        SOURCE.store(if has_counter() { COUNTER } else { QUANTA }, Relaxed);
    }
    if SOURCE.load(Relaxed) == COUNTER { counter() } else { quanta_clock().raw() }
}

/// The calibrated clock. Waits for the calibration the first time.
pub(crate) fn calibrated() -> &'static Clock {
    let clock = quanta_clock();
    let (before, raw, after) = (ticks(), clock.raw(), ticks());
    if SOURCE.load(Relaxed) == COUNTER && !(before <= raw && raw <= after) {
        // quanta sees no counter fit for use. What was read until now is not its time.
        SOURCE.store(QUANTA, Relaxed);
    }
    clock
}

fn quanta_clock() -> &'static Clock {
    CLOCK.get_or_init(Clock::new)
}

/// Uses `clock`, a mock for instance; refused once any clock is in use.
pub(crate) fn install(clock: Clock) -> Result<(), Clock> {
    if SOURCE.load(Relaxed) != UNKNOWN {
        return Err(clock);
    }
    CLOCK.set(clock)?;
    SOURCE.store(QUANTA, Relaxed);
    Ok(())
}

/// What makes nanoseconds of ticks, once a clock is calibrated.
struct Scale {
    clock: &'static Clock,
    /// Ticks and nanoseconds of the same moment.
    ticks: u64,
    nanos: u64,
}

static SCALE: OnceCell<Scale> = OnceCell::new();

/// When nanoseconds were first asked for, before any clock was calibrated.
static ORIGIN: OnceCell<Instant> = OnceCell::new();

/// Nanoseconds since some moment early in the program's life, by the clock that ticks are read from.
///
/// The first call does not wait for a calibration: until the background thread has made one, the
/// system's monotonic clock serves, of which this one goes on.
#[inline(always)]
pub fn nanos() -> u64 {
    match SCALE.get() {
        Some(scale) => scale.nanos(ticks()),
        None => first_nanos(),
    }
}

impl Scale {
    #[inline(always)]
    fn nanos(&self, ticks: u64) -> u64 {
        self.nanos + self.clock.delta_as_nanos(self.ticks, ticks)
    }
}

#[cold]
#[inline(never)]
fn first_nanos() -> u64 {
    // There is no system clock to begin with there, and calibrating waits for nothing.
    if cfg!(all(target_family = "wasm", target_os = "unknown")) {
        calibrated();
    }
    let Some(clock) = CLOCK.get() else {
        let origin = ORIGIN.get_or_init(Instant::now);
        crate::aggregate::wake();
        return origin.elapsed().as_nanos() as u64;
    };
    let scale = SCALE.get_or_init(|| {
        let nanos = ORIGIN.get().map_or(0, |origin| origin.elapsed().as_nanos() as u64);
        Scale { clock, ticks: ticks(), nanos }
    });
    scale.nanos(ticks())
}

/// What the ticks are.
pub(crate) fn source() -> &'static str {
    match SOURCE.load(Relaxed) {
        UNKNOWN => "none yet",
        COUNTER if cfg!(target_arch = "aarch64") => "system counter",
        COUNTER => "tsc",
        _ => "monotonic",
    }
}

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
#[inline(always)]
fn counter() -> u64 {
    // SAFETY: every x86-64 processor has the instruction.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Whether the counter ticks evenly, also across cores and sleep states: quanta's own test.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
#[allow(unused_unsafe, reason = "reading the processor's identity became safe after our oldest compiler")]
fn has_counter() -> bool {
    use core::arch::x86_64::__cpuid;
    // SAFETY: every x86-64 processor has the instruction.
    let leaf = |number| unsafe { __cpuid(number) };
    let highest = leaf(0x8000_0000).eax;
    let has_rdtscp = highest >= 0x8000_0001 && leaf(0x8000_0001).edx & (1 << 27) != 0;
    let is_invariant = highest >= 0x8000_0007 && leaf(0x8000_0007).edx & (1 << 8) != 0;
    has_rdtscp && is_invariant
}

#[cfg(all(target_arch = "aarch64", not(target_os = "ios")))]
#[inline(always)]
fn counter() -> u64 {
    let count: u64;
    // SAFETY: reads the virtual counter, which user code may.
    unsafe { core::arch::asm!("mrs {}, cntvct_el0", out(reg) count, options(nomem, nostack, preserves_flags)) };
    count
}

#[cfg(all(target_arch = "aarch64", not(target_os = "ios")))]
fn has_counter() -> bool {
    true
}

#[cfg(not(any(
    all(target_arch = "x86_64", target_feature = "sse2"),
    all(target_arch = "aarch64", not(target_os = "ios"))
)))]
fn counter() -> u64 {
    0
}

#[cfg(not(any(
    all(target_arch = "x86_64", target_feature = "sse2"),
    all(target_arch = "aarch64", not(target_os = "ios"))
)))]
fn has_counter() -> bool {
    false
}
