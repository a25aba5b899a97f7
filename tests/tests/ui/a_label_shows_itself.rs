use perf_runtime::profiled;

struct Opaque;

#[profiled(label(kind = kind))]
fn f(kind: &Opaque) {}

fn main() {}
