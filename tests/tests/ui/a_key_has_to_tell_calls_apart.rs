use perf_runtime::cached;

struct Item;

#[cached(ttl = "1min")]
fn price(item: Item, discount: f64) -> f64 {
    drop(item);
    discount
}

#[cached(ttl = "1min", key = (*discount, 1))]
fn total(discount: &f64) -> f64 {
    *discount
}

fn main() {
    price(Item, 0.5);
    total(&0.5);
}
