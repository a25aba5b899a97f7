//! What is answered to what is asked.
//!
//! An answer that took long to make is given again for ten times as long: however often and by however many it is asked
//! for, making it takes a tenth of one core at most.

use std::sync::Arc;
use std::time::{Duration, Instant};

use perf_core::Snapshot;
use perf_core::health::Status;

use super::control::Controls;
use super::request::{Method, Request};
use super::response::Response;

/// For so many times as long as it took to make, an answer is given again.
const REUSED_FOR: u32 = 10;

/// So many answers are kept, each for that long.
const MOST_KEPT: usize = 16;

/// Makes answers.
#[derive(Default)]
pub(crate) struct Answers {
    pub(super) controls: Controls,
    snapshot: Option<(Arc<Snapshot>, Fresh)>,
    kept: Vec<(String, Response, Fresh)>,
}

/// How long something is as good as new.
#[derive(Clone, Copy)]
struct Fresh {
    until: Instant,
}

impl Fresh {
    fn since(begun: Instant) -> Self {
        let now = Instant::now();
        Self { until: now + (now - begun) * REUSED_FOR }
    }

    fn is_over(self) -> bool {
        Instant::now() >= self.until
    }
}

impl Answers {
    pub(crate) fn new(controls: Controls) -> Self {
        Self { controls, ..Self::default() }
    }

    /// Everything at this moment, or a moment ago.
    pub(crate) fn snapshot(&mut self) -> Arc<Snapshot> {
        if let Some((snapshot, _)) = self.snapshot.as_ref().filter(|(_, fresh)| !fresh.is_over()) {
            return snapshot.clone();
        }
        let begun = Instant::now();
        let snapshot = Arc::new(perf_core::snapshot());
        self.snapshot = Some((snapshot.clone(), Fresh::since(begun)));
        snapshot
    }

    pub(crate) fn answer(&mut self, request: &Request) -> Response {
        match (request.method, request.path.as_str()) {
            (Method::Post, path) => self.controls.answer(path, request),
            (Method::Other, _) => Response::text(405, "only GET and HEAD are answered").with("allow", "GET, HEAD"),
            (_, "/") => Response::text(200, INDEX),
            (_, "/snapshot.json") => self.made("snapshot.json", json),
            (_, "/tree") => self.tree(request),
            (_, "/health") => self.made("health", health),
            (_, "/events") => Response { is_stream: true, ..Response::new("text/event-stream", Vec::new()) },
            (_, path) if path.starts_with("/control/") => self.controls.answer(path, request),
            _ => Response::text(404, &format!("there is nothing of that name; there is\n{INDEX}")),
        }
    }

    fn tree(&mut self, request: &Request) -> Response {
        let text = "text/plain; charset=utf-8";
        match request.parameter("format").unwrap_or("text") {
            "text" => self.made("tree", |snapshot| Response::new(text, format!("{}\n", snapshot.tree()).into_bytes())),
            "folded" => self.made("folded", |snapshot| Response::new(text, snapshot.tree().folded().into_bytes())),
            other => unknown_format("tree", other, "text, folded"),
        }
    }

    /// What `make` makes of a snapshot, or made a moment ago. `key` tells it from all others.
    pub(crate) fn made(&mut self, key: &str, make: impl FnOnce(&Snapshot) -> Response) -> Response {
        self.kept.retain(|(_, _, fresh)| !fresh.is_over());
        if let Some((_, response, _)) = self.kept.iter().find(|(known, ..)| known == key) {
            return response.clone();
        }
        let begun = Instant::now();
        let response = make(&self.snapshot());
        if self.kept.len() == MOST_KEPT {
            self.kept.remove(0);
        }
        self.kept.push((key.to_owned(), response.clone(), Fresh::since(begun)));
        response
    }

    /// Everything at this moment, for who is sent more every so often.
    pub(crate) fn event(&mut self) -> Arc<[u8]> {
        let snapshot = self.snapshot();
        let json = serde_json::to_string(&*snapshot).unwrap_or_default();
        format!("event: snapshot\ndata: {json}\n\n").into_bytes().into()
    }

    /// Forgets what is not good any more.
    pub(crate) fn tidy(&mut self) {
        self.kept.retain(|(_, _, fresh)| !fresh.is_over());
        self.snapshot.take_if(|(_, fresh)| fresh.is_over());
    }
}

/// How often those that listen are sent something.
pub(crate) const EVENTS_EVERY: Duration = Duration::from_secs(1);

/// What there is.
const INDEX: &str = "/snapshot.json  everything at this moment
/events         the same once a second, as server-sent events
/tree           who calls whom; ?format=folded for flame graphs
/health         how well the program is, and why";

fn unknown_format(what: &str, given: &str, known: &str) -> Response {
    let given: String = given.chars().take(40).collect();
    Response::text(400, &format!("/{what} has no format \"{}\", but {known}", given.escape_default()))
}

fn json(value: &impl serde::Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(json) => Response::new("application/json", json),
        Err(error) => Response::text(500, &format!("this cannot be written as JSON: {error}")),
    }
}

/// 503 where the program is not well at all, so that whoever only looks at statuses knows.
fn health(snapshot: &Snapshot) -> Response {
    let health = snapshot.health();
    let status = if health.status == Status::Unhealthy { 503 } else { 200 };
    Response { status, ..json(&health) }
}
