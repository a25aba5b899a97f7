//! The trace-event format, which Chrome's and Perfetto's viewers of timelines read.
//!
//! <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use perf_core::{Outcome, Trace, TraceCall};

use super::json::{List, Micros, Text};

/// Traces as trace events in JSON: see [`chrome`]. Displayed, it is the file.
#[derive(Clone, Copy, Debug)]
pub struct Chrome<'a> {
    traces: &'a [Trace],
    process: &'a str,
}

/// Traces as trace events in JSON, which Perfetto (<https://ui.perfetto.dev>), `chrome://tracing` and many others show as a
/// timeline.
///
/// Each call is a complete event, with the thread's number and name; times are in microseconds, to the nanosecond, since
/// measuring began. Polls of futures have the category `poll`, all else `call`. The outermost call of each trace has the
/// trace's number, weight and surroundings as arguments, and how it ended, as every call has that did not end well.
///
/// ```
/// let json = perf_export::trace::chrome(&perf_runtime::traces());
/// assert!(json.starts_with("{\"displayTimeUnit\":\"ns\",\"traceEvents\":["));
/// ```
#[must_use]
pub fn chrome(traces: &[Trace]) -> String {
    Chrome::new(traces).to_string()
}

/// The process' number: there is one, and which it was the traces do not say.
const PROCESS: u32 = 1;

impl<'a> Chrome<'a> {
    /// The process is named after the crate of the first function.
    #[must_use]
    pub fn new(traces: &'a [Trace]) -> Self {
        let name = traces.first().and_then(|trace| trace.calls().first()).map_or("program", |call| &*call.name);
        Self { traces, process: name.split("::").next().unwrap_or(name) }
    }

    /// Names the process.
    #[must_use]
    pub fn process(self, name: &'a str) -> Self {
        Self { process: name, ..self }
    }
}

impl Display for Chrome<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")?;
        name(f, "process_name", 0, self.process)?;
        let threads: BTreeMap<u64, &str> =
            self.traces.iter().map(|trace| (trace.thread_number(), trace.thread())).collect();
        for (number, thread) in threads {
            f.write_str(",")?;
            name(f, "thread_name", number, thread)?;
        }
        for trace in self.traces {
            for call in trace.calls() {
                f.write_str(",")?;
                event(f, trace, call)?;
            }
        }
        f.write_str("\n]}\n")
    }
}

/// An event that only names something.
fn name(f: &mut Formatter<'_>, what: &str, thread: u64, name: &str) -> fmt::Result {
    let name = Text(name);
    write!(f, "\n{{\"ph\":\"M\",\"name\":\"{what}\",\"pid\":{PROCESS},\"tid\":{thread},\"args\":{{\"name\":{name}}}}}")
}

fn event(f: &mut Formatter<'_>, trace: &Trace, call: &TraceCall) -> fmt::Result {
    let category = if call.is_poll { "poll" } else { "call" };
    let (start, duration) = (Micros(trace.start() + call.start), Micros(call.duration));
    let (name, thread) = (Text(&call.name), trace.thread_number());
    write!(f, "\n{{\"ph\":\"X\",\"name\":{name},\"cat\":\"{category}\",\"ts\":{start},\"dur\":{duration}")?;
    write!(f, ",\"pid\":{PROCESS},\"tid\":{thread}")?;
    if call.outcome != Outcome::Ok {
        // One of the viewers' reserved colours.
        f.write_str(",\"cname\":\"terrible\"")?;
    }
    if call.parent.is_none() || call.outcome != Outcome::Ok {
        write!(f, ",\"args\":{{\"outcome\":\"{}\"", call.outcome)?;
        if call.parent.is_none() {
            around(f, trace)?;
        }
        f.write_str("}")?;
    }
    f.write_str("}")
}

/// What is to be known of a trace as a whole.
fn around(f: &mut Formatter<'_>, trace: &Trace) -> fmt::Result {
    let below = List(trace.below(), |f: &mut Formatter<'_>, name| write!(f, "{}", Text(name)));
    let (number, weight) = (trace.number(), trace.weight());
    write!(f, ",\"trace\":{number},\"call\":\"{:x}\",\"weight\":{weight},\"below\":[{below}]", trace.call())?;
    if let Some(id) = trace.trace_id() {
        write!(f, ",\"trace_id\":\"{id:032x}\"")?;
    }
    write!(f, ",\"handed_over\":{}", trace.is_handed_over())
}
