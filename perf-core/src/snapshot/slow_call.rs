use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::Window;
use crate::aggregate::{Overview, TailReading};
use crate::call::Ending;

/// One of the slowest calls of a function. Cheap to clone.
///
/// Which calls these are, [`FunctionStats::slowest`](super::FunctionStats::slowest) says.
///
/// ```
/// use perf_runtime::profiled;
///
/// struct Order {
///     id: u64,
///     lines: Vec<u32>,
/// }
///
/// // `lines` is moved by the body, so what is to be known of it is said.
/// #[profiled(capture(order.id, lines = order.lines.len(), %customer))]
/// fn price(order: Order, customer: &str) -> u32 {
///     order.lines.into_iter().sum()
/// }
///
/// price(Order { id: 7, lines: vec![2, 3] }, "Ada");
/// let snapshot = perf_runtime::snapshot();
/// let slowest = &snapshot.function("price").unwrap().slowest()[0];
/// assert_eq!(slowest.captured(), Some("order.id=7 lines=2 customer=Ada"));
/// println!("{:?} after {:?} on {}: {}", slowest.duration(), slowest.at(), slowest.thread(), slowest.outcome());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(from = "Parts", into = "Parts"))]
pub struct SlowCall(pub(crate) Arc<Parts>);

/// What is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Parts {
    pub(crate) at: Duration,
    pub(crate) ended_at: Duration,
    pub(crate) duration: Duration,
    pub(crate) outcome: Outcome,
    pub(crate) thread: Box<str>,
    pub(crate) parent: Option<Cow<'static, str>>,
    pub(crate) span: Option<Span>,
    #[cfg_attr(feature = "serde", serde(with = "hex"))]
    pub(crate) trace_id: Option<u128>,
    pub(crate) captured: Option<Box<str>>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Outcome {
    /// With a value that is no `Err`.
    #[default]
    Ok,
    /// With an `Err`.
    Error,
    /// By a panic.
    Panicked,
    /// It is a future that was dropped before its end.
    Cancelled,
}

impl Outcome {
    pub(crate) fn of(ending: Option<Ending>) -> Self {
        match ending {
            None => Self::Ok,
            Some(Ending::Error) => Self::Error,
            Some(Ending::Panic) => Self::Panicked,
            Some(Ending::Cancelled) => Self::Cancelled,
        }
    }
}

impl Display for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Panicked => "panicked",
            Self::Cancelled => "cancelled",
        })
    }
}

/// A span of `tracing`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Span {
    /// Its name, as in `info_span!("request")`.
    pub name: Cow<'static, str>,
    /// What `tracing` calls it by: [`tracing::span::Id::into_u64`](https://docs.rs/tracing/latest/tracing/span/struct.Id.html#method.into_u64).
    pub id: u64,
}

impl SlowCall {
    /// When it began, as time since measuring did. A future begins with its first poll.
    #[must_use]
    pub fn at(&self) -> Duration {
        self.0.at
    }

    /// When it ended, in the same way.
    #[must_use]
    pub fn ended_at(&self) -> Duration {
        self.0.ended_at
    }

    /// How long it took, less what measuring cost inside: as in the [latency](super::FunctionStats::latency).
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.0.duration
    }

    /// How it ended.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// The name of the thread that ended it, or else its number, as in `ThreadId(2)`; 32 bytes of it.
    #[must_use]
    pub fn thread(&self) -> &str {
        &self.0.thread
    }

    /// The function that called it: the innermost one whose running call was timed, on the thread that ended it. None
    /// where none was.
    #[must_use]
    pub fn parent(&self) -> Option<&str> {
        self.0.parent.as_deref()
    }

    /// The current span of `tracing`, as its subscriber tells it, when the call ended.
    #[must_use]
    pub fn span(&self) -> Option<&Span> {
        self.0.span.as_ref()
    }

    /// What the hook said that was given to [`set_trace_id`](crate::set_trace_id). Shown as people know it by
    /// `format!("{id:032x}")`.
    #[must_use]
    pub fn trace_id(&self) -> Option<u128> {
        self.0.trace_id
    }

    /// The arguments that the attribute names, `id=7 name="x"`, in at most 256 bytes; what is cut ends with `…`.
    ///
    /// None where it names none; and where it was not the body that made the call slow enough but what came after:
    /// its arguments were dropped, or the thread was made to wait just then.
    #[must_use]
    pub fn captured(&self) -> Option<&str> {
        self.0.captured.as_deref()
    }

    /// Whether both are the same call.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl From<Parts> for SlowCall {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl From<SlowCall> for Parts {
    fn from(call: SlowCall) -> Self {
        Arc::unwrap_or_clone(call.0)
    }
}

/// All slow calls of one function that are known, and what to choose from them by.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(from = "Wire", into = "Wire"))]
pub(super) struct SlowCalls {
    known: Arc<Known>,
    /// As many of them are sure to be the slowest.
    keep: usize,
    pub(super) missed: u64,
    /// When they were read.
    pub(super) read_at: Duration,
    windows: [Duration; 4],
}

/// Those that are known, worked out when somebody asks.
#[derive(Debug)]
struct Known {
    reading: Option<Arc<TailReading>>,
    /// Only those that ended after that.
    after: Option<Duration>,
    /// The slowest first.
    calls: OnceLock<Vec<SlowCall>>,
}

impl Known {
    fn calls(&self) -> &[SlowCall] {
        self.calls.get_or_init(|| {
            let mut calls = self.reading.as_ref().map(|reading| reading.known()).unwrap_or_default();
            calls.retain(|call| self.after.is_none_or(|after| call.ended_at() > after));
            calls
        })
    }
}

impl SlowCalls {
    pub(super) fn new(reading: Option<Arc<TailReading>>, missed: u64, overview: &Overview) -> Self {
        let known = Arc::new(Known { reading, after: None, calls: OnceLock::new() });
        Self { known, keep: overview.tail, missed, read_at: overview.uptime, windows: overview.windows }
    }

    /// Leaves what has ended since `then`.
    pub(super) fn count_from(&mut self, then: &Self) {
        let Known { reading, after, .. } = &*self.known;
        let after = after.unwrap_or_default().max(then.read_at);
        let calls = match reading {
            Some(_) => OnceLock::new(),
            None => {
                self.known.calls().iter().filter(|call| call.ended_at() > after).cloned().collect::<Vec<_>>().into()
            }
        };
        self.known = Arc::new(Known { reading: reading.clone(), after: Some(after), calls });
        self.missed = self.missed.saturating_sub(then.missed);
    }

    pub(super) fn slowest(&self) -> &[SlowCall] {
        let known = self.known.calls();
        &known[..known.len().min(self.keep)]
    }

    pub(super) fn slowest_in(&self, window: Window) -> impl Iterator<Item = &SlowCall> {
        let from = self.read_at.saturating_sub(self.windows[window as usize]);
        self.known.calls().iter().filter(move |call| call.ended_at() >= from).take(self.keep)
    }
}

/// The same outside the process.
#[cfg(feature = "serde")]
#[derive(Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Wire {
    known: Vec<SlowCall>,
    keep: usize,
    missed: u64,
    read_at: Duration,
    windows: [Duration; 4],
}

#[cfg(feature = "serde")]
impl From<Wire> for SlowCalls {
    fn from(wire: Wire) -> Self {
        let Wire { known, keep, missed, read_at, windows } = wire;
        let known = Arc::new(Known { reading: None, after: None, calls: known.into() });
        Self { known, keep, missed, read_at, windows }
    }
}

#[cfg(feature = "serde")]
impl From<SlowCalls> for Wire {
    fn from(calls: SlowCalls) -> Self {
        let SlowCalls { known, keep, missed, read_at, windows } = calls;
        Self { known: known.calls().to_vec(), keep, missed, read_at, windows }
    }
}

#[cfg(feature = "serde")]
impl Default for SlowCalls {
    fn default() -> Self {
        Wire::default().into()
    }
}

/// As 32 digits, which is how traces are written everywhere.
#[cfg(feature = "serde")]
pub(super) mod hex {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
    pub(crate) fn serialize<S: Serializer>(id: &Option<u128>, serializer: S) -> Result<S::Ok, S::Error> {
        id.map(|id| format!("{id:032x}")).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u128>, D::Error> {
        let digits = Option::<String>::deserialize(deserializer)?;
        digits.map(|digits| u128::from_str_radix(&digits, 16)).transpose().map_err(D::Error::custom)
    }
}
