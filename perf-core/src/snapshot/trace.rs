//! One call with all that was below it, as people read it.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;
use std::time::Duration;

use super::format::duration;
use super::slow_call::Outcome;

/// One call with all annotated calls below it, and when each of them began: what timelines are drawn from. Cheap to
/// clone. Where they come from, [`traces`](crate::traces) says.
///
/// Of a future, each poll is a trace of its own; [`call`](Self::call) says which are of the same. All times are without what measuring cost inside.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(from = "Parts", into = "Parts"))]
pub struct Trace(pub(crate) Arc<Parts>);

/// What is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Parts {
    pub(crate) number: u64,
    pub(crate) thread: Box<str>,
    pub(crate) thread_number: u64,
    pub(crate) start: Duration,
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) call: u64,
    #[cfg_attr(feature = "serde", serde(default, with = "super::slow_call::hex"))]
    pub(crate) trace_id: Option<u128>,
    pub(crate) weight: u64,
    pub(crate) below: Box<[Cow<'static, str>]>,
    pub(crate) is_handed_over: bool,
    pub(crate) calls: Box<[TraceCall]>,
}

/// A call in a [`Trace`], or a poll of a future.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct TraceCall {
    /// The function's name.
    pub name: Cow<'static, str>,
    /// The call that it is directly below: its place in [`Trace::calls`], which is before this one's. None where the
    /// trace begins.
    pub parent: Option<usize>,
    /// When it began, as time since the trace did.
    pub start: Duration,
    /// How long it took, with all that is below it. Never beyond the call around it, nor the next one's beginning.
    pub duration: Duration,
    /// Whether it is one poll of a future, and not a whole call.
    pub is_poll: bool,
    /// Whether it is a poll of a future that had been polled before: then no call begins here.
    pub is_resumed: bool,
    /// How it ended; of a future, how it did with this poll, or else [`Outcome::Ok`]. One that is dropped between two polls
    /// has no poll that says so.
    #[cfg_attr(feature = "serde", serde(default))]
    pub outcome: Outcome,
}

impl Trace {
    /// Its place among all traces that were ever kept, counted from 1: who has seen one goes on with those that have higher
    /// numbers. Where numbers are missing, there were more traces than were kept.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.0.number
    }

    /// The name of the thread, or else its number, as in `ThreadId(2)`; 32 bytes of it.
    #[must_use]
    pub fn thread(&self) -> &str {
        &self.0.thread
    }

    /// A number of the thread that is no other's, counted from 1 as threads come to have traces: names may be the same.
    #[must_use]
    pub fn thread_number(&self) -> u64 {
        self.0.thread_number
    }

    /// When it began, as time since measuring did.
    #[must_use]
    pub fn start(&self) -> Duration {
        self.0.start
    }

    /// From its beginning to its last call's end.
    #[must_use]
    pub fn duration(&self) -> Duration {
        let outermost = self.0.calls.iter().rev().find(|call| call.parent.is_none());
        outermost.map_or(Duration::ZERO, |call| call.start + call.duration)
    }

    /// A number of the call that it is part of: the polls of one future have it in common, and what was
    /// [handed over](Self::is_handed_over) has it in common with the trace that it was handed over from. Nothing else is to
    /// be read from it.
    #[must_use]
    pub fn call(&self) -> u64 {
        self.0.call
    }

    /// Of which trace of others it is part, as the hook said that was given to [`set_trace_id`](crate::set_trace_id), when it
    /// began.
    #[must_use]
    pub fn trace_id(&self) -> Option<u128> {
        self.0.trace_id
    }

    /// How many calls it was drawn from, and so stands for.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.0.weight
    }

    /// Names of the functions around it, outermost first: those whose calls are too long to be traced as a whole, or
    /// who [handed it over](Self::is_handed_over).
    #[must_use]
    pub fn below(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.0.below.iter().map(|name| &**name)
    }

    /// Whether it was handed over with a [`Context`](crate::Context): then those around it are no part of its thread, and
    /// there may be several outermost calls, one after the other.
    #[must_use]
    pub fn is_handed_over(&self) -> bool {
        self.0.is_handed_over
    }

    /// All calls in the order of their beginnings, each after the one around it. Never empty.
    #[must_use]
    pub fn calls(&self) -> &[TraceCall] {
        &self.0.calls
    }
}

impl From<Parts> for Trace {
    fn from(mut parts: Parts) -> Self {
        // Whoever walks through a trace relies on it, and it may come from anywhere.
        for at in 0..parts.calls.len() {
            parts.calls[at].parent = parts.calls[at].parent.filter(|&parent| parent < at);
        }
        Self(Arc::new(parts))
    }
}

impl From<Trace> for Parts {
    fn from(trace: Trace) -> Self {
        Arc::unwrap_or_clone(trace.0)
    }
}

impl Display for Trace {
    /// A line for each call, indented by depth: when it began, how long it took, and its name.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "trace {} on {} at {:?}", self.number(), self.thread(), self.start())?;
        if let Some(id) = self.trace_id() {
            write!(f, ", part of {id:032x}")?;
        }
        for name in self.below() {
            write!(f, ", below {name}")?;
        }
        let mut depths: Vec<usize> = Vec::with_capacity(self.0.calls.len());
        for call in &self.0.calls {
            let depth = call.parent.map_or(0, |parent| depths[parent] + 1);
            depths.push(depth);
            let (start, took) = (duration(call.start), duration(call.duration));
            let poll = if call.is_poll { " (poll)" } else { "" };
            let ended = match call.outcome {
                Outcome::Ok => String::new(),
                outcome => format!(" ({outcome})"),
            };
            write!(f, "\n{start:>9} {took:>9}  {:indent$}{}{poll}{ended}", "", call.name, indent = 2 * depth)?;
        }
        Ok(())
    }
}
