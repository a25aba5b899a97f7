use perf_runtime::circuit_breaker;

#[circuit_breaker]
struct Data;

fn main() {}
