use perf_runtime::profiled;

#[profiled]
const fn f() {}

fn main() {}
