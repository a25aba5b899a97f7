//! Requests as `OpenTelemetry`'s own messages for Python read them.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use serde_json::Value;

use super::receiver::Request;

/// All data points of requests.
pub(super) fn points(requests: &[Request]) -> Vec<Value> {
    let points = decoded("metrics", requests);
    let mut series: Vec<String> = points
        .iter()
        .map(|point| format!("{}{}{}{}", point["time"], point["kind"], point["name"], point["attributes"]))
        .collect();
    series.sort();
    let all = series.len();
    series.dedup();
    assert_eq!(series.len(), all, "no two points are of the same series and time");
    points
}

/// All spans of requests.
pub(super) fn spans(requests: &[Request]) -> Vec<Value> {
    decoded("spans", requests)
}

/// The one point of this name whose attributes include these.
pub(super) fn find<'a>(points: &'a [Value], name: &str, attributes: &[(&str, &str)]) -> &'a Value {
    let has = |point: &Value| attributes.iter().all(|(key, value)| point["attributes"][key] == *value);
    let mut found = points.iter().filter(|point| point["name"] == name && has(point));
    let one = found.next().unwrap_or_else(|| panic!("no {name} with {attributes:?} in {points:#?}"));
    assert!(found.next().is_none(), "several {name} with {attributes:?}");
    one
}

fn decoded(kind: &str, requests: &[Request]) -> Vec<Value> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Relaxed);
    let folder = outside::folder().join(format!("otlp-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut command = Command::new(outside::python(&["opentelemetry-proto"]));
    command.arg("-c").arg(include_str!("decode.py")).arg(kind);
    for (at, request) in requests.iter().enumerate() {
        assert_eq!(request.header("content-type"), Some("application/x-protobuf"));
        let path = folder.join(at.to_string());
        std::fs::write(&path, &request.body).unwrap();
        command.arg(path);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::remove_dir_all(folder).unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}
