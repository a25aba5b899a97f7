use perf_runtime::load_shed;

#[load_shed]
struct Data;

fn main() {}
