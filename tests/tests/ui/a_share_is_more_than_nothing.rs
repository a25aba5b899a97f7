use perf_runtime::profiled;

#[profiled(sample = 0)]
fn f() {}

fn main() {}
