//! What is answered to what is asked.
//!
//! An answer that took long to make is given again for ten times as long: however often and by however many it is asked
//! for, making it takes a tenth of one core at most. Each answer has its own tenth, and giving it takes what that takes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use perf_core::Snapshot;
use perf_core::health::Status;

use super::control::Controls;
use super::request::{Method, Request};
use super::response::Response;
use super::topic::Topic;
#[cfg(feature = "page")]
use crate::page;

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
    #[cfg(feature = "page")]
    frames: page::Frames,
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
            #[cfg(feature = "page")]
            (_, "/" | "/page") if request.accept.as_ref().is_some_and(|accept| accept.contains("text/html")) => {
                file("/", request)
            }
            #[cfg(feature = "page")]
            (_, path) if path.starts_with("/page/") => self.page(path, request),
            (_, "/") => Response::text(200, INDEX),
            (_, "/snapshot.json") => self.made("snapshot.json", json),
            (_, "/tree") => self.tree(request),
            (_, "/health") => self.made("health", health),
            #[cfg(feature = "prometheus")]
            (_, "/metrics") => self.metrics(request.accept.as_deref()),
            #[cfg(not(feature = "prometheus"))]
            (_, "/metrics") => missing("prometheus"),
            #[cfg(feature = "trace")]
            (_, "/trace") => self.trace(request),
            #[cfg(not(feature = "trace"))]
            (_, "/trace") => missing("trace"),
            (_, "/events") => stream(Topic::Snapshots, Vec::new()),
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

    /// The most recent traces, which are kept for a while because somebody asks.
    #[cfg(feature = "trace")]
    fn trace(&mut self, request: &Request) -> Response {
        use crate::trace::{Speedscope, chrome};

        perf_core::keep_traces_for(TRACES_FOR);
        match request.parameter("format").unwrap_or("chrome") {
            "json" => self.made("traces.json", |_| json(&perf_core::traces())),
            "chrome" => self.made("trace", |_| traced(chrome)),
            "speedscope" => self.made("speedscope", |snapshot| {
                traced(|traces| Speedscope::new("now").tree(snapshot.tree()).traces(traces).to_string())
            }),
            other => unknown_format("trace", other, "chrome, speedscope, json"),
        }
    }

    /// Metrics, in whatever format is wished.
    #[cfg(feature = "prometheus")]
    fn metrics(&mut self, accept: Option<&str>) -> Response {
        use crate::prometheus::{Format, render};

        let format = Format::negotiate(accept);
        let content_type = format.content_type();
        let render = |snapshot: &Snapshot| Response::new(content_type, render(snapshot, format)).with("vary", "accept");
        self.made(content_type, render)
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

    /// The page's files, and what it asks for.
    #[cfg(feature = "page")]
    fn page(&mut self, path: &str, request: &Request) -> Response {
        let json = |json: String| Response::new("application/json", json.into_bytes());
        match path {
            "/page/events" => stream(Topic::Frames, self.whole(Topic::Frames)),
            "/page/tree" => self.made("page/tree", |snapshot| json(page::tree(snapshot))),
            "/page/function" => {
                let name = request.parameter("name").unwrap_or_default();
                let which =
                    page::Which { name, module: request.parameter("module"), location: request.parameter("location") };
                self.made(&format!("page/function {which:?}"), |snapshot| match page::function(snapshot, &which) {
                    Ok(detail) => json(detail),
                    Err(page::Missing::Unknown) => Response::text(404, "no such function was called"),
                    Err(page::Missing::Ambiguous(places)) => Response::text(300, &ambiguous(&places)),
                })
            }
            path => file(path, request),
        }
    }

    /// What all are sent next who listen to this.
    pub(crate) fn event(&mut self, topic: Topic) -> Arc<[u8]> {
        let snapshot = self.snapshot();
        let event = match topic {
            Topic::Snapshots => {
                let json = serde_json::to_string(&*snapshot).unwrap_or_default();
                format!("event: snapshot\ndata: {json}\n\n")
            }
            #[cfg(feature = "page")]
            Topic::Frames => format!("data: {}\n\n", self.frames.next(&snapshot)),
        };
        event.into_bytes().into()
    }

    /// The same for one who was sent nothing yet, or not all.
    pub(crate) fn whole(&mut self, topic: Topic) -> Arc<[u8]> {
        match topic {
            Topic::Snapshots => self.event(topic),
            #[cfg(feature = "page")]
            Topic::Frames => {
                let snapshot = self.snapshot();
                format!("data: {}\n\n", self.frames.full(&snapshot)).into_bytes().into()
            }
        }
    }

    /// Forgets what is not good any more.
    pub(crate) fn tidy(&mut self) {
        self.kept.retain(|(_, _, fresh)| !fresh.is_over());
        self.snapshot.take_if(|(_, fresh)| fresh.is_over());
    }
}

/// How often those that listen are sent something.
pub(crate) const EVENTS_EVERY: Duration = Duration::from_secs(1);

/// How long traces are kept after somebody has asked for them.
#[cfg(feature = "trace")]
const TRACES_FOR: Duration = Duration::from_secs(60);

/// Places that are named where a name does not say which function is meant.
#[cfg(feature = "page")]
const MOST_PLACES: usize = 20;

/// A file of traces, or what to do where there are none yet.
#[cfg(feature = "trace")]
fn traced(file: impl FnOnce(&[perf_core::Trace]) -> String) -> Response {
    let traces = perf_core::traces();
    if traces.is_empty() {
        let text = "no call has been traced since somebody asked; for a minute from now on calls are: ask again";
        return Response::text(503, text).with("retry-after", "1");
    }
    Response::new("application/json", file(&traces).into_bytes())
}

#[cfg(not(all(feature = "prometheus", feature = "trace")))]
fn missing(feature: &str) -> Response {
    Response::text(404, &format!("this program was built without the feature `{feature}` of perf-export"))
}

/// What there is.
const INDEX: &str = "/snapshot.json  everything at this moment
/events         the same once a second, as server-sent events
/tree           who calls whom; ?format=folded for flame graphs
/metrics        all of it for Prometheus (feature `prometheus`)
/trace          recent calls with all below them, for Perfetto; ?format=speedscope, ?format=json (feature `trace`)
/health         how well the program is, and why";

fn stream(topic: Topic, first: impl Into<Arc<[u8]>>) -> Response {
    Response { stream: Some(topic), ..Response::new("text/event-stream", first) }
}

/// One of the page's files, unless whoever asks has it.
#[cfg(feature = "page")]
fn file(path: &str, request: &Request) -> Response {
    let Some(page::Asset { content_type, bytes, etag }) = page::asset(path) else {
        return Response::text(404, "the page has no such file");
    };
    let is_known = request.if_none_match.as_ref().is_some_and(|known| known.contains(&etag));
    let (status, bytes) = if is_known { (304, &[][..]) } else { (200, bytes) };
    let response = Response { status, ..Response::new(content_type, bytes) };
    response.with("cache-control", "no-cache").with("etag", etag).with("content-security-policy", page::CSP)
}

/// What to add to what was asked.
#[cfg(feature = "page")]
fn ambiguous(places: &[String]) -> String {
    let known = places[..places.len().min(MOST_PLACES)].join("\n");
    format!("{} functions have this name; add &module=… and &location=… of one of them\n{known}", places.len())
}

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
