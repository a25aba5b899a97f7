use perf_runtime::bulkhead;

struct Mine;

#[bulkhead(16)]
fn f() -> Result<(), Mine> {
    Ok(())
}

fn main() {}
