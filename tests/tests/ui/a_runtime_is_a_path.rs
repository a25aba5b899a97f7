use perf_runtime::profiled;

#[profiled(crate = 3)]
fn f() {}

fn main() {}
