use perf_runtime::profiled;

#[profiled(colour = "red")]
fn f() {}

fn main() {}
