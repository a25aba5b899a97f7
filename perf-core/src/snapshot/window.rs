use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::aggregate::{self, Overview, Packed, Slice, Windows};

/// One of the rolling windows, whose lengths are those of [`Config::windows`](crate::Config::windows).
///
/// They are made of whole slices of time as long as the shortest. The two longest reach back as far as it
/// takes to cover their length: further than that by less than the length of the window before.
/// [`WindowStats::span`] says how far it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// The last full second, unless configured otherwise.
    Shortest,
    /// The last ten seconds, unless configured otherwise.
    Short,
    /// The last minute, unless configured otherwise.
    Long,
    /// The last five minutes, unless configured otherwise.
    Longest,
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

/// One of the slices of time that [`Window::Longest`] is made of. Made by
/// [`FunctionStats::slices`](super::FunctionStats::slices).
#[derive(Clone, Debug, PartialEq)]
pub struct SliceStats {
    /// When it began, as time since windows did; it ended when [`span`](WindowStats::span) was over.
    pub begun: Duration,
    /// What happened in it.
    pub stats: WindowStats,
    /// How long calls took: the buckets that are not empty, the shortest first, and about how many calls are in each. At
    /// most 53, each as wide as 6 % of its durations, or wider where there would be more.
    pub buckets: Vec<(Range<Duration>, u64)>,
}

/// How something moves: in the shortest window, in the longest, at its highest, and which way.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Series {
    /// In [`Window::Shortest`].
    pub current: f64,
    /// In [`Window::Longest`].
    pub average: f64,
    /// The highest that [`Window::Shortest`] ever said, since windows have had their lengths.
    pub peak: f64,
    /// From −1, falling, to 1, rising: Kendall's rank correlation with time, over the slices of
    /// [`Window::Short`] that are as long as [`Window::Shortest`]. Changes of less than
    /// [`Config::trend_threshold`](crate::Config::trend_threshold) are none. 0 before there are three.
    pub trend: f64,
}

/// What windows are made of; they are worked out when asked for.
#[derive(Debug)]
pub(super) struct Slices {
    windows: Option<Arc<Windows>>,
    running: Option<Packed>,
    peak: (f64, f64),
    finished: u64,
    rolling: Duration,
    trend_threshold: f64,
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
        peak: (f64, f64),
        overview: &Overview,
    ) -> Self {
        let &Overview { finished, rolling, trend_threshold, .. } = overview;
        Self { windows, running, peak, finished, rolling, trend_threshold, views: OnceLock::new() }
    }

    #[cfg(feature = "serde")]
    pub(super) fn loaded(views: Views) -> Self {
        Self {
            windows: None,
            running: None,
            peak: (0.0, 0.0),
            finished: 0,
            rolling: Duration::ZERO,
            trend_threshold: 0.0,
            views: views.into(),
        }
    }

    pub(super) fn views(&self) -> &Views {
        self.views.get_or_init(|| {
            let [shortest, short, long, longest] = &self.stats();
            let windows = [view(shortest), view(short), view(long), view(longest)];
            let trends = self
                .windows
                .as_ref()
                .map_or((0.0, 0.0), |windows| aggregate::trends(windows, self.finished, self.trend_threshold));
            let [shortest, .., longest] = windows;
            let current = shortest.mean.as_secs_f64();
            Views {
                windows,
                latency: Series {
                    current,
                    average: longest.mean.as_secs_f64(),
                    peak: (self.peak.0 / 1e9).max(current),
                    trend: trends.0,
                },
                throughput: Series {
                    current: shortest.rate,
                    average: longest.rate,
                    peak: self.peak.1.max(shortest.rate),
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
                [aggregate::WindowStats::of(&scratch, self.rolling); 4]
            }
            (None, Some(windows)) => windows.read(self.finished, &mut scratch),
            (None, None) => [aggregate::WindowStats::default(); 4],
        }
    }

    /// See [`FunctionStats::slices`](super::FunctionStats::slices).
    pub(super) fn slices(&self) -> Vec<SliceStats> {
        let nanos = Duration::from_nanos;
        let (Some(windows), mut scratch) = (&self.windows, Slice::new()) else { return Vec::new() };
        let mut slices = Vec::new();
        for (when, packed) in windows.parts(self.finished) {
            scratch.clear();
            scratch.add(packed);
            let stats = view(&aggregate::WindowStats::of(&scratch, nanos(when.end - when.start)));
            let buckets = packed.ranges().map(|(range, weight)| (nanos(range.start)..nanos(range.end), weight));
            slices.push(SliceStats { begun: nanos(when.start), stats, buckets: buckets.collect() });
        }
        slices
    }

    pub(super) fn window(&self, window: Window) -> WindowStats {
        self.views().windows[window as usize]
    }
}

fn view(stats: &aggregate::WindowStats) -> WindowStats {
    let nanos = Duration::from_nanos;
    let seconds = stats.span.as_secs_f64();
    let per_second = |amount: f64| if seconds > 0.0 { amount / seconds } else { 0.0 };
    WindowStats {
        span: stats.span,
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
