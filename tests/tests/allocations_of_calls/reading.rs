//! What a snapshot says.

use super::*;

#[profiled(alloc)]
fn is_read(n: usize) -> Vec<u64> {
    vec![1; n]
}

#[test]
fn between_two_snapshots_is_what_happened_between_them() {
    is_read(1_000);
    let before = snapshot();
    assert_eq!(is_read(10).len(), 10);
    let after = snapshot();
    let known = *after.since(&before).function("is_read").unwrap().allocations().unwrap();
    assert_eq!((known.calls(), known.count(), known.bytes(), known.own_bytes()), (1, 1, 80, 80));
    assert_eq!(known.peak_live_bytes(), 8_000, "of all calls so far");
}

#[profiled(alloc)]
fn is_printed() -> [Vec<u8>; 2] {
    [vec![1; 1_000], vec![1; 200]]
}

#[test]
fn a_printed_snapshot_has_a_table_of_them() {
    is_printed();
    let text = format!("{:100}", snapshot());
    let head = text.lines().find(|line| line.starts_with("per call")).unwrap();
    assert_eq!(
        head.split_whitespace().collect::<Vec<_>>().join(" "),
        "per call allocations own bytes own bytes peak live calls"
    );
    let of_it = text.lines().filter(|line| line.contains("is_printed")).nth(1).unwrap();
    let cells: Vec<_> = of_it.split_whitespace().skip(1).collect();
    assert_eq!(cells.join(" "), "2 2 1.20 kB 1.20 kB 1.20 kB 1");
    assert!(!text.contains("not known"), "{text}");
}

#[profiled(alloc)]
fn is_sent() -> Vec<u8> {
    vec![1; 10]
}

#[test]
fn they_survive_json_which_may_also_be_without_them() {
    is_sent();
    let text = serde_json::to_string(&snapshot()).unwrap();
    let loaded: Snapshot = serde_json::from_str(&text).unwrap();
    let known = loaded.function("is_sent").unwrap().allocations().unwrap();
    assert_eq!((known, known.bytes()), (&allocations("is_sent"), 10));
    let mut old: serde_json::Value = serde_json::from_str(&text).unwrap();
    for function in old["functions"].as_array_mut().unwrap() {
        let function = function.as_object_mut().unwrap();
        assert!(function.remove("allocations").is_some() && function.remove("is_missing_allocator").is_some());
    }
    let old: Snapshot = serde_json::from_value(old).unwrap();
    assert!(old.function("is_sent").unwrap().allocations().is_none());
}
