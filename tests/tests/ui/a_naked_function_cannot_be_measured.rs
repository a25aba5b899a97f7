use perf_runtime::profiled;

#[profiled]
#[unsafe(naked)]
extern "C" fn f() {
    std::arch::naked_asm!("ret")
}

fn main() {}
