//! What measuring costs on this machine, found by doing it.

use std::hint::black_box;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use quanta::Clock;

use crate::call::clock::ticks;
use crate::call::sample::{Kind, Slot};
use crate::call::{Call, Lane, OFF, attend, attention, census, platform, strand, thread_local, trace};
use crate::callsite::Site;
use crate::order::order;

/// Calls in one round of a measurement of samples, and of counts, which take a fiftieth of that.
const TIMED: u32 = 256;
const COUNTED: u32 = 4096;

/// Cycles that a count takes where the processor has other work too: ten instructions, of which it does
/// some four at a time. In a loop of nothing but calls they hide behind these, so that next to no
/// difference is seen there.
const COUNT_CYCLES: f64 = 2.5;

/// Rounds, of which the fastest counts: what disturbs a machine only ever adds.
const ROUNDS: u32 = 12;

thread_local! {
    static LANE: Lane = const { Lane::NEW };
}

/// The function that is called to find out. It is in no snapshot.
static SITE: Site = Site::new(|| "perf_runtime::calibration", "perf_runtime", &LANE);

/// Costs in nanoseconds, and what to take off each sample in ticks.
#[derive(Clone, Copy, Default)]
pub(crate) struct Costs {
    /// A call that is only counted, beyond the call. A small function may have been inlined before it
    /// was measured; what it costs that it is no more cannot be known from here, and is not in it.
    pub(crate) count: f64,
    /// A call that is timed, on the caller's side, beyond the counting.
    pub(crate) sample: f64,
    /// The part of it that falls between the two readings of the clock, in ticks: the mean, since
    /// clocks that step by many ticks at a time are right only on average.
    pub(crate) inside_ticks: i64,
    /// A call that keeps a frame, and one that is part of a trace, on the caller's side. Zero before somebody wants trees.
    pub(crate) kept: f64,
    pub(crate) traced: f64,
}

impl Costs {
    /// Measures what call trees cost, once somebody wants them: some 100 µs.
    pub(crate) fn measure_trees(&mut self, clock: &Clock) {
        let Some((kept, traced)) = trace::measure(&SITE, ROUNDS, &|| round(TIMED, annotated)) else { return };
        let nanos = |ticks: u64| clock.delta_as_nanos(0, ticks) as f64 / f64::from(TIMED);
        self.kept = nanos(kept);
        self.traced = nanos(traced);
        let sample = strand::SAMPLE_TICKS.load(Relaxed);
        attention::KEPT_TICKS.store((kept / u64::from(TIMED)) as u32, Relaxed);
        trace::TRACED_TICKS.store(((traced / u64::from(TIMED)) as u32).saturating_sub(sample), Relaxed);
    }

    /// Ticks of the clock in so long a time.
    pub(crate) fn ticks_of(clock: &Clock, time: Duration) -> u64 {
        let second = clock.delta_as_nanos(0, 1 << 30).max(1);
        (time.as_nanos() as f64 * (1_u64 << 30) as f64 / second as f64) as u64
    }
}

/// Whether a site is the one that calibration calls.
pub(crate) fn is_ours(site: &Site) -> bool {
    std::ptr::eq(site, &raw const SITE)
}

/// Measures, on the running thread, through the real path: some 300 µs. Samples of others that are
/// drained on the way go to `others`.
pub(crate) fn measure(clock: &Clock, others: &mut dyn FnMut([u64; 2])) -> Costs {
    // Registering says how it is to be sampled, so that comes first.
    let ours = u64::from(SITE.index());
    // Nor is more to be done for it than for others.
    SITE.want_cpu(false);
    let mut inside = Vec::with_capacity((TIMED * ROUNDS) as usize);
    SITE.steer(1);
    let mut timed = u64::MAX;
    for _ in 0..ROUNDS {
        timed = timed.min(round(TIMED, annotated));
        census::drain(&mut |slot| {
            let unpacked = Slot::unpack(slot);
            if u64::from(unpacked.site) != ours {
                others(slot);
            } else if unpacked.kind == Kind::Call {
                inside.push(unpacked.ticks);
            }
        });
    }
    SITE.steer(OFF);
    // The first calls still finish the old interval; the fastest round does not know them.
    // In turn, so that what slows the machine down slows all alike.
    let (mut counted, mut uncounted, mut waited) = (u64::MAX, u64::MAX, u64::MAX);
    for _ in 0..2 * ROUNDS {
        counted = counted.min(round(COUNTED, annotated));
        uncounted = uncounted.min(round(COUNTED, bare));
        waited = waited.min(cycles());
    }
    let inside_ticks = mean_without_outliers(&inside);
    let nanos = |ticks: u64, calls: u32| clock.delta_as_nanos(0, ticks) as f64 / f64::from(calls);
    let hidden = COUNT_CYCLES * nanos(waited, 2 * COUNTED);
    let count = (nanos(counted, COUNTED) - nanos(uncounted, COUNTED)).max(hidden);
    let sample = (nanos(timed, TIMED) - nanos(counted, COUNTED)).max(0.0);
    strand::SAMPLE_TICKS.store((timed / u64::from(TIMED)) as u32, Relaxed);
    Costs { count, sample, inside_ticks, ..Costs::default() }
}

/// What the thread's CPU clock costs.
pub(crate) struct CpuCosts {
    /// Nanoseconds that reading it twice takes, by itself: no other process' time is in them.
    pub(crate) price: f64,
    /// The same in ticks.
    pub(crate) ticks: u32,
    /// CPU nanoseconds that are seen of an empty call: the mean.
    pub(crate) inside: f64,
    /// Nanoseconds that it takes to know when a future was woken, once.
    pub(crate) attended: f64,
}

/// Measures that, on the running thread, through the real path. There must be such a clock.
pub(crate) fn measure_cpu(others: &mut dyn FnMut([u64; 2])) -> CpuCosts {
    let ours = u64::from(SITE.index());
    let now = || platform::thread_cpu_nanos().unwrap_or(0);
    let mut price = u64::MAX;
    let mut ticks = u64::MAX;
    let mut attended = u64::MAX;
    for _ in 0..ROUNDS {
        let before = now();
        round(TIMED / 4, || attend::exercise(&SITE));
        attended = attended.min(now().saturating_sub(before));
        let before = now();
        ticks = ticks.min(round(TIMED / 4, || _ = black_box((now(), now()))));
        price = price.min(now().saturating_sub(before));
    }
    let mut inside = Vec::with_capacity((TIMED * ROUNDS) as usize);
    SITE.steer(1);
    SITE.set_cpu_every(1);
    for _ in 0..ROUNDS {
        round(TIMED / 4, annotated);
        census::drain(&mut |slot| {
            let unpacked = Slot::unpack(slot);
            if u64::from(unpacked.site) != ours {
                others(slot);
            } else if unpacked.kind == Kind::Cpu {
                inside.push(unpacked.ticks);
            }
        });
    }
    SITE.set_cpu_every(0);
    SITE.steer(OFF);
    let each = f64::from(TIMED / 4);
    CpuCosts {
        price: price as f64 / each,
        ticks: (ticks / u64::from(TIMED / 4)) as u32,
        inside: mean_without_outliers(&inside) as f64,
        attended: attended as f64 / each,
    }
}

/// The mean of what is not disturbed by interrupts: up to four times the median.
fn mean_without_outliers(ticks: &[u64]) -> i64 {
    let order = order(ticks.len(), &mut |a, b| ticks[a].cmp(&ticks[b]));
    let Some(&middle) = order.get(ticks.len() / 2) else { return 0 };
    let limit = 4 * ticks[middle].max(1);
    let calm = ticks.iter().filter(|&&ticks| ticks <= limit);
    (calm.clone().sum::<u64>() / calm.count().max(1) as u64) as i64
}

/// Twice [`COUNTED`] cycles: each step waits for the one before, and takes one for each operation.
fn cycles() -> u64 {
    let start = ticks();
    let end = (0..COUNTED).fold(black_box(1_u64), |x, _| (x ^ 0x9E37_79B9_7F4A_7C15).rotate_left(1));
    black_box(end);
    ticks().saturating_sub(start)
}

fn round(calls: u32, call: impl Fn()) -> u64 {
    let start = ticks();
    for _ in 0..calls {
        call();
    }
    ticks().saturating_sub(start)
}

/// What the attribute makes of an empty function.
#[inline(never)]
fn annotated() {
    let call = Call::enter(LANE.with(Lane::here), &SITE);
    black_box(());
    call.returned();
}

/// The empty function.
#[inline(never)]
fn bare() {
    black_box(());
}
