use perf_runtime::profiled;

struct Order;

#[profiled(capture(order))]
fn store(order: &Order) {}

#[profiled(capture(%list))]
fn list(list: &[u32]) {}

fn main() {}
