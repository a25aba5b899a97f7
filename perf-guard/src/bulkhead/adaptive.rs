//! A limit that follows what the callee can take: arithmetic on durations and times that the caller hands in.
//!
//! It is the gradient of Netflix's concurrency limits (Gradient2: E. Landau, W. Thurston, T. Bozarth,
//! "Performance Under Load", 2018; itself after TCP Vegas, L. Brakmo and L. Peterson 1995). Where calls take as
//! long as without load, the limit rises by a part of its square root each window; where they take longer than
//! is tolerated, it falls in proportion.
//!
//! What differs is how long calls take without load. A long average, as there, follows a constant overload
//! upwards, and the limit with it. Here, as in BBR (N. Cardwell et al. 2016) and in Envoy's adaptive
//! concurrency, it is measured: now and then the limit is a quarter for a moment, so that whatever queued is
//! worked off, and what calls take then is the baseline. With `c` calls that the callee works on at a time, `q
//! = √limit`, and a limit of `L`, calls take `L/c` as long as without load, and `L` settles where `L = 1.5·c +
//! q`.

use crate::verdict::Verdict;

/// Longer by half than without load is no sign of a queue: so much is noise, and keeps the callee busy.
const TOLERANCE: f64 = 1.5;

/// However long calls take, a window takes away no more than this part, times [`STEP`]: it may have been bad luck.
const STEEPEST: f64 = 0.5;

/// How far each window goes towards where it points.
const STEP: f64 = 0.5;

/// A call that takes longer than so many times the baseline counts as that long: the gradient is at its
/// steepest there, and one call that hangs is not a slow callee.
const LONGEST: f64 = 4.0;

/// How far the baseline goes towards a window in which so few were in flight that they cannot have waited.
const LIGHT_STEP: f64 = 0.3;

/// What is in flight without load, as a part of the limit.
const LIGHT: u32 = 4;

/// A window is at least so long, and has at least so many calls, and so many for each that was in flight: of calls
/// that begin at a time the shortest end first, so that the first few to end say little of all.
const WINDOW_NANOS: u64 = 100_000_000;
const WINDOW_CALLS: u32 = 30;
const ROUNDS: u32 = 2;

/// Windows between two probes of the baseline, and before the first.
const PROBE_EVERY: u32 = 64;
const FIRST_PROBE: u32 = 4;

/// And after one that took too long, at most.
const NEXT_PROBE: u32 = 16;

/// How long a probe may take, in baselines, and at least: then things are as they were. Each time that is too
/// short the next one takes twice as long, because calls may have become that much slower; after so many times
/// the baseline is learnt anew.
const PROBE_BASELINES: f64 = 64.0;
const PROBE_NANOS: u64 = 100_000_000;
const DOUBLINGS: u32 = 8;

/// What is learnt from one call, when it ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) now: u64,
    /// In nanoseconds.
    pub(super) duration: u64,
    /// With this one.
    pub(super) in_flight: u32,
    pub(super) verdict: Verdict,
}

#[derive(Clone, Debug)]
pub(super) struct Adaptive {
    min: u32,
    max: u32,
    limit: f64,
    /// How long calls take without load, in nanoseconds; 0 where nobody knows yet.
    baseline: f64,
    window: Window,
    /// The window began with the limit, or just after a probe: things are not yet as they will be.
    is_settling: bool,
    /// Windows until the next probe.
    probe_in: u32,
    probe: Option<Probe>,
    /// Doublings of the time that the next probe may take.
    patience: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Window {
    began: u64,
    calls: u32,
    sum: f64,
    /// Most that were in flight.
    peak: u32,
}

#[derive(Clone, Copy, Debug)]
struct Probe {
    began: u64,
    limit: u32,
    /// Since when no more are in flight than the probe's limit: who began before may have waited.
    is_light_since: Option<u64>,
    /// Calls that began and ended since.
    calls: u32,
}

impl Adaptive {
    pub(super) fn new(limit: u32, min: u32, max: u32) -> Self {
        Self {
            min,
            max,
            limit: f64::from(limit.clamp(min, max)),
            baseline: 0.0,
            window: Window::default(),
            is_settling: true,
            probe_in: FIRST_PROBE,
            probe: None,
            patience: 0,
        }
    }

    /// The limit in force.
    pub(super) fn limit(&self) -> u32 {
        match self.probe {
            Some(probe) => probe.limit,
            // Both bounds are whole, and far below where a float is not.
            None => self.limit as u32,
        }
    }

    pub(super) fn bounds(&self) -> (u32, u32) {
        (self.min, self.max)
    }

    /// From 1 to the highest limit there is, the first no greater than the second.
    pub(super) fn set_bounds(&mut self, min: u32, max: u32) {
        (self.min, self.max) = (min, max);
        self.limit = self.limit.clamp(min.into(), max.into());
        if self.probe.take().is_some() {
            self.probe_in = FIRST_PROBE;
        }
    }

    /// How long calls take without load, in nanoseconds; none where nobody knows yet.
    pub(super) fn baseline_nanos(&self) -> Option<f64> {
        (self.baseline > 0.0).then_some(self.baseline)
    }

    /// Takes in a call that ends.
    pub(super) fn take(&mut self, sample: Sample) {
        self.end_late_probe(sample.now);
        let duration = sample.duration.max(1) as f64;
        // Of one that failed, or was not waited for, all that is known is that it would have taken no less.
        if sample.verdict != Verdict::Success && duration <= self.baseline {
            return;
        }
        if self.probe.is_some() {
            self.take_in_probe(sample, duration);
            return;
        }
        let longest = if self.baseline > 0.0 { LONGEST * self.baseline } else { f64::MAX };
        self.window.add(duration.min(longest), sample.in_flight);
        if self.window.is_over(sample.now) {
            self.turn(sample.now);
        }
    }

    fn take_in_probe(&mut self, sample: Sample, duration: f64) {
        let Some(probe) = &mut self.probe else { return };
        let is_light_since = match probe.is_light_since {
            Some(since) => since,
            None if sample.in_flight > probe.limit + 1 => return,
            None => *probe.is_light_since.insert(sample.now),
        };
        if sample.now.saturating_sub(sample.duration) < is_light_since {
            return;
        }
        probe.calls += 1;
        // As for a window: the first to end are the shortest.
        if probe.calls <= ROUNDS * probe.limit {
            return;
        }
        self.window.add(duration, sample.in_flight);
        if self.window.calls >= WINDOW_CALLS.max(ROUNDS * probe.limit) {
            self.end_probe(sample.now);
        }
    }

    /// Nothing may end while calls hang: so whoever is refused looks at the time too.
    pub(super) fn end_late_probe(&mut self, now: u64) {
        let Some(probe) = self.probe else { return };
        let may_take = PROBE_NANOS.max((PROBE_BASELINES * self.baseline) as u64).saturating_mul(1 << self.patience);
        // Nor does a clock that was set back make it longer. A little, one thread's time may be before another's.
        if now.abs_diff(probe.began) > may_take {
            self.probe_in = (FIRST_PROBE << self.patience).min(NEXT_PROBE);
            self.patience += 1;
            if self.patience > DOUBLINGS {
                (self.patience, self.baseline) = (0, 0.0);
            }
            self.resume(now);
        }
    }

    fn end_probe(&mut self, now: u64) {
        let mean = self.window.mean();
        let is_alike = (0.5..2.0).contains(&(mean / self.baseline));
        // So few calls are off by a fifth of themselves, where they vary as much as they are long.
        self.baseline = if is_alike { self.baseline.midpoint(mean) } else { mean };
        // What is far off may have been so because the limit was, and thus a quarter of it: so look again soon.
        self.probe_in = if is_alike { PROBE_EVERY } else { FIRST_PROBE };
        self.patience = 0;
        self.resume(now);
    }

    fn resume(&mut self, now: u64) {
        self.probe = None;
        self.is_settling = true;
        self.window = Window::starting(now);
    }

    fn turn(&mut self, now: u64) {
        let (mean, peak) = (self.window.mean(), self.window.peak);
        self.window = Window::starting(now);
        if std::mem::take(&mut self.is_settling) {
            return;
        }
        let limit = self.limit();
        if self.baseline == 0.0 {
            self.baseline = mean;
        } else if peak <= limit / LIGHT {
            self.baseline += LIGHT_STEP * (mean - self.baseline);
            self.probe_in = PROBE_EVERY;
        }
        // Where less than half is used, it is not this limit that limits, and nothing can be learnt about it.
        if peak < limit.div_ceil(2) {
            return;
        }
        let gradient = (TOLERANCE * self.baseline / mean).clamp(STEEPEST, 1.0);
        let target = self.limit * gradient + self.limit.sqrt();
        self.limit = (self.limit + STEP * (target - self.limit)).clamp(self.min.into(), self.max.into());
        self.probe_in -= 1;
        if self.probe_in == 0 {
            let limit = (self.limit as u32 / LIGHT).max(self.min);
            self.probe = Some(Probe { began: now, limit, is_light_since: None, calls: 0 });
        }
    }
}

impl Window {
    fn starting(now: u64) -> Self {
        Self { began: now, ..Self::default() }
    }

    fn add(&mut self, duration: f64, in_flight: u32) {
        self.calls += 1;
        self.sum += duration;
        self.peak = self.peak.max(in_flight);
    }

    fn is_over(&mut self, now: u64) -> bool {
        if now < self.began {
            // The clock was set back.
            self.began = now;
        }
        self.calls >= WINDOW_CALLS.max(ROUNDS.saturating_mul(self.peak)) && now - self.began >= WINDOW_NANOS
    }

    fn mean(&self) -> f64 {
        self.sum / f64::from(self.calls.max(1))
    }
}
