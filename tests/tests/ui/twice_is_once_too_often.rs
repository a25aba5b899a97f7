use perf_runtime::profiled;

#[profiled]
#[inline]
#[profiled(workload = "light")]
fn f() {}

#[profiled]
impl S {
    #[profiled]
    #[profiled(skip)]
    fn g() {}
}

struct S;

fn main() {}
