//! The others, each as its documentation says to use it.

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use benches::rounds::Row;
use fastrace::prelude::{Span, SpanContext};
use hdrhistogram::Histogram;
use metrics_util::registry::{AtomicStorage, Registry};
use tracing::span::{Attributes, Id};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::ours::{bare, body, fallible, kind, poll_once, row};

#[tracing::instrument(skip_all)]
#[inline(never)]
fn traced(x: u64) -> u64 {
    body!(x)
}

#[tracing::instrument(skip_all)]
#[inline(never)]
fn traced_result(x: u64) -> Result<u64, u64> {
    fallible!(x)
}

#[fastrace::trace]
#[inline(never)]
fn fastraced(x: u64) -> u64 {
    body!(x)
}

#[hotpath::measure]
#[inline(never)]
fn hotpathed(x: u64) -> u64 {
    body!(x)
}

#[autometrics::autometrics]
#[inline(never)]
fn autometered(x: u64) -> u64 {
    body!(x)
}

#[inline(never)]
fn puffed(x: u64) -> u64 {
    puffin::profile_function!();
    body!(x)
}

#[inline(never)]
fn metered(x: u64) -> u64 {
    let start = Instant::now();
    let out = body!(x);
    metrics::histogram!("metered").record(start.elapsed());
    out
}

#[hotpath::measure(future = true)]
async fn hotpathed_future(x: u64) -> u64 {
    bare(x)
}

#[inline(never)]
fn metered_by_label(x: u64) -> u64 {
    let out = body!(x);
    metrics::counter!("metered_by_label", "kind" => kind(x)).increment(1);
    out
}

/// Nobody listens yet.
pub(crate) fn idle() -> Vec<Row> {
    vec![
        row!("tracing, nobody listens", x => traced(x)),
        row!("tracing, nobody listens, Result", x => traced_result(x)),
        row!("fastrace, no parent", x => fastraced(x)),
        row!("puffin, off", x => puffed(x)),
    ]
}

/// Everybody listens.
pub(crate) fn recording() -> Vec<Row> {
    vec![
        row!("tracing into a histogram", x => traced(x)).recorded(|| ()),
        Row { settle: fastrace::flush, ..Row::new("fastrace, collected", fastraced_under_a_parent).recorded(|| ()) },
        row!("hotpath", x => hotpathed(x)).recorded(|| ()),
        row!("metrics::histogram!", x => metered(x)).recorded(clear_metrics),
        row!("metrics::counter!, a label", x => metered_by_label(x)).recorded(|| ()),
        row!("autometrics (prometheus)", x => autometered(x)).recorded(|| ()),
        Row::new("puffin, on", puffed_in_a_frame).recorded(|| ()),
    ]
}

/// As many spans as fastrace keeps under one parent, with room to spare.
const SPANS: u64 = 1_000;

fn fastraced_under_a_parent(calls: u64) {
    for _ in 0..calls.div_ceil(SPANS) {
        let root = Span::root("root", SpanContext::random());
        let _parent = root.set_local_parent();
        for x in 0..SPANS {
            black_box(fastraced(black_box(x)));
        }
        FASTRACE_MADE.fetch_add(SPANS + 1, Relaxed);
    }
}

fn puffed_in_a_frame(calls: u64) {
    {
        puffin::profile_scope!("burst");
        for x in 0..calls {
            black_box(puffed(black_box(x)));
        }
    }
    puffin::GlobalProfiler::lock().new_frame();
}

/// Installs everything that listens. Hotpath listens while its guard lives.
pub(crate) fn listen() {
    let subscriber = tracing_subscriber::registry().with(Durations);
    tracing::subscriber::set_global_default(subscriber).expect("nobody else installs one");
    fastrace::set_reporter(Discard, fastrace::collector::Config::default());
    metrics::set_global_recorder(Recorder).expect("nobody else installs one");
    puffin::set_scopes_on(true);
}

/// Hotpath, with a share of the calls timed; all are counted.
pub(crate) fn hotpath(share: f64) -> hotpath::HotpathGuard {
    hotpath::HotpathGuardBuilder::new("calls").functions_time_sampling_rate(share).format(hotpath::Format::None).build()
}

/// Its mode that knows of polls and of cancelled futures.
pub(crate) fn hotpath_futures() -> Vec<Row> {
    vec![row!("hotpath, a future", x => poll_once(hotpathed_future(x))).recorded(|| ())]
}

/// Only counts.
pub(crate) fn hotpath_counting() -> Vec<Row> {
    vec![row!("hotpath, counting only", x => hotpathed(x)).recorded(|| ())]
}

/// The least that a layer can do and still know durations: a histogram per thread.
pub(crate) struct Durations;

thread_local! {
    static DURATIONS: RefCell<Option<Histogram<u64>>> = const { RefCell::new(None) };
}

struct Started(Instant);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> tracing_subscriber::Layer<S> for Durations {
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Started(Instant::now()));
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(nanos) = span.extensions().get::<Started>().map(|start| start.0.elapsed().as_nanos() as u64) else {
            return;
        };
        DURATIONS.with_borrow_mut(|durations| {
            let new = || Histogram::new(3).expect("three digits are allowed");
            _ = durations.get_or_insert_with(new).record(nanos.max(1));
        });
    }
}

struct Discard;

impl fastrace::collector::Reporter for Discard {
    fn report(&mut self, spans: Vec<fastrace::collector::SpanRecord>) {
        FASTRACE_KEPT.fetch_add(spans.len() as u64, Relaxed);
    }
}

static FASTRACE_MADE: AtomicU64 = AtomicU64::new(0);
static FASTRACE_KEPT: AtomicU64 = AtomicU64::new(0);

/// Spans that fastrace lost would have cost nothing.
pub(crate) fn print_kept() {
    fastrace::flush();
    println!("fastrace: {} spans made, {} kept\n", FASTRACE_MADE.load(Relaxed), FASTRACE_KEPT.load(Relaxed));
}

/// Keeps what it is given in the storage that exporters use.
pub(crate) struct Recorder;

fn registry() -> &'static Registry<metrics::Key, AtomicStorage> {
    static REGISTRY: OnceLock<Registry<metrics::Key, AtomicStorage>> = OnceLock::new();
    REGISTRY.get_or_init(Registry::atomic)
}

/// What an exporter does from time to time.
pub(crate) fn clear_metrics() {
    registry().visit_histograms(|_, histogram| histogram.clear());
}

impl metrics::Recorder for Recorder {
    fn describe_counter(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}
    fn describe_gauge(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}
    fn describe_histogram(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}

    fn register_counter(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        registry().get_or_create_counter(key, |counter| counter.clone().into())
    }

    fn register_gauge(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        registry().get_or_create_gauge(key, |gauge| gauge.clone().into())
    }

    fn register_histogram(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Histogram {
        registry().get_or_create_histogram(key, |histogram| histogram.clone().into())
    }
}
