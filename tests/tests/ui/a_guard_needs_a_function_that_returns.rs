use perf_runtime::bulkhead;

#[bulkhead(16)]
fn f() -> ! {
    loop {}
}

fn main() {}
