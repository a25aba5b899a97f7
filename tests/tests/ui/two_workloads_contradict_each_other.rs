use perf_runtime::{Rejected, circuit_breaker, profiled};

#[profiled(workload = "light")]
#[circuit_breaker(workload = "heavy")]
fn f() -> Result<(), Rejected> {
    Ok(())
}

fn main() {}
