use perf_runtime::profiled;

#[profiled(capture(= 3))]
fn price(id: u64) {}

#[profiled(capture(id, len = ))]
fn size(id: u64) {}

fn main() {}
