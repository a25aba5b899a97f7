//! Which way a function's numbers go.

use super::windows::Windows;

/// How latency and throughput went in the slices of the second shortest window, from falling (−1) to
/// rising (1). Changes of less than `threshold`, a share of the larger value, are none.
pub(crate) fn trends(windows: &Windows, finished: u64, threshold: f64) -> (f64, f64) {
    let (mut means, mut calls) = (Vec::new(), Vec::new());
    for sums in windows.recent(finished) {
        if sums.weight > 0.0 {
            means.push(sums.mean());
        }
        calls.push(sums.calls as f64);
    }
    (kendall(&means, threshold), kendall(&calls, threshold))
}

/// Kendall's rank correlation with time (Kendall, "A New Measure of Rank Correlation", 1938): the
/// share of pairs that rise less that of pairs that fall.
fn kendall(series: &[f64], threshold: f64) -> f64 {
    let mut score = 0.0;
    for (at, &earlier) in series.iter().enumerate() {
        for &later in &series[at + 1..] {
            if (later - earlier).abs() > threshold * later.max(earlier) {
                score += (later - earlier).signum();
            }
        }
    }
    let pairs = (series.len() * series.len().saturating_sub(1) / 2) as f64;
    if pairs < 3.0 { 0.0 } else { score / pairs }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trends_go_from_falling_to_rising() {
        let of = |values: &[f64]| kendall(values, 0.1);
        assert!((of(&[1.0, 2.0, 3.0, 4.0]) - 1.0).abs() < 1e-9);
        assert!((of(&[4.0, 3.0, 2.0, 1.0]) + 1.0).abs() < 1e-9);
        assert!(of(&[100.0, 101.0, 99.0, 100.0]).abs() < 1e-9);
        assert!(of(&[1.0, 9.0]).abs() < 1e-9, "two values are no trend");
    }

    #[test]
    fn the_threshold_says_what_is_a_change() {
        let of = |threshold| kendall(&[100.0, 104.0, 109.0], threshold);
        assert!((of(0.0) - 1.0).abs() < 1e-9);
        assert!((of(0.06) - 1.0 / 3.0).abs() < 1e-9, "only from the first to the last");
        assert!(of(0.1).abs() < 1e-9);
    }
}
