use perf_runtime::profiled;

#[profiled(alloc = "all")]
fn f() {}

fn main() {}
