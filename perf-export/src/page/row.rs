//! What the table says of one function, and what of that is new.

use std::fmt::Write;

use perf_core::{FunctionStats, Window, Workload};

use super::number::{micros, number, rounded};

/// What the numbers of a row are, in their order; the page finds them by these names.
pub(super) const COLUMNS: [&str; 16] = [
    "calls",
    "errors",
    "cancelled", // since the start
    "rate",
    "p50",
    "p99", // in the shortest window, for the lines
    "rate_short",
    "failing",
    "p50_short",
    "p99_short", // in the short one: steady enough to be read
    "busy",      // in the long one: what is sorted by has to stay where it is for a while
    "total",
    "own",
    "in_flight",
    "observed",
    "burning",
];

/// NaN is none.
pub(super) type Row = [f64; COLUMNS.len()];

pub(super) fn row(function: &FunctionStats) -> Row {
    let [now, short, long] = [Window::Shortest, Window::Short, Window::Long].map(|window| function.window(window));
    let failing = if short.calls == 0 { 0.0 } else { short.errors as f64 / short.calls as f64 };
    // Where nothing was timed there is no duration, which is not the same as none at all.
    let timed = |samples: u64, duration| if samples == 0 { f64::NAN } else { micros(duration) };
    [
        function.calls() as f64,
        (function.errors() + function.panics()) as f64,
        function.cancelled() as f64,
        rounded(now.rate),
        timed(now.samples, now.p50),
        timed(now.samples, now.p99),
        rounded(short.rate),
        rounded(failing),
        timed(short.samples, short.p50),
        timed(short.samples, short.p99),
        rounded(long.busy_share),
        micros(function.total()),
        function.own().map_or(f64::NAN, micros),
        function.in_flight().map_or(f64::NAN, |in_flight| in_flight.now as f64),
        function.observed().map_or(f64::NAN, class),
        function.objective().map_or(f64::NAN, |objective| f64::from(u8::from(objective.is_burning()))),
    ]
}

/// `[id,mask,…]`: the numbers that are not what they were, which bits of the mask say. Nothing where there are none.
pub(super) fn write_changes(json: &mut String, id: u32, before: Option<&Row>, now: &Row) {
    let is_new = |at: usize| before.is_none_or(|before| before[at].to_bits() != now[at].to_bits());
    let mask = (0..now.len()).filter(|&at| is_new(at)).fold(0_u32, |mask, at| mask | 1 << at);
    if mask == 0 {
        return;
    }
    let comma = if json.ends_with('[') { "" } else { "," };
    let _ = write!(json, "{comma}[{id},{mask}");
    for at in (0..now.len()).filter(|at| mask & 1 << at != 0) {
        let _ = write!(json, ",{}", number(now[at]));
    }
    json.push(']');
}

/// A class by its place, the quickest first.
pub(super) fn class(workload: Workload) -> f64 {
    f64::from(workload as u8)
}
