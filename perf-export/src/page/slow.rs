//! Slow calls as JSON.

use perf_core::{SlowCall, Snapshot, Window};
use serde_json::{Value, json};

use super::number::{number, time};
use super::which::location;

/// Slow calls of all functions that a frame has.
const CALLS: usize = 30;

pub(super) fn slow_call(call: &SlowCall) -> Value {
    json!({
        "at": number(call.at().as_millis() as f64 / 1e3),
        "took": time(call.duration()),
        "outcome": call.outcome().to_string(),
        "thread": call.thread(),
        "parent": call.parent(),
        "span": call.span().map(|span| &*span.name),
        "trace": call.trace_id().map(|id| format!("{id:032x}")),
        "captured": call.captured(),
    })
}

/// Those that took longest in the longest window, whatever function they are of.
pub(super) fn slowest(snapshot: &Snapshot) -> Value {
    let mut calls = Vec::new();
    for function in snapshot.functions() {
        for call in function.slowest_in(Window::Longest) {
            calls.push((function, call));
        }
    }
    calls.sort_by_key(|(_, call)| std::cmp::Reverse(call.duration()));
    calls.truncate(CALLS);
    let json = calls.iter().map(|(function, call)| {
        let mut json = slow_call(call);
        json["name"] = json!(function.name());
        json["module"] = json!(function.module());
        json["location"] = json!(location(function));
        json
    });
    json.collect()
}
