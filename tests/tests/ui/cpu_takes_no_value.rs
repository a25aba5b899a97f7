use perf_runtime::profiled;

#[profiled(cpu = true)]
fn f() {}

fn main() {}
