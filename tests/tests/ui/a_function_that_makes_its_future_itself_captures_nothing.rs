use perf_runtime::profiled;

#[profiled(capture(id))]
fn price(id: u64) -> impl Future<Output = u64> {
    async move { id }
}

struct Shop;

#[profiled]
impl Shop {
    #[profiled(capture(id))]
    fn price(id: u64) -> std::pin::Pin<Box<dyn Future<Output = u64>>> {
        Box::pin(async move { id })
    }
}

fn main() {}
