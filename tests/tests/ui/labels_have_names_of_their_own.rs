use perf_runtime::profiled;

#[profiled(label(kind = a, kind = b))]
fn f(a: u32, b: u32) {}

#[profiled(label(T = a), by_type)]
fn g<T>(a: u32, _: T) {}

fn main() {}
