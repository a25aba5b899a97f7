use perf_runtime::rate_limited;

struct Mine;

#[rate_limited(rate = "1/s")]
fn f() -> Result<(), Mine> {
    Ok(())
}

fn main() {}
