use perf_runtime::profiled;

#[profiled(skip = true)]
fn f() {}

fn main() {}
