use perf_runtime::profiled;

#[profiled(workload)]
fn f() {}

fn main() {}
