//! How long the rolling windows may be.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The shortest window: from what the background thread can tell apart, to what is soon enough to show.
const SHORTEST: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(60);

/// How many times the second window is as long as the first, at least: it takes three slices to see a
/// trend. The others: less would be the same window again.
const LEAST: [u128; 3] = [3, 2, 2];

/// So many slices of time a function has room for in its 49 KiB, one for each multiple.
const MOST_SLICES: u128 = 32;

pub(super) fn check(lengths: &[Duration; 4]) -> Result<(), String> {
    if !SHORTEST.contains(&lengths[0]) {
        return Err(format!("`windows` begins with {:?}, and must begin with 100ms to 1min", lengths[0]));
    }
    let mut slices = 0;
    for (pair, least) in lengths.windows(2).zip(LEAST) {
        let (before, length) = (pair[0].as_nanos(), pair[1].as_nanos());
        if length / before < least || !length.is_multiple_of(before) {
            return Err(format!(
                "`windows` has {:?} after {:?}, and must have a whole multiple of it there, at least {least} times as long",
                pair[1], pair[0]
            ));
        }
        slices += length / before;
    }
    if slices > MOST_SLICES {
        return Err(format!(
            "`windows` has lengths whose multiples of the one before add up to {slices}, and must have such that add up to at most {MOST_SLICES}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(seconds: [f64; 4]) -> String {
        check(&seconds.map(Duration::from_secs_f64)).unwrap_err()
    }

    #[test]
    fn windows_are_whole_multiples_of_each_other_and_no_more_than_there_is_room_for() {
        for fits in
            [[1.0, 10.0, 60.0, 300.0], [0.1, 0.3, 0.6, 1.2], [60.0, 300.0, 3600.0, 54_000.0], [1.5, 4.5, 9.0, 180.0]]
        {
            assert_eq!(check(&fits.map(Duration::from_secs_f64)), Ok(()), "{fits:?}");
        }
        assert_eq!(error([0.05, 1.0, 2.0, 4.0]), "`windows` begins with 50ms, and must begin with 100ms to 1min");
        assert_eq!(
            error([61.0, 610.0, 1220.0, 2440.0]),
            "`windows` begins with 61s, and must begin with 100ms to 1min"
        );
        assert_eq!(
            error([1.0, 2.0, 10.0, 60.0]),
            "`windows` has 2s after 1s, and must have a whole multiple of it there, at least 3 times as long"
        );
        assert_eq!(
            error([1.0, 10.0, 15.0, 60.0]),
            "`windows` has 15s after 10s, and must have a whole multiple of it there, at least 2 times as long"
        );
        assert!(error([1.0, 10.0, 60.0, 30.0]).starts_with("`windows` has 30s after 60s, "));
        assert_eq!(
            error([1.0, 10.0, 60.0, 1020.0]),
            "`windows` has lengths whose multiples of the one before add up to 33, and must have such that add up to at most 32"
        );
    }
}
