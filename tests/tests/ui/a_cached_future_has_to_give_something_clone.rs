use perf_runtime::cached;

struct Quote(f64);

#[cached(ttl = "1min")]
async fn quote(item: u32) -> Result<Quote, ()> {
    Ok(Quote(f64::from(item)))
}

fn main() {
    drop(quote(1));
}
