use perf_runtime::{Rejected, load_shed};

#[load_shed(priority = "hihg")]
fn f() -> Result<(), Rejected> {
    Ok(())
}

fn main() {}
