use perf_runtime::profiled;

#[profiled(capture)]
fn nothing(id: u64) {}

#[profiled(capture())]
fn empty(id: u64) {}

fn main() {}
