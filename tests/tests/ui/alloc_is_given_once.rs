use perf_runtime::profiled;

#[profiled(alloc, workload = "micro", alloc)]
fn f() {}

fn main() {}
