use perf_runtime::{Rejected, timeout};

#[timeout("1s")]
fn f() -> Result<(), Rejected> {
    Ok(())
}

fn main() {}
