use std::convert::Infallible;

use perf_runtime::tower::GuardLayer;
use perf_runtime::{CircuitBreaker};
use tower::{Layer, Service, service_fn};

fn serve(_: impl Service<u32>) {}

fn main() {
    let layer = GuardLayer::new(CircuitBreaker::new());
    serve(layer.layer(service_fn(async |number: u32| Ok::<u32, Infallible>(number))));
}
