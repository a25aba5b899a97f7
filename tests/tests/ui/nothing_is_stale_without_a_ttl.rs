use perf_runtime::cached;

#[cached(stale_while_revalidate = "10s")]
fn price(item: u32) -> u32 {
    item
}

fn main() {
    price(1);
}
