//! What is streamed.

use std::collections::HashMap;
use std::fmt::Write;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;
use std::time::Duration;

use perf_core::{FunctionStats, SliceStats, Snapshot};
use serde_json::{Value, json};

use super::number::{about, number, time};
use super::row::{COLUMNS, Row, class, row, write_changes};
use super::sections::{GUARDS, SECTIONS, sections};
use super::watched::Watched;
use super::which::Key;

/// Functions that the page shows: those that took longest. Of the others it says how many there are.
pub const FUNCTIONS: usize = 1000;

/// Functions whose past a full frame tells, and how far back.
const WITH_PAST: usize = 200;
const PAST: Duration = Duration::from_secs(60);

/// Turns successive snapshots into what the page is told: everything at first, and then what has changed.
///
/// A frame is one line of JSON, the data of one server-sent event. One `Frames` serves everybody who is connected: whoever
/// comes new gets [`full`](Self::full), and then what all others get from [`next`](Self::next).
///
/// Frames have numbers, one after the other, so that who has missed one knows; a full one has that of the last before it.
///
/// Of a function that was called since, some 90 bytes are in a frame, and none of one that rests; in a full one some 200
/// and its name, and of the first 200 functions some 400 of their last minute. So a frame of 1,000 functions that are all busy has about 90 kB, and a full one 400 kB; beyond
/// [that many](FUNCTIONS) it does not grow. It keeps some 300 bytes for each function, and 600 for each guard: what that did
/// in the last minute, as far as frames were made.
#[derive(Debug, Default)]
pub struct Frames {
    known: HashMap<Key, Known>,
    next_id: u32,
    /// Frames that were made for everybody.
    number: u64,
    sections: [Option<String>; SECTIONS.len()],
    uptime: Option<Duration>,
    watched: Watched,
}

#[derive(Debug)]
struct Known {
    id: u32,
    /// None if it has to be told again, whatever it is.
    row: Option<Row>,
    is_shown: bool,
}

impl Frames {
    /// Nobody has been told anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything, for whoever connects. What it says that nobody else has been told is in the next frame too.
    pub fn full(&mut self, snapshot: &Snapshot) -> String {
        let mut fresh = Self { next_id: self.next_id, number: self.number, ..Self::default() };
        for (key, known) in &self.known {
            fresh.known.insert(key.clone(), Known { id: known.id, row: None, is_shown: false });
        }
        fresh.watched = std::mem::take(&mut self.watched);
        let frame = fresh.write(snapshot, true);
        if self.uptime.is_none() {
            // There is nobody else.
            *self = fresh;
            return frame;
        }
        (self.next_id, self.watched) = (fresh.next_id, fresh.watched);
        for (key, new) in fresh.known {
            let entry = self.known.entry(key).or_insert(Known { id: new.id, row: None, is_shown: true });
            let is_told = entry.row.zip(new.row).is_some_and(|(old, new)| same(&old, &new));
            entry.row = entry.row.filter(|_| is_told);
        }
        for (old, new) in self.sections.iter_mut().zip(fresh.sections) {
            *old = old.take().filter(|old| Some(old) == new.as_ref());
        }
        frame
    }

    /// What is not as it was in the last frame. A full frame where there was none, and where counters began anew
    /// ([`reset`](perf_core::reset)).
    pub fn next(&mut self, snapshot: &Snapshot) -> String {
        self.number += 1;
        let is_new = self.uptime.is_none_or(|before| snapshot.uptime() < before);
        if is_new {
            *self = Self { next_id: self.next_id, number: self.number, ..Self::default() };
        }
        self.write(snapshot, is_new)
    }

    fn write(&mut self, snapshot: &Snapshot, is_full: bool) -> String {
        self.uptime = Some(snapshot.uptime());
        let guards = &snapshot.guards()[..snapshot.guards().len().min(GUARDS)];
        self.watched.look(snapshot.uptime(), guards);
        let mut json = format!(r#"{{"n":{},"at":{}"#, self.number, snapshot.uptime().as_millis() as f64 / 1e3);
        if is_full {
            let _ = write!(json, r#","full":{}"#, program(snapshot));
        }
        self.write_functions(&mut json, snapshot.functions());
        if is_full {
            let _ = write!(json, r#","past":{}"#, self.past(snapshot.functions()));
            let _ = write!(json, r#","watched":{}"#, self.watched.told(guards));
        }
        for (at, (name, section)) in SECTIONS.iter().zip(sections(snapshot)).enumerate() {
            let section = section.to_string();
            if self.sections[at].as_ref() != Some(&section) {
                let _ = write!(json, r#","{name}":{section}"#);
                self.sections[at] = Some(section);
            }
        }
        json.push('}');
        json
    }

    /// Of those that took longest: `[id, [[span, rate, p50, p99], …]]`, spans in seconds.
    fn past(&self, functions: &[FunctionStats]) -> Value {
        let id = |function| self.known.get(&Key::of(function)).map(|known| known.id);
        functions.iter().take(WITH_PAST).map(|function| json!([id(function), past(function)])).collect()
    }

    fn write_functions(&mut self, json: &mut String, functions: &[FunctionStats]) {
        let (mut new, mut rows) = (Vec::new(), String::from("["));
        for known in self.known.values_mut() {
            known.is_shown = false;
        }
        let mut shown = 0;
        for function in functions {
            if shown == FUNCTIONS {
                break;
            }
            let known = self.known.entry(Key::of(function)).or_insert_with(|| {
                self.next_id += 1;
                Known { id: self.next_id, row: None, is_shown: false }
            });
            if known.is_shown {
                // Nothing tells it from one that took longer: one of them is shown.
                continue;
            }
            shown += 1;
            let now = row(function);
            if known.row.is_none() {
                new.push(describe(known.id, function));
            }
            write_changes(&mut rows, known.id, known.row.as_ref(), &now);
            (known.row, known.is_shown) = (Some(now), true);
        }
        let mut gone = Vec::new();
        self.known.retain(|_, known| {
            if !known.is_shown {
                gone.push(known.id);
            }
            known.is_shown
        });
        let more = functions.len() - shown;
        let _ = write!(json, r#","more":{more},"rows":{rows}]"#);
        for (name, list) in [("new", json!(new)), ("gone", json!(gone))] {
            if list.as_array().is_some_and(|list| !list.is_empty()) {
                let _ = write!(json, r#","{name}":{list}"#);
            }
        }
    }
}

/// What happened before somebody came, so that lines need not begin at nothing.
fn past(function: &FunctionStats) -> Value {
    let slices = function.slices();
    let all: Duration = slices.iter().map(|slice| slice.stats.span).sum();
    let mut left = all;
    let told = slices.iter().filter(|slice| {
        let is_recent = left <= PAST;
        left -= slice.stats.span;
        is_recent
    });
    let slice = |slice: &SliceStats| {
        let stats = &slice.stats;
        let timed = |duration| (stats.samples > 0).then(|| time(duration));
        json!([about(stats.span.as_secs_f64()), about(stats.rate), timed(stats.p50), timed(stats.p99)])
    };
    told.map(slice).collect()
}

fn same(a: &Row, b: &Row) -> bool {
    a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

/// What never changes.
fn describe(id: u32, function: &FunctionStats) -> Value {
    let (file, line) = function.location();
    json!([
        id,
        function.name(),
        function.module(),
        file,
        line,
        function.declared().map(|declared| number(class(declared)))
    ])
}

/// What is the same for as long as the program runs.
fn program(snapshot: &Snapshot) -> Value {
    let path = std::env::args_os().next().map(std::path::PathBuf::from).unwrap_or_default();
    json!({
        "instance": instance(),
        "program": path.file_name().map(|name| name.to_string_lossy().into_owned()),
        "process": std::process::id(),
        "clock": snapshot.clock(),
        "columns": COLUMNS,
    })
}

/// Tells one run of a program from the next, which may well have the same id.
fn instance() -> String {
    static DRAWN: OnceLock<u64> = OnceLock::new();
    let drawn = DRAWN.get_or_init(|| RandomState::new().build_hasher().finish());
    format!("{drawn:016x}-{}", std::process::id())
}

#[cfg(test)]
mod tests;
