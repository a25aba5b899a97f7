//! That counting takes nothing of what it counts.

use super::*;

#[profiled(alloc)]
fn nothing(n: u64) -> u64 {
    black_box(n)
}

#[profiled(alloc, sample = "always")]
fn always(n: u64) -> Result<u64, u64> {
    if n.is_multiple_of(2) { Ok(n) } else { Err(n) }
}

#[profiled(alloc)]
fn nested(n: u64) -> u64 {
    if n == 0 { 0 } else { nested(n - 1) + nothing(n) }
}

#[profiled(alloc)]
async fn later(n: u64) -> u64 {
    nothing(n)
}

fn all_kinds() {
    for n in 0..20_000 {
        nothing(n);
        let _ = always(n);
        nested(3);
        assert!(pin!(later(n)).poll(&mut Context::from_waker(Waker::noop())).is_ready());
        drop(later(n));
    }
}

#[test]
fn counting_allocates_nothing_once_warm() {
    all_kinds();
    assert_eq!(truth(all_kinds).1, Amount::default());
    for name in ["costs::nothing", "always", "nested", "costs::later"] {
        assert_eq!(all(name), Amount::default(), "{name}");
    }
}

#[test]
fn an_annotated_allocator_inside_is_measured_and_allocates_nothing_itself() {
    in_all_ways(10);
    let inside = stats("allocate");
    assert!(inside.calls() > 0);
    assert_eq!(inside.allocations().map(Allocations::count), Some(0));
}
