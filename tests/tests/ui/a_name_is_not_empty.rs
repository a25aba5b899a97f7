use perf_runtime::profiled;

#[profiled(name = " ")]
fn f() {}

fn main() {}
