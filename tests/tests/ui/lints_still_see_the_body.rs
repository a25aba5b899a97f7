#![deny(unused_variables, unused_mut, unused_must_use, dead_code, unreachable_code)]
use perf_runtime::profiled;

#[profiled]
pub fn drops_a_result() {
    fallible();
}

#[profiled]
pub fn unused(n: u32, mut m: String) -> Option<usize> {
    Some(m.len()).filter(|n| *n > 0)?.checked_add(1)
}

#[profiled]
fn never_called() -> u32 {
    return 1;
    2
}

#[profiled]
pub async fn later(n: u32, mut m: u32) {
    fallible();
}

fn fallible() -> Result<(), ()> {
    Ok(())
}

fn main() {}
