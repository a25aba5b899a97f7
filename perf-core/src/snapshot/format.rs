//! Numbers as people read them: three digits and a unit that fits.

use std::time::Duration;

/// `1.23 µs`.
#[must_use]
pub fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos() as f64;
    let (unit, name) = match nanos {
        0.0 => return "<1 ns".to_owned(),
        n if n < 999.5 => return format!("{n:.0} ns"),
        n if n < 999.5e3 => (1e3, "µs"),
        n if n < 999.5e6 => (1e6, "ms"),
        n if n < 99.95e9 => (1e9, "s"),
        n if n < 5999.5e9 => (60e9, "min"),
        _ => (3600e9, "h"),
    };
    digits(nanos / unit, " ", name)
}

/// `12.3k`.
#[must_use]
pub fn count(count: u64) -> String {
    let (unit, name) = match count as f64 {
        n if n < 99_999.5 => return count.to_string(),
        n if n < 999.5e3 => (1e3, "k"),
        n if n < 999.5e6 => (1e6, "M"),
        n if n < 999.5e9 => (1e9, "G"),
        _ => (1e12, "T"),
    };
    digits(count as f64 / unit, "", name)
}

/// `2.5`, and `12.3k` where it is large.
#[must_use]
pub fn average(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        v if v < 0.01 => "<0.01".to_owned(),
        v if v < 999.5 && v.fract() != 0.0 => digits(v, "", ""),
        v => count(v as u64),
    }
}

/// `12.3 kB`.
#[must_use]
pub fn bytes(bytes: f64) -> String {
    let (unit, name) = match bytes {
        0.0 => return "0 B".to_owned(),
        n if n < 1.0 => return "<1 B".to_owned(),
        n if n < 999.5 => return format!("{n:.0} B"),
        n if n < 999.5e3 => (1e3, "kB"),
        n if n < 999.5e6 => (1e6, "MB"),
        n if n < 999.5e9 => (1e9, "GB"),
        _ => (1e12, "TB"),
    };
    digits(bytes / unit, " ", name)
}

/// `0.43 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let places = if percent < 0.01 { 3 } else { 2 };
    format!("{percent:.places$} %")
}

fn digits(value: f64, space: &str, unit: &str) -> String {
    let places = match value {
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.places$}{space}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_and_a_unit_that_fits() {
        for (nanos, text) in [
            (0, "<1 ns"),
            (7, "7 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (12_345, "12.3 µs"),
            (999_400, "999 µs"),
            (999_600, "1.00 ms"),
            (1_500_000_000, "1.50 s"),
            (120_000_000_000, "2.00 min"),
            (7_200_000_000_000, "2.00 h"),
        ] {
            assert_eq!(duration(Duration::from_nanos(nanos)), text);
        }
    }

    #[test]
    fn bytes_have_three_digits_and_a_unit_that_fits() {
        for (number, text) in [
            (0.0, "0 B"),
            (0.4, "<1 B"),
            (999.0, "999 B"),
            (1_000.0, "1.00 kB"),
            (12_345.0, "12.3 kB"),
            (999_600.0, "1.00 MB"),
            (4e9, "4.00 GB"),
        ] {
            assert_eq!(bytes(number), text);
        }
    }

    #[test]
    fn averages_are_whole_where_they_are() {
        for (number, text) in
            [(0.0, "0"), (0.004, "<0.01"), (0.25, "0.25"), (1.0, "1"), (12.34, "12.3"), (3_000.4, "3000")]
        {
            assert_eq!(average(number), text);
        }
    }

    #[test]
    fn counts_stay_short() {
        for (number, text) in
            [(0, "0"), (99_999, "99999"), (123_456, "123k"), (12_345_678, "12.3M"), (4_000_000_000, "4.00G")]
        {
            assert_eq!(count(number), text);
        }
    }
}
