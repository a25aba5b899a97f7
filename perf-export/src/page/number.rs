//! Numbers as short as they may be.

use std::time::Duration;

use serde_json::{Value, json};

/// Four digits: more than the measurements are good for, and a few bytes each.
pub(super) fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    // Powers of ten are exact only where they are whole, so it is divided by those.
    let digits = 3 - value.abs().log10().floor() as i32;
    let scale = 10_f64.powi(digits.abs().min(300));
    if digits >= 0 { (value * scale).round() / scale } else { (value / scale).round() * scale }
}

/// Microseconds.
pub(super) fn micros(duration: Duration) -> f64 {
    rounded(duration.as_nanos() as f64 / 1e3)
}

/// What is whole is written without a point; what is no number is nothing.
pub(super) fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 { json!(value as i64) } else { json!(value) }
}

/// Microseconds, as JSON.
pub(super) fn time(duration: Duration) -> Value {
    number(micros(duration))
}

/// Four digits, as JSON.
pub(super) fn about(value: f64) -> Value {
    number(rounded(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_four_digits() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (12_345.678, "12350"),
            (0.001_234_56, "0.001235"),
            (9.999_96, "10"),
            (-2.345_67, "-2.346"),
            (1.234_56e15, "1235000000000000"),
            (f64::NAN, "null"),
        ] {
            assert_eq!(about(value).to_string(), text);
        }
        assert_eq!(time(Duration::from_nanos(1_234_567)).to_string(), "1235");
        assert_eq!(time(Duration::from_nanos(7)).to_string(), "0.007");
    }
}
