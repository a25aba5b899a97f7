use perf_runtime::profiled;

#[profiled(workload = light)]
fn f() {}

fn main() {}
