use perf_runtime::profiled;

#[profiled]
fn moves(text: String) -> Option<String> {
    drop(text);
    None?;
    Some(text)
}

fn main() {}
