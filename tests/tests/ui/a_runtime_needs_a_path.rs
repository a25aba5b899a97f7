use perf_runtime::profiled;

#[profiled(crate)]
fn f() {}

fn main() {}
