use perf_runtime::profiled;

#[profiled(name = "a\nb")]
fn f() {}

fn main() {}
