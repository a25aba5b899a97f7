use std::collections::BTreeMap;

use perf_core::Snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

#[perf_runtime::profiled]
fn measured() {}

/// As a page does: rows by the functions' names.
#[derive(Default)]
struct Reader {
    names: BTreeMap<u64, String>,
    rows: BTreeMap<u64, Vec<Value>>,
    sections: BTreeMap<String, Value>,
    number: u64,
    at: f64,
}

impl Reader {
    fn read(&mut self, frame: &str) {
        let frame: Value = serde_json::from_str(frame).unwrap();
        let number = frame["n"].as_u64().unwrap();
        if frame.get("full").is_some() {
            *self = Self::default();
        } else {
            assert_eq!(number, self.number + 1, "none was missed");
        }
        (self.number, self.at) = (number, frame["at"].as_f64().unwrap());
        let list = |name: &str| frame.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        for new in list("new") {
            let id = new[0].as_u64().unwrap();
            self.names.insert(id, new[1].as_str().unwrap().to_owned());
            self.rows.entry(id).or_insert_with(|| vec![Value::Null; COLUMNS.len()]);
        }
        for id in list("gone") {
            self.names.remove(&id.as_u64().unwrap());
            self.rows.remove(&id.as_u64().unwrap());
        }
        for change in list("rows") {
            let (id, mask) = (change[0].as_u64().unwrap(), change[1].as_u64().unwrap());
            let mut values = change.as_array().unwrap()[2..].iter().cloned();
            let row = self.rows.get_mut(&id).expect("it was described");
            for column in (0..COLUMNS.len()).filter(|column| mask & 1 << column != 0) {
                row[column] = values.next().expect("as many as the mask says");
            }
            assert_eq!(values.next(), None, "and no more");
        }
        for section in SECTIONS {
            if let Some(value) = frame.get(section) {
                self.sections.insert(section.to_owned(), value.clone());
            }
        }
    }

    fn known(&self) -> (BTreeMap<String, Vec<Value>>, BTreeMap<String, Value>) {
        let row = |(id, name): (&u64, &String)| (name.clone(), self.rows[id].clone());
        (self.names.iter().map(row).collect(), self.sections.clone())
    }
}

/// A snapshot of functions that were called so often.
fn snapshot(uptime: u64, calls: &[(String, u64)]) -> Snapshot {
    measured();
    let mut json = serde_json::to_value(perf_core::snapshot()).unwrap();
    let functions = json["functions"].as_array().unwrap();
    let one = functions.iter().find(|function| function["name"].as_str().unwrap().ends_with("::measured")).unwrap();
    let made = calls.iter().map(|(name, calls)| {
        let mut function = one.clone();
        (function["name"], function["calls"]) = (json!(name), json!(calls));
        function
    });
    json["functions"] = made.collect();
    json["uptime"] = json!({ "secs": uptime, "nanos": 0 });
    for section in ["guards", "metrics", "queues", "locks"] {
        json[section] = json!([]);
    }
    serde_json::from_value(json).unwrap()
}

fn named(calls: &[u64]) -> Vec<(String, u64)> {
    // What was never called is in no snapshot.
    let all = calls.iter().enumerate().filter(|(_, calls)| **calls > 0);
    all.map(|(at, calls)| (format!("shop::function_{at}"), *calls)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whoever_connects_at_whatever_time_knows_what_there_is(
        history in prop::collection::vec((prop::collection::vec(0_u64..3, 6), any::<bool>(), any::<bool>()), 1..12)
    ) {
        let mut frames = Frames::new();
        let mut readers: Vec<Reader> = Vec::new();
        for (second, (calls, has_newcomer, is_reset)) in history.iter().enumerate() {
            let uptime = if *is_reset { 0 } else { second as u64 + 1 };
            let snapshot = snapshot(uptime, &named(calls));
            if *has_newcomer {
                let mut reader = Reader::default();
                reader.read(&frames.full(&snapshot));
                readers.push(reader);
            }
            let next = frames.next(&snapshot);
            let mut truth = Reader::default();
            truth.read(&Frames::new().full(&snapshot));
            for reader in &mut readers {
                reader.read(&next);
                prop_assert_eq!(reader.known(), truth.known());
                prop_assert!((reader.at - truth.at).abs() < f64::EPSILON);
            }
        }
    }
}

#[test]
fn where_nothing_has_changed_there_is_next_to_nothing_to_be_told() {
    let mut frames = Frames::new();
    let snapshot = snapshot(7, &named(&[1, 2, 3]));
    frames.full(&snapshot);
    assert_eq!(frames.next(&snapshot), r#"{"n":1,"at":7,"more":0,"rows":[]}"#);
}

#[test]
fn counters_that_begin_anew_are_told_in_full() {
    let mut frames = Frames::new();
    frames.full(&snapshot(7, &named(&[1])));
    let frame: Value = serde_json::from_str(&frames.next(&snapshot(1, &named(&[1])))).unwrap();
    assert_eq!(frame["full"]["instance"], json!(instance()));
    assert_eq!(frame["new"][0][1], "shop::function_0");
}

#[test]
fn functions_of_one_name_are_told_apart_by_their_places() {
    let twins = |calls: [u64; 3]| {
        let named = calls.map(|calls| ("shop::twin".to_owned(), calls));
        let mut json = serde_json::to_value(snapshot(calls[0], &named)).unwrap();
        for (function, line) in json["functions"].as_array_mut().unwrap().iter_mut().zip([7, 9, 9]) {
            function["line"] = json!(line);
        }
        serde_json::from_value::<Snapshot>(json).unwrap()
    };
    let mut frames = Frames::new();
    let full: Value = serde_json::from_str(&frames.full(&twins([1, 2, 3]))).unwrap();
    let lines: Vec<_> = full["new"].as_array().unwrap().iter().map(|new| &new[4]).collect();
    assert_eq!(lines, [7, 9]);
    assert_eq!(full["more"], 1, "of what nothing tells apart one is shown, and the others are counted");
    let next: Value = serde_json::from_str(&frames.next(&twins([2, 2, 4]))).unwrap();
    // The first bit is that of the calls.
    let is_counted = |row: &&Value| row[1].as_u64().unwrap() & 1 == 1;
    let counted: Vec<_> = next["rows"].as_array().unwrap().iter().filter(is_counted).collect();
    assert_eq!(counted.len(), 1, "{next}");
    assert_eq!((&counted[0][0], &counted[0][2]), (&full["new"][0][0], &json!(2)));
}

#[test]
fn a_thousand_functions_are_as_many_as_are_told_and_the_rest_is_counted() {
    let many = |calls: u64| -> Vec<_> {
        (0..1200).map(|at| (format!("shop::deeper::function_{at:04}"), 1_000_000 + calls * at)).collect()
    };
    let mut frames = Frames::new();
    let full = frames.full(&snapshot(1, &many(1)));
    let next = frames.next(&snapshot(2, &many(2)));
    let frame: Value = serde_json::from_str(&full).unwrap();
    assert_eq!((frame["new"].as_array().unwrap().len(), &frame["more"]), (FUNCTIONS, &json!(200)));
    assert_eq!(frames.known.len(), FUNCTIONS);
    assert!(full.len() < 300_000, "{} bytes", full.len());
    assert!(next.len() < 90_000, "{} bytes", next.len());
}
