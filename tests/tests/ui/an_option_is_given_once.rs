use perf_runtime::profiled;

#[profiled(sample = 0.1, sample = 0.2)]
fn f() {}

fn main() {}
