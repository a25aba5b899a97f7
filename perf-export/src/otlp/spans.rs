//! Traces as spans. Each is told once.

use perf_core::{Outcome, Trace, TraceCall};

use super::proto::{KeyValue, Span, Status};
use super::random::Random;

/// Neither end of a request to or from another process.
const INTERNAL: i32 = 1;

/// A span's status: there was an error.
const ERROR: i32 = 2;

/// Sampled, by the flags of W3C's Trace Context; and it is known that the parent is in the same process.
const FLAGS: u32 = 0x001 | 0x100;

/// Which traces were told.
#[derive(Default)]
pub(super) struct Told {
    /// The number of the last one.
    last: u64,
    /// Those that were not kept for long enough, since the first one that was told.
    pub(super) missed: u64,
}

impl Told {
    /// Spans of those that were not told yet. `began` is when measuring did, in nanoseconds of the wall clock.
    pub(super) fn spans(&mut self, traces: &[Trace], began: u64, random: &mut Random) -> Vec<Span> {
        let mut spans = Vec::new();
        for trace in traces {
            if trace.number() <= self.last {
                continue;
            }
            if self.last > 0 {
                self.missed += trace.number() - self.last - 1;
            }
            self.last = trace.number();
            add(trace, began, random, &mut spans);
        }
        spans
    }
}

/// The spans of one trace, in the order of their beginnings.
fn add(trace: &Trace, began: u64, random: &mut Random, spans: &mut Vec<Span>) {
    let first = spans.len();
    let trace_id = trace.trace_id().filter(|id| *id != 0);
    let trace_id = trace_id.map_or_else(|| random.id_of(trace.call()), u128::to_be_bytes).to_vec();
    for call in trace.calls() {
        let start = began.saturating_add(nanos(trace.start() + call.start));
        let parent = call.parent.and_then(|parent| spans.get(first + parent)).map(|span| span.id.clone());
        spans.push(Span {
            trace_id: trace_id.clone(),
            id: random.id().to_vec(),
            parent_span_id: parent.unwrap_or_default(),
            name: call.name.clone().into_owned(),
            kind: INTERNAL,
            start_unix_nanos: start,
            end_unix_nanos: start.saturating_add(nanos(call.duration)),
            attributes: attributes(trace, call),
            status: status(call.outcome),
            flags: FLAGS,
        });
    }
}

/// Nothing is said of what ended well: whether it did is for others to say.
fn status(outcome: Outcome) -> Option<Status> {
    let is_error = matches!(outcome, Outcome::Error | Outcome::Panicked);
    is_error.then(|| Status { message: outcome.to_string(), code: ERROR })
}

fn attributes(trace: &Trace, call: &TraceCall) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("code.function.name", &*call.name),
        KeyValue::new("thread.id", trace.thread_number() as i64),
        KeyValue::new("thread.name", trace.thread()),
    ];
    if call.is_poll {
        attributes.push(KeyValue::new("perf.poll", true));
    }
    if call.parent.is_none() {
        attributes.push(KeyValue::new("perf.trace.weight", trace.weight() as i64));
        let below: Vec<_> = trace.below().collect();
        if !below.is_empty() {
            // As in folded stacks.
            attributes.push(KeyValue::new("perf.trace.below", below.join(";")));
        }
    }
    attributes
}

fn nanos(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
