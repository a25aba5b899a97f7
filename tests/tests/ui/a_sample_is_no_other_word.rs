use perf_runtime::profiled;

#[profiled(sample = "sometimes")]
fn f() {}

fn main() {}
