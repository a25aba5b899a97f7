use std::convert::Infallible;

use perf_runtime::tower::GuardLayer;
use perf_runtime::{KeyedRateLimiter, Rate};
use tower::{Layer, Service, service_fn};

fn serve(_: impl Service<u32>) {}

fn main() {
    let layer = GuardLayer::new(KeyedRateLimiter::new(Rate::per_second(1))).on_rejected(|_| 0_u32);
    serve(layer.layer(service_fn(async |number: u32| Ok::<u32, Infallible>(number))));
}
