use perf_runtime::profiled;

#[profiled(worklaod = "light")]
fn f() {}

fn main() {}
