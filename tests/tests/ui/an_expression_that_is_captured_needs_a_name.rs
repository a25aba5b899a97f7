use perf_runtime::profiled;

#[profiled(capture(id, items.len()))]
fn price(id: u64, items: &[u32]) -> usize {
    items.len()
}

fn main() {}
