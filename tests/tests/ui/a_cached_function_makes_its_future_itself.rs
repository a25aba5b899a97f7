use perf_runtime::cached;

#[cached(ttl = "1min")]
fn price(item: u32) -> impl Future<Output = u32> {
    async move { item }
}

fn main() {
    drop(price(1));
}
