use perf_runtime::profiled;

#[profiled(worklod = "light", sample = 2, name = "")]
fn f() {}

fn main() {}
