//! The most recent traces, for those who draw timelines.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::aggregate::{self, ASKED_UNTIL, ASKERS};
use crate::call::nanos;
use crate::{Trace, config};

/// The most recent traces, the newest last: sampled calls that are below no other annotated call, each with all annotated
/// calls below it, and when each of them began. Which calls these are is left to chance, as for the [`Tree`](crate::Tree);
/// calls too long to be traced as a whole are not among them, those below them are.
///
/// None unless [`Config::traces`](crate::Config::traces) is more than 0, or somebody asks ([`keep_traces`],
/// [`keep_traces_for`]). As many are kept
/// as is said there, but of at most 65,536 calls in all: then the oldest go first.
///
/// Takes in what the rings hold. Traced calls cost what they do for a tree, whether or not the traces are kept.
///
/// ```
/// use perf_runtime::{Config, Perf, profiled};
///
/// #[profiled]
/// fn serve() {
///     parse();
///     answer();
/// }
///
/// #[profiled]
/// fn parse() {}
///
/// #[profiled]
/// fn answer() {}
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let _perf = Perf::builder().config(Config { traces: 10, ..Config::production() }).start()?;
///     serve();
///     let traces = perf_runtime::traces();
///     let names = traces[0].calls().iter().map(|call| call.name.rsplit("::").next().unwrap());
///     assert!(names.eq(["serve", "parse", "answer"]));
///     println!("{}", traces[0]);
///     Ok(())
/// }
/// ```
#[must_use]
pub fn traces() -> Vec<Trace> {
    let traces = aggregate::lock().traces();
    config::tell();
    traces
}

/// Keeps traces as long as the value lives that it gives, whatever the configuration says: 256 of them, or as many as
/// [`Config::traces`](crate::Config::traces) says where that is more. For exporters; several may ask.
///
/// ```
/// let asked = perf_runtime::keep_traces();
/// // … what is to be seen …
/// let traces = perf_runtime::traces();
/// drop(asked);
/// # drop(traces);
/// ```
pub fn keep_traces() -> KeepTraces {
    ASKERS.fetch_add(1, Relaxed);
    heed();
    KeepTraces(())
}

/// The same for so long from now on, for those who may not come again: each time they do, it is asked anew.
pub fn keep_traces_for(time: Duration) {
    let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    ASKED_UNTIL.fetch_max(nanos().saturating_add(time), Relaxed);
    heed();
}

/// What was asked for holds from now on, and not only from the next tick.
fn heed() {
    aggregate::lock().drain();
    config::tell();
}

/// Somebody who wants traces to be kept: see [`keep_traces`].
#[derive(Debug)]
#[must_use = "traces are kept only as long as it lives"]
pub struct KeepTraces(());

impl Drop for KeepTraces {
    /// The next tick of the background thread forgets the traces, where nobody else asks.
    fn drop(&mut self) {
        ASKERS.fetch_sub(1, Relaxed);
    }
}
