use perf_runtime::profiled;

#[profiled(label = kind)]
fn f(kind: &str) {}

#[profiled(label)]
fn g(kind: &str) {}

#[profiled(label(max = 3))]
fn h(kind: &str) {}

#[profiled(label())]
fn i(kind: &str) {}

fn main() {}
