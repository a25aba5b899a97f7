//! Spans of `tracing` in snapshots, beside what spans cost where nothing, or as little as can be, is made of them.
//!
//! Each has a subscriber of its own, of the thread and for one burst, so that all stand beside one another in one run.

use std::hint::black_box;
use std::sync::OnceLock;

use benches::rounds::Row;
use perf_export::SpanLayer;
use perf_runtime::{Config, Filter, Sampling};
use tracing::{Dispatch, dispatcher};
use tracing_subscriber::layer::SubscriberExt;

use crate::ours::{self, body};
use crate::peers::Durations;

#[tracing::instrument(skip_all)]
#[inline(never)]
fn span(x: u64) -> u64 {
    body!(x)
}

#[tracing::instrument(skip_all)]
#[inline(never)]
fn span_always(x: u64) -> u64 {
    body!(x)
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Row::new("tracing into a registry, nothing kept", |calls| burst(&REGISTRY, registry, calls, span)),
        Row::new("tracing into a histogram, a subscriber of the thread's", |calls| {
            burst(&HISTOGRAM, histogram, calls, span);
        }),
        Row::new("tracing into ours, 1 in 64 timed", |calls| burst(&OURS, ours, calls, span)),
        Row::new("tracing into ours, always", |calls| burst(&OURS, ours, calls, span_always)).recorded(|| ()),
    ]
}

/// As all of ours, and every call of one of these is timed.
pub(crate) fn configure() -> Config {
    let config = ours::configure();
    Config { filter: Filter::with(config.filter, "*::span_always", Sampling::Always), ..config }
}

static REGISTRY: OnceLock<Dispatch> = OnceLock::new();
static HISTOGRAM: OnceLock<Dispatch> = OnceLock::new();
static OURS: OnceLock<Dispatch> = OnceLock::new();

fn registry() -> Dispatch {
    Dispatch::new(tracing_subscriber::registry())
}

fn histogram() -> Dispatch {
    Dispatch::new(tracing_subscriber::registry().with(Durations))
}

fn ours() -> Dispatch {
    Dispatch::new(tracing_subscriber::registry().with(SpanLayer::new()))
}

fn burst(known: &OnceLock<Dispatch>, new: fn() -> Dispatch, calls: u64, call: fn(u64) -> u64) {
    dispatcher::with_default(known.get_or_init(new), || {
        for x in 0..calls {
            black_box(call(black_box(x)));
        }
    });
}
