//! What is parsed.

use std::fmt::Write as _;

/// Texts that are no JSON, each in its own way.
pub(crate) const BROKEN: [&str; 12] = [
    "",
    "[1, 2",
    "[1 2]",
    "{\"a\" 1}",
    "{\"a\": tru}",
    "\"\\x\"",
    "\"\\ud800\"",
    "\"open",
    "-",
    "1.e5",
    "[nul]",
    "[] []",
];

/// About a megabyte of what services send each other: records of short strings, numbers, flags and
/// lists, a few escapes.
pub(crate) fn megabyte() -> String {
    let mut text = String::from("[");
    let mut random = 1_u64;
    while text.len() < 1_000_000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if text.len() > 1 {
            text.push(',');
        }
        record(&mut text, random >> 33);
    }
    text.push(']');
    text
}

fn record(text: &mut String, random: u64) {
    let (price, lists) = (random as f64 / 1024.0, random % 7);
    _ = write!(
        text,
        "\n  {{\"id\": {random}, \"name\": \"item {:x}\", \"price\": {price:?}, \"stock\": -{}, \"open\": {}, \"parent\": null, \"note\": \"a \\\"quoted\\\" word\\n\\u00e9\", \"tags\": [",
        random * 31,
        random % 1000,
        random.is_multiple_of(2),
    );
    for index in 0..lists {
        _ = write!(text, "{}{}", if index > 0 { ", " } else { "" }, random.rotate_left(index as u32 * 8) % 100_000);
    }
    text.push_str("]}");
}
