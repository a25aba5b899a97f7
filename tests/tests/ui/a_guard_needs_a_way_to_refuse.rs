use perf_runtime::bulkhead;

#[bulkhead(16)]
fn f() {}

#[bulkhead(16)]
fn g() -> u64 {
    1
}

fn main() {}
