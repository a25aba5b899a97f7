use perf_runtime::profiled;

#[profiled(name = "all")]
impl S {
    fn f() {}
}

struct S;

fn main() {}
