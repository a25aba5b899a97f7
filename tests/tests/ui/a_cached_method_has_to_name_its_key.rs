use perf_runtime::cached;

struct Shop {
    name: String,
}

impl Shop {
    #[cached(ttl = "1min")]
    fn price(&self, item: u32) -> usize {
        self.name.len() + item as usize
    }
}

fn main() {
    Shop { name: String::new() }.price(1);
}
