use perf_runtime::profiled;

#[profiled]
impl S {
    #[cfg_attr(all(), inline, profiled(skip))]
    fn f() {}
}

struct S;

fn main() {}
