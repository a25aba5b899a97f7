use perf_runtime::profiled;

#[profiled]
struct S;

fn main() {}
