use perf_runtime::profiled;

#[profiled(sample = -0.1)]
fn f() {}

fn main() {}
