//! A snapshot with something of everything, to begin with.

use std::sync::LazyLock;

use perf_runtime::sync::{Mutex, mpsc};
use perf_runtime::{Config, Perf, Snapshot, profiled, rate_limited};

static EXAMPLE: LazyLock<Snapshot> = LazyLock::new(make);

pub(crate) fn get() -> &'static Snapshot {
    &EXAMPLE
}

#[profiled(label(kind = kind), in_flight, alloc, cpu, capture(kind), slo(p95 = "1ms", errors = 0.1))]
fn outer(kind: &str) -> Result<usize, usize> {
    let length = inner(kind.len());
    if length > 3 { Err(length) } else { Ok(length) }
}

#[profiled(workload = "micro")]
fn inner(length: usize) -> usize {
    length
}

#[rate_limited(rate = "1/s")]
#[profiled]
fn limited() -> Result<(), perf_runtime::Rejected> {
    Ok(())
}

fn make() -> Snapshot {
    let _perf = Perf::builder().config(Config::testing()).manual().start().unwrap();
    perf_runtime::metrics::install().unwrap();
    metrics::counter!("orders", "kind" => "new").increment(1);
    metrics::histogram!("items").record(2.5);
    metrics::gauge!("price").set(7.0);
    let (sender, receiver) = mpsc::sync_channel("queue", 8);
    let lock = Mutex::named("lock", 0);
    for kind in ["a", "bc", "long"] {
        let _ = outer(kind);
        let _ = limited();
        let _ = sender.send(kind);
        *lock.lock().unwrap() += 1;
    }
    let _ = receiver.recv();
    let _ = std::pin::pin!(later()).poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    perf_runtime::drain();
    perf_runtime::snapshot()
}

#[profiled]
async fn later() {}
