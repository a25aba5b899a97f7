use perf_runtime::profiled;

#[profiled(label(kind))]
fn f(kind: &str) {}

#[profiled(label(kind = , tier = kind))]
fn g(kind: &str) {}

fn main() {}
