use perf_runtime::cached;

struct Quote(f64);

#[cached(ttl = "1min")]
fn quote(item: u32) -> Quote {
    Quote(f64::from(item))
}

fn main() {
    quote(1);
}
