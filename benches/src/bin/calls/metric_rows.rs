//! A program's own metrics: ours, and others'.
//!
//! What is installed for the whole process is one recorder, so each row of the macros has its own for the running
//! thread, as the macros' documentation shows; all of them pay the same for finding it.

use std::hint::black_box;
use std::sync::LazyLock;

use benches::rounds::Row;
use measured::label::StaticLabelSet;
use measured::metric::histogram::Thresholds;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

use crate::peers;

static OURS: LazyLock<perf_runtime::metrics::Recorder> = LazyLock::new(|| perf_runtime::metrics::builder().recorder());

/// The row of one thread and that of two that share the metric.
macro_rules! rows {
    ($name:literal, $found:pat = $metric:expr, $x:ident => $call:expr) => {{
        let run = |calls| {
            let $found = $metric;
            for $x in 0..calls {
                let $x = black_box($x);
                $call;
            }
        };
        [Row::new($name, run), Row { threads: 2, ..Row::new(concat!($name, ", two threads"), run) }]
    }};
}

/// The same of macros that talk to `recorder`.
macro_rules! macro_rows {
    ($name:literal, $recorder:expr, $x:ident => $call:expr) => {{
        let run = |calls| {
            metrics::with_local_recorder($recorder, || {
                for $x in 0..calls {
                    let $x = black_box($x);
                    $call;
                }
            });
        };
        [Row::new($name, run), Row { threads: 2, ..Row::new(concat!($name, ", two threads"), run) }]
    }};
}

/// What the macros would register, to keep.
macro_rules! kept {
    ($recorder:expr, $metric:expr) => {
        metrics::with_local_recorder($recorder, || $metric)
    };
}

/// A value of a histogram, from a few buckets.
fn value(x: u64) -> f64 {
    (x % 1000 + 1) as f64
}

fn ours() -> Vec<Row> {
    [
        rows!("counter, kept", counter = kept!(&*OURS, metrics::counter!("kept")), _x => counter.increment(1)),
        macro_rows!("counter, by macro", &*OURS, _x => metrics::counter!("macro").increment(1)),
        macro_rows!("counter, by macro, labelled", &*OURS,
            _x => metrics::counter!("labelled", "route" => "/cart", "method" => "GET").increment(1)),
        rows!("histogram, kept", values = kept!(&*OURS, metrics::histogram!("values")), x => values.record(value(x))),
        macro_rows!("histogram, by macro", &*OURS, x => metrics::histogram!("values").record(value(x))),
    ]
    .concat()
}

fn metrics_util() -> Vec<Row> {
    let histograms = [
        rows!("metrics-util: histogram, kept",
            values = kept!(&peers::Recorder, metrics::histogram!("values")), x => values.record(value(x))),
        macro_rows!("metrics-util: histogram, by macro", &peers::Recorder,
            x => metrics::histogram!("values").record(value(x))),
    ];
    let counters = [
        rows!("metrics-util: counter, kept",
            counter = kept!(&peers::Recorder, metrics::counter!("kept")), _x => counter.increment(1)),
        macro_rows!("metrics-util: counter, by macro", &peers::Recorder,
            _x => metrics::counter!("macro").increment(1)),
        macro_rows!("metrics-util: counter, by macro, labelled", &peers::Recorder,
            _x => metrics::counter!("labelled", "route" => "/cart", "method" => "GET").increment(1)),
    ];
    // Its values are kept until somebody takes them.
    let histograms = histograms.concat().into_iter().map(|row| Row { after: peers::clear_metrics, ..row });
    counters.concat().into_iter().chain(histograms).collect()
}

type Labels = [(&'static str, &'static str); 2];

const LABELS: Labels = [("route", "/cart"), ("method", "GET")];

static COUNTER: LazyLock<Counter> = LazyLock::new(Counter::default);
static FAMILY: LazyLock<Family<Labels, Counter>> = LazyLock::new(Family::default);
static HISTOGRAM: LazyLock<Histogram> = LazyLock::new(|| Histogram::new(exponential_buckets(1.0, 2.0, 10)));

fn prometheus_client() -> Vec<Row> {
    [
        rows!("prometheus-client: counter", counter = &*COUNTER, _x => counter.inc()),
        rows!("prometheus-client: counter, labelled", family = &*FAMILY,
            _x => family.get_or_create(black_box(&LABELS)).inc()),
        rows!("prometheus-client: histogram", values = &*HISTOGRAM, x => values.observe(value(x))),
    ]
    .concat()
}

/// A route among those that are known beforehand, which is what its vectors are for.
#[derive(Clone, Copy, measured::FixedCardinalityLabel)]
#[label(singleton = "route")]
enum Route {
    Cart,
    Price,
}

static MEASURED: LazyLock<measured::Counter> = LazyLock::new(measured::Counter::new);
static MEASURED_BY_ROUTE: LazyLock<measured::CounterVec<StaticLabelSet<Route>>> =
    LazyLock::new(|| measured::CounterVec::with_label_set(StaticLabelSet::new()));
static MEASURED_VALUES: LazyLock<measured::Histogram<10>> =
    LazyLock::new(|| measured::Histogram::with_metadata(Thresholds::exponential_buckets(1.0, 2.0)));

fn measured() -> Vec<Row> {
    [
        rows!("measured: counter", counter = &*MEASURED, _x => counter.inc()),
        rows!("measured: counter, labelled", counters = &*MEASURED_BY_ROUTE, _x => counters.inc(black_box(Route::Cart))),
        rows!("measured: histogram", values = &*MEASURED_VALUES, x => values.observe(value(x))),
    ]
    .concat()
}

/// All of them.
pub(crate) fn rows() -> Vec<Row> {
    [ours(), metrics_util(), prometheus_client(), measured()].concat()
}
