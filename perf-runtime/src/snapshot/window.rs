use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::aggregate::{self, Overview, Packed, Slice, Windows};

/// One of the rolling windows.
///
/// Windows are made of whole seconds; the two longer ones reach back as far as it takes to cover
/// their length, a slice of ten or sixty seconds more at the most.
/// [`WindowStats::span`] says how much it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// The last full second.
    Second,
    /// The last ten seconds.
    TenSeconds,
    /// The last minute.
    Minute,
    /// The last five minutes.
    FiveMinutes,
}

/// What happened to one function in a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowStats {
    /// The time that the window covers.
    pub span: Duration,
    /// Calls, exact.
    pub calls: u64,
    /// Calls that ended with an error or a panic, exact.
    pub errors: u64,
    /// Calls a second.
    pub rate: f64,
    /// Timed calls, on which the durations rest.
    pub samples: u64,
    /// Mean duration.
    pub mean: Duration,
    /// Median, to 3 %, as the other percentiles.
    pub p50: Duration,
    /// 95th percentile.
    pub p95: Duration,
    /// 99th percentile.
    pub p99: Duration,
    /// 99.9th percentile.
    pub p999: Duration,
    /// The longest of the timed calls.
    pub max: Duration,
    /// Time in the function, all threads together, as a share of the window: 2 is two cores' worth.
    pub busy_share: f64,
}

/// How something moves: the last second, the last five minutes, the best ever, the direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Series {
    /// The last second's.
    pub current: f64,
    /// Over the last five minutes.
    pub average: f64,
    /// The highest of any second.
    pub peak: f64,
    /// From −1, falling, to 1, rising, over the last ten seconds: Kendall's rank correlation with
    /// time, in which changes under a tenth are none.
    pub trend: f64,
}

/// What windows are made of; they are worked out when asked for.
#[derive(Debug)]
pub(super) struct Slices {
    windows: Option<Arc<Windows>>,
    running: Option<Packed>,
    peak: (f64, u64),
    finished: u64,
    uptime: Duration,
    stats: OnceLock<[aggregate::WindowStats; 4]>,
}

impl Slices {
    pub(super) fn new(
        windows: Option<Arc<Windows>>,
        running: Option<Packed>,
        peak: (f64, u64),
        overview: &Overview,
    ) -> Self {
        Self { windows, running, peak, finished: overview.finished, uptime: overview.uptime, stats: OnceLock::new() }
    }

    fn stats(&self) -> &[aggregate::WindowStats; 4] {
        self.stats.get_or_init(|| {
            let mut scratch = Slice::new();
            match (&self.running, &self.windows) {
                (Some(running), _) => {
                    scratch.add(running);
                    [aggregate::WindowStats::of(&scratch, self.uptime.as_secs_f64()); 4]
                }
                (None, Some(windows)) => windows.read(self.finished, &mut scratch),
                (None, None) => [aggregate::WindowStats::default(); 4],
            }
        })
    }

    pub(super) fn window(&self, window: Window) -> WindowStats {
        let stats = &self.stats()[window as usize];
        let nanos = Duration::from_nanos;
        let per_second = |amount: f64| if stats.seconds > 0.0 { amount / stats.seconds } else { 0.0 };
        WindowStats {
            span: Duration::from_secs_f64(stats.seconds),
            calls: stats.sums.calls,
            errors: stats.sums.failed,
            rate: per_second(stats.sums.calls as f64),
            samples: stats.sums.samples,
            mean: nanos(stats.sums.mean() as u64),
            p50: nanos(stats.p50),
            p95: nanos(stats.p95),
            p99: nanos(stats.p99),
            p999: nanos(stats.p999),
            max: nanos(stats.sums.max),
            busy_share: per_second(stats.sums.busy_nanos() / 1e9),
        }
    }

    fn trends(&self) -> (f64, f64) {
        self.windows.as_ref().map_or((0.0, 0.0), |windows| aggregate::trends(windows, self.finished))
    }

    pub(super) fn latency(&self) -> Series {
        let [second, .., all] = self.stats();
        let seconds = |nanos: f64| nanos / 1e9;
        let current = second.sums.mean();
        Series {
            current: seconds(current),
            average: seconds(all.sums.mean()),
            peak: seconds(self.peak.0.max(current)),
            trend: self.trends().0,
        }
    }

    pub(super) fn throughput(&self) -> Series {
        let (second, all) = (self.window(Window::Second), self.window(Window::FiveMinutes));
        Series {
            current: second.rate,
            average: all.rate,
            peak: (self.peak.1 as f64).max(second.rate),
            trend: self.trends().1,
        }
    }
}
