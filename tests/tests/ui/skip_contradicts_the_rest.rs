use perf_runtime::profiled;

#[profiled]
mod m {
    #[profiled(skip, workload = "light")]
    fn f() {}
}

fn main() {}
