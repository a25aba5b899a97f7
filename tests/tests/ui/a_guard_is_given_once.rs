use perf_runtime::{Rejected, bulkhead};

#[bulkhead(16)]
#[bulkhead(max_concurrent = 8)]
fn f() -> Result<(), Rejected> {
    Ok(())
}

fn main() {}
