use perf_runtime::{Rejected, bulkhead};

#[bulkhead(16)]
const fn f() -> Result<(), Rejected> {
    Ok(())
}

fn main() {}
