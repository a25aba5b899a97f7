use perf_runtime::cached;

#[cached(ttl = "1min")]
fn first(text: &str) -> &str {
    &text[..1]
}

fn main() {
    first("text");
}
