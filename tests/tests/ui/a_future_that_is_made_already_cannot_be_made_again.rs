use perf_runtime::{Rejected, retry};

#[retry]
fn f() -> impl Future<Output = Result<(), Rejected>> {
    async { Ok(()) }
}

fn main() {}
