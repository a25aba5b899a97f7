use perf_runtime::profiled;

#[profiled("light")]
fn f() {}

fn main() {}
