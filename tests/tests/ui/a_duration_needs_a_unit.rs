use perf_runtime::{Rejected, circuit_breaker};

#[circuit_breaker(open_for = "500", max_open = 30)]
fn f() -> Result<(), Rejected> {
    Ok(())
}

fn main() {}
