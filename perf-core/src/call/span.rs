//! Where a call is: its thread, the span of `tracing`, the trace. Asked only for calls that are written down,
//! while no lock of ours is held.

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use once_cell::sync::OnceCell;

use super::text::Text;

static TRACE_ID: OnceCell<fn() -> Option<u128>> = OnceCell::new();

/// Says how to find the running trace's id, so that [slow calls](crate::SlowCall::trace_id) and
/// [traces](crate::Trace::trace_id) can be looked up in whatever shows traces. It is asked when a call is written down
/// among the slowest, a few times a minute and function, on the thread that has ended the call; and where traces are
/// kept, when one begins.
///
/// The first to say it is the one that counts; gives false where somebody has said it before. A panic of
/// `hook` is caught, and no id.
///
/// With `OpenTelemetry` it is
/// `|| Some(Context::current().span().span_context().trace_id()).filter(|id| *id != TraceId::INVALID).map(|id| u128::from_be_bytes(id.to_bytes()))`.
///
/// ```
/// use std::cell::Cell;
///
/// thread_local! {
///     static TRACE: Cell<Option<u128>> = const { Cell::new(None) };
/// }
///
/// assert!(perf_runtime::set_trace_id(|| TRACE.get()));
/// ```
pub fn set_trace_id(hook: fn() -> Option<u128>) -> bool {
    TRACE_ID.set(hook).is_ok()
}

/// The name and the number of the current span, and the trace's id.
pub(super) fn current() -> (Option<(&'static str, u64)>, Option<u128>) {
    // Both are others' code, and a measured call must not panic for them.
    let span = catch_unwind(|| {
        let span = tracing::Span::current();
        span.metadata().map(tracing::Metadata::name).zip(span.id().map(|id| id.into_u64()))
    });
    (span.ok().flatten(), trace_id())
}

/// The id of the trace that is running, where somebody says.
pub(super) fn trace_id() -> Option<u128> {
    let hook = TRACE_ID.get()?;
    catch_unwind(AssertUnwindSafe(hook)).ok().flatten()
}

/// The running thread's name, or else its number.
pub(super) fn thread<const N: usize>() -> Text<N> {
    let mut text = Text::EMPTY;
    // What is cut is marked as such.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let thread = thread::current();
        match thread.name() {
            Some(name) => text.write_str(name),
            None => write!(text, "{:?}", thread.id()),
        }
    }));
    text
}
