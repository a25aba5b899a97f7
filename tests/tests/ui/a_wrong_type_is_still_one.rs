use perf_runtime::profiled;

#[profiled]
fn nothing() {
    5
}

#[profiled]
fn number() -> u32 {
    "5"
}

#[profiled]
fn early(leave: bool) -> Result<u32, String> {
    if leave {
        return Ok("5");
    }
    Ok(5)
}

#[profiled]
async fn later() -> u32 {
    "5"
}

fn main() {}
