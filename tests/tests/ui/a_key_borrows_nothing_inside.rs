use perf_runtime::cached;

#[cached(ttl = "1min")]
fn length(text: Option<&str>) -> usize {
    text.map_or(0, str::len)
}

fn main() {
    length(Some("text"));
}
