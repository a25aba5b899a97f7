use perf_runtime::profiled;

#[profiled]
impl S {
    const fn silently_left_out() {}

    #[profiled]
    const fn asks() {}

    #[profiled(workload = "tiny")]
    fn wrong() {}
}

struct S;

fn main() {}
