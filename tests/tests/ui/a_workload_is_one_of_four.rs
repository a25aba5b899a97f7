use perf_runtime::profiled;

#[profiled(workload = "hevy")]
fn f() {}

fn main() {}
