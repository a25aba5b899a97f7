use perf_runtime::profiled;

#[profiled(sample = true)]
fn f() {}

fn main() {}
