use perf_runtime::profiled;

trait T {
    #[profiled]
    fn f();
}

fn main() {}
