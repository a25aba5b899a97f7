use perf_runtime::profiled;

struct Shop;

#[profiled(capture(id))]
impl Shop {
    fn price(id: u64) {}
}

#[profiled]
mod shop {
    #[profiled(capture(id))]
    mod inside {
        fn price(id: u64) {}
    }
}

fn main() {}
