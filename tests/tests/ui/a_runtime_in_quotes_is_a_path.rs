use perf_runtime::profiled;

#[profiled(crate = "no path")]
fn f() {}

fn main() {}
