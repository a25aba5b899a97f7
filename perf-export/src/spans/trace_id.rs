//! The id of the trace that a thread works at, told by a field of its spans.
//!
//! It is beside the thread, and not looked up in its spans when a slow call asks: where that is a call of the
//! allocator, a layer may be holding the lock of those.

use std::cell::Cell;
use std::fmt::{self, Debug, Write};

use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Field, Subscriber, field};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The field's name.
const FIELD: &str = "trace_id";

/// A trace's id; 0 is that of none.
#[derive(Clone, Copy)]
pub(super) struct TraceId(u128);

thread_local! {
    static CURRENT: Cell<u128> = const { Cell::new(0) };
}

/// Lets slow calls carry ids; false where somebody else sees to that.
pub(super) fn install() -> bool {
    // A second layer may be told to do it, too.
    static IS_OURS: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *IS_OURS.get_or_init(|| perf_core::set_trace_id(|| CURRENT.try_with(Cell::get).ok().filter(|id| *id != 0)))
}

/// The running thread works at this trace from now on.
pub(super) fn set(id: Option<TraceId>) {
    replace(id);
}

/// Lets the running thread work at a trace meanwhile.
pub(super) fn during(id: Option<TraceId>, work: impl FnOnce()) {
    let before = replace(id);
    work();
    replace(before);
}

/// Gives what it was before.
fn replace(id: Option<TraceId>) -> Option<TraceId> {
    // A thread whose thread-locals are gone works at nothing any more.
    let before = CURRENT.try_with(|current| current.replace(id.map_or(0, |id| id.0)));
    before.ok().filter(|id| *id != 0).map(TraceId)
}

/// The trace of the span that the running thread is in.
pub(super) fn around<S>(context: &Context<'_, S>) -> Option<TraceId>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    context.lookup_current()?.extensions().get().copied()
}

/// A span is made: its trace is what its field says, or else its parent's.
pub(super) fn begin<S>(attributes: &Attributes<'_>, id: &Id, context: &Context<'_, S>)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let Some(span) = context.span(id) else { return };
    let mut found = None;
    if attributes.metadata().fields().field(FIELD).is_some() {
        attributes.record(&mut Visitor(&mut found));
    }
    let found = found.or_else(|| span.parent()?.extensions().get().copied());
    if let Some(id) = found {
        span.extensions_mut().replace(id);
    }
}

/// A span's fields are told later.
pub(super) fn record<S>(values: &Record<'_>, id: &Id, context: &Context<'_, S>)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let mut found = None;
    values.record(&mut Visitor(&mut found));
    let (Some(found), Some(span)) = (found, context.span(id)) else { return };
    span.extensions_mut().replace(found);
    // Those that are between the two were made before, and keep what they have; the thread is in this one, too.
    if context.lookup_current().is_some_and(|current| current.scope().any(|around| around.id() == *id)) {
        set(Some(found));
    }
}

struct Visitor<'a>(&'a mut Option<TraceId>);

impl Visitor<'_> {
    fn found(&mut self, field: &Field, id: Option<u128>) {
        if field.name() == FIELD {
            *self.0 = id.filter(|id| *id != 0).map(TraceId);
        }
    }
}

impl field::Visit for Visitor<'_> {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.found(field, Some(value.into()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.found(field, u128::try_from(value).ok());
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.found(field, Some(value));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.found(field, u128::try_from(value).ok());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == FIELD {
            let mut digits = Digits::default();
            let is_whole = write!(digits, "{value:?}").is_ok() && digits.count != 0;
            self.found(field, is_whole.then_some(digits.id));
        }
    }
}

/// Hexadecimal digits, with dashes between them or none.
#[derive(Default)]
struct Digits {
    id: u128,
    count: u32,
}

impl Write for Digits {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars().filter(|character| *character != '-') {
            let digit = character.to_digit(16).filter(|_| self.count < 32).ok_or(fmt::Error)?;
            self.id = self.id << 4 | u128::from(digit);
            self.count += 1;
        }
        Ok(())
    }
}
