use perf_runtime::profiled;

struct Order {
    id: u64,
}

#[profiled(capture(list, id = order.id))]
fn store(list: Vec<u32>, order: Order) {
    drop(list);
    drop(order);
}

#[profiled(capture(name))]
async fn greet(name: String) -> String {
    name
}

fn main() {}
