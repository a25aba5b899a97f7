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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
    views: OnceLock<Views>,
}

/// What windows come to.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Views {
    pub(super) windows: [WindowStats; 4],
    #[cfg_attr(feature = "serde", serde(rename = "latency_series"))]
    pub(super) latency: Series,
    #[cfg_attr(feature = "serde", serde(rename = "throughput_series"))]
    pub(super) throughput: Series,
}

impl Slices {
    pub(super) fn new(
        windows: Option<Arc<Windows>>,
        running: Option<Packed>,
        peak: (f64, u64),
        overview: &Overview,
    ) -> Self {
        let (finished, uptime) = (overview.finished, overview.uptime);
        Self { windows, running, peak, finished, uptime, views: OnceLock::new() }
    }

    #[cfg(feature = "serde")]
    pub(super) fn loaded(views: Views) -> Self {
        let (windows, running, peak, finished, uptime) = (None, None, (0.0, 0), 0, Duration::ZERO);
        Self { windows, running, peak, finished, uptime, views: views.into() }
    }

    pub(super) fn views(&self) -> &Views {
        self.views.get_or_init(|| {
            let stats = self.stats();
            let windows = stats.map(|stats| view(&stats));
            let trends = self.windows.as_ref().map_or((0.0, 0.0), |windows| aggregate::trends(windows, self.finished));
            let [second, .., all] = windows;
            let current = second.mean.as_secs_f64();
            Views {
                windows,
                latency: Series {
                    current,
                    average: all.mean.as_secs_f64(),
                    peak: (self.peak.0 / 1e9).max(current),
                    trend: trends.0,
                },
                throughput: Series {
                    current: second.rate,
                    average: all.rate,
                    peak: (self.peak.1 as f64).max(second.rate),
                    trend: trends.1,
                },
            }
        })
    }

    fn stats(&self) -> [aggregate::WindowStats; 4] {
        let mut scratch = Slice::new();
        match (&self.running, &self.windows) {
            (Some(running), _) => {
                scratch.add(running);
                [aggregate::WindowStats::of(&scratch, self.uptime.as_secs_f64()); 4]
            }
            (None, Some(windows)) => windows.read(self.finished, &mut scratch),
            (None, None) => [aggregate::WindowStats::default(); 4],
        }
    }

    pub(super) fn window(&self, window: Window) -> WindowStats {
        self.views().windows[window as usize]
    }
}

fn view(stats: &aggregate::WindowStats) -> WindowStats {
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
