use perf_runtime::profiled;

#[profiled(sample = 1.5)]
fn f() {}

fn main() {}
