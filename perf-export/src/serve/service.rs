//! The endpoint as a service of tower, for those who have a server already: axum's, hyper's, tonic's.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::header;
use http_body::Frame;
use perf_core::Exporting;
use tower_service::Service;

use super::MOST_STREAMS;
use super::access::Access;
use super::answers::{Answers, EVENTS_EVERY};
use super::request::{Method, Request, target};
use super::response::Response;
use super::topic::Topic;

/// Answers requests as [`serve`](super::serve()) does, within the server that the program already has. Made by
/// [`Builder::service`](super::Builder::service).
///
/// An answer is made where the request is polled, which takes a millisecond or two where there are a thousand functions.
/// While somebody listens to events, a thread makes them.
#[derive(Clone)]
pub struct Endpoint {
    shared: Arc<Shared>,
}

struct Shared {
    access: Access,
    state: Mutex<State>,
}

/// Answers, and who listens.
struct State {
    answers: Answers,
    /// The last event of what somebody listens to, and how many there were.
    events: Vec<(Topic, Bytes)>,
    number: u64,
    /// Those who listen, by a number of their own, with what wakes those who wait.
    listeners: BTreeMap<u64, (Topic, Option<Waker>)>,
    next: u64,
    is_ticking: bool,
}

impl Endpoint {
    pub(super) fn new(access: Access, answers: Answers) -> Self {
        let listeners = BTreeMap::new();
        let state = State { answers, events: Vec::new(), number: 0, listeners, next: 0, is_ticking: false };
        Self { shared: Arc::new(Shared { access, state: Mutex::new(state) }) }
    }

    fn answer(&self, request: &Request) -> http::Response<Body> {
        let _exporting = Exporting::begin();
        if let Some(refusal) = self.shared.access.refuse(request) {
            return sent(&refusal, Body::of(&refusal));
        }
        let response = self.shared.lock().answers.answer(request);
        let Some(topic) = response.stream.filter(|_| request.method == Method::Get) else {
            let is_empty = request.method == Method::Head || response.stream.is_some();
            let body = if is_empty { Body(Inner::Whole(Bytes::new())) } else { Body::of(&response) };
            return sent(&response, body);
        };
        let Some(listener) = self.shared.listen(topic, &response.body) else {
            let refusal = Response::text(503, "too many listen already");
            return sent(&refusal, Body::of(&refusal));
        };
        sent(&response, Body(Inner::Events(listener)))
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").finish_non_exhaustive()
    }
}

impl State {
    /// The last event, or more than that for one who has missed some.
    fn event_for(&mut self, topic: Topic, has_missed: bool) -> Bytes {
        match self.events.iter().find(|(of, _)| *of == topic) {
            Some((_, event)) if !has_missed => event.clone(),
            _ => Bytes::copy_from_slice(&self.answers.whole(topic)),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more who listens, unless there are too many.
    fn listen(self: &Arc<Self>, topic: Topic, first: &[u8]) -> Option<Listener> {
        let mut state = self.lock();
        if state.listeners.len() >= MOST_STREAMS {
            return None;
        }
        let number = state.next;
        state.next += 1;
        state.listeners.insert(number, (topic, None));
        let seen = state.number;
        if !state.is_ticking {
            let shared = Arc::clone(self);
            let ticking = std::thread::Builder::new().name("perf-export".to_owned()).spawn(move || shared.tick());
            state.is_ticking = ticking.is_ok();
        }
        drop(state);
        Some(Listener { shared: Arc::clone(self), number, topic, first: Bytes::copy_from_slice(first), seen })
    }

    /// Makes events while somebody listens.
    fn tick(&self) {
        loop {
            let mut state = self.lock();
            if state.listeners.is_empty() {
                state.is_ticking = false;
                return;
            }
            let exporting = Exporting::begin();
            state.events.clear();
            for &topic in Topic::ALL {
                if state.listeners.values().any(|(heard, _)| *heard == topic) {
                    let event = state.answers.event(topic);
                    state.events.push((topic, Bytes::copy_from_slice(&event)));
                }
            }
            state.number += 1;
            let waiting: Vec<Waker> = state.listeners.values_mut().filter_map(|(_, waker)| waker.take()).collect();
            drop(state);
            waiting.into_iter().for_each(Waker::wake);
            drop(exporting);
            std::thread::sleep(EVENTS_EVERY);
        }
    }
}

/// What is answered: all of it at once, or events for as long as they are taken.
#[derive(Debug)]
pub struct Body(Inner);

#[derive(Debug)]
enum Inner {
    Whole(Bytes),
    Events(Listener),
}

/// One who listens.
struct Listener {
    shared: Arc<Shared>,
    number: u64,
    topic: Topic,
    /// What it is sent before all events.
    first: Bytes,
    /// How many events there had been when it last took one.
    seen: u64,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let waker = self.shared.lock().listeners.remove(&self.number);
        // Dropping it may run others' code.
        drop(waker);
    }
}

impl Body {
    fn of(response: &Response) -> Self {
        Self(Inner::Whole(Bytes::copy_from_slice(&response.body)))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match &mut self.get_mut().0 {
            Inner::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Inner::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Inner::Events(listener) => {
                if !listener.first.is_empty() {
                    return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut listener.first)))));
                }
                let mut state = listener.shared.lock();
                if state.number != listener.seen {
                    let has_missed = state.number - listener.seen > 1;
                    listener.seen = state.number;
                    let event = state.event_for(listener.topic, has_missed);
                    return Poll::Ready(Some(Ok(Frame::data(event))));
                }
                let waiting = (listener.topic, Some(context.waker().clone()));
                let before = state.listeners.insert(listener.number, waiting);
                drop(state);
                drop(before);
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Inner::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> http_body::SizeHint {
        match &self.0 {
            Inner::Whole(bytes) => http_body::SizeHint::with_exact(bytes.len() as u64),
            Inner::Events(_) => http_body::SizeHint::default(),
        }
    }
}

impl<B> Service<http::Request<B>> for Endpoint {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        ready(Ok(self.answer(&read(&request))))
    }
}

/// What is asked, as far as it is looked at.
fn read<B>(request: &http::Request<B>) -> Request {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (path, query) = target(request.uri().path_and_query().map_or("/", |path| path.as_str()));
    Request {
        method: match *request.method() {
            http::Method::GET => Method::Get,
            http::Method::HEAD => Method::Head,
            http::Method::POST => Method::Post,
            _ => Method::Other,
        },
        path,
        query,
        // Of HTTP/2 it is part of the address.
        host: text(header::HOST).or_else(|| request.uri().authority().map(ToString::to_string)),
        authorization: text(header::AUTHORIZATION),
        cookie: text(header::COOKIE),
        accept: text(header::ACCEPT),
        if_none_match: text(header::IF_NONE_MATCH),
        is_deliberate: request.headers().contains_key("x-perf-control"),
        is_kept_alive: true,
    }
}

fn sent(response: &Response, body: Body) -> http::Response<Body> {
    let mut out = http::Response::new(body);
    *out.status_mut() = http::StatusCode::from_u16(response.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.all_headers() {
        if let Ok(value) = http::HeaderValue::from_str(value) {
            out.headers_mut().insert(http::HeaderName::from_static(name), value);
        }
    }
    out
}
