use perf_runtime::profiled;

#[profiled(workload = "light" name = "f")]
fn f() {}

fn main() {}
