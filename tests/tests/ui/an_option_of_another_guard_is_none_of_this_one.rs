use perf_runtime::{Rejected, load_shed};

#[load_shed(max_concurrent = 16, max_load = "120%")]
fn f() -> Result<(), Rejected> {
    Ok(())
}

fn main() {}
