//! Functions of 5 ns, 1 µs, 1 ms and 100 ms in one program, each with work of its own to do, for
//! [`budget`](../../budget) to run with and without `--features off`. Prints the snapshot.

use std::hint::black_box;

use perf_runtime::profiled;

/// Steps of a generator, of about 2 ns each.
fn work(steps: u64) -> u64 {
    (0..black_box(steps)).fold(black_box(1), |x, _| {
        let x = u64::wrapping_mul(x, 0x5851_F42D_4C95_7F2D).wrapping_add(1);
        x ^ (x >> 33)
    })
}

#[profiled]
#[inline(never)]
fn nanoseconds() -> u64 {
    work(2)
}

#[profiled]
#[inline(never)]
fn microsecond() -> u64 {
    work(430)
}

#[profiled]
#[inline(never)]
fn millisecond() -> u64 {
    work(430_000)
}

#[profiled]
#[inline(never)]
fn tenth_of_a_second() -> u64 {
    work(43_000_000)
}

fn main() {
    let mut all = 0;
    for _ in 0..10 {
        all ^= tenth_of_a_second();
        for _ in 0..100 {
            all ^= millisecond();
            all ^= (0..100).fold(0, |all, _| all ^ microsecond());
        }
        all ^= (0..20_000_000).fold(0, |all, _| all ^ nanoseconds());
    }
    black_box(all);
    println!("{}", perf_runtime::snapshot());
}
