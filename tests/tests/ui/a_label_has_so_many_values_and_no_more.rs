use perf_runtime::profiled;

#[profiled(label(kind = kind, max = 0))]
fn f(kind: &str) {}

#[profiled(label(kind = kind, max = 1_000_000))]
fn g(kind: &str) {}

#[profiled(label(kind = kind, max = many))]
fn h(kind: &str) {}

fn main() {}
