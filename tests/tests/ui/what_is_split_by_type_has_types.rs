use perf_runtime::profiled;

#[profiled(by_type)]
fn f<'a>(text: &'a str) -> &'a str {
    text
}

#[profiled(by_type = T)]
fn g<T>(_: T) {}

fn main() {}
