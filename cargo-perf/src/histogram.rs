//! How long calls took, as few enough bars to be looked at.

use std::time::Duration;

use perf_core::Latency;

/// Bars that are at most made of a histogram.
const MOST: u32 = 20;

pub(crate) struct Bar {
    /// The longest duration that it holds.
    pub(crate) up_to: Duration,
    /// Calls, as far as samples tell.
    pub(crate) calls: u64,
    /// As a share of the highest bar.
    pub(crate) of_highest: f64,
}

/// A bar for each doubling from the shortest to the longest, or for every two or more of them where they would be too many.
pub(crate) fn bars(latency: &Latency) -> Vec<Bar> {
    of(&latency.buckets().map(|bucket| (bucket.high, bucket.count)).collect::<Vec<_>>())
}

fn of(buckets: &[(Duration, u64)]) -> Vec<Bar> {
    // Durations up to 2^n, and more than 2^(n-1), nanoseconds.
    let octave = |duration: Duration| (duration.as_nanos() as u64).max(1).next_power_of_two().trailing_zeros();
    let (Some((shortest, _)), Some((longest, _))) = (buckets.first(), buckets.last()) else { return Vec::new() };
    let (first, last) = (octave(*shortest), octave(*longest));
    let step = (last - first) / MOST + 1;
    let mut calls = vec![0; ((last - first) / step + 1) as usize];
    for (duration, number) in buckets {
        calls[((octave(*duration) - first) / step) as usize] += number;
    }
    let highest = calls.iter().copied().max().unwrap_or(0).max(1);
    let bar = |(at, calls): (u32, u64)| {
        let octave = first + at * step + step - 1;
        let up_to = Duration::from_nanos(1_u64.checked_shl(octave).unwrap_or(u64::MAX));
        Bar { up_to, calls, of_highest: calls as f64 / highest as f64 }
    };
    (0..).zip(calls).map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(buckets: &[(u64, u64)]) -> Vec<(u64, u64)> {
        let buckets: Vec<_> = buckets.iter().map(|(nanos, calls)| (Duration::from_nanos(*nanos), *calls)).collect();
        of(&buckets).iter().map(|bar| (bar.up_to.as_nanos() as u64, bar.calls)).collect()
    }

    #[test]
    fn a_bar_is_a_doubling_and_gaps_are_bars_too() {
        assert_eq!(told(&[(100, 3), (128, 1), (129, 7), (1000, 2)]), [(128, 4), (256, 7), (512, 0), (1024, 2)]);
        assert_eq!(told(&[]), []);
    }

    #[test]
    fn bars_stay_few_however_far_durations_lie_apart() {
        let bars = told(&[(1, 5), (u64::MAX / 2, 6)]);
        assert!(bars.len() <= MOST as usize + 1, "{bars:?}");
        assert_eq!(bars.iter().map(|(_, calls)| calls).sum::<u64>(), 11);
        assert!(bars.last().unwrap().0 >= u64::MAX / 2);
    }
}
