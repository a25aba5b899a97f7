//! However a call ends, and whatever kind of function it is of.

use super::*;

#[profiled(alloc)]
fn panics(n: usize) -> usize {
    in_all_ways(n);
    resume_unwind(Box::new(n))
}

#[profiled(alloc)]
fn survives(n: usize) -> bool {
    catch_unwind(|| panics(n)).is_err()
}

#[test]
fn a_call_that_panics_has_allocated_what_it_has() {
    // What the runtime needs for them is there then.
    (0..100).for_each(|n| assert!(survives(n)));
    let (before, before_outside) = (all("panics"), own("survives"));
    let ((), meanwhile) = truth(|| (0..100).for_each(|n| assert!(survives(n))));
    assert_eq!(all("panics") - before + (own("survives") - before_outside), meanwhile);
    assert_eq!(allocations("panics").calls(), 200);
    assert_eq!(stats("panics").panics(), 200);
}

#[profiled(alloc)]
fn fails(n: usize) -> Result<usize, Box<dyn std::error::Error>> {
    let parsed: usize = black_box(format!("{n}!")).parse()?;
    Ok(parsed)
}

#[test]
fn a_call_that_fails_has_allocated_its_error_too() {
    (0..100).for_each(|n| assert!(fails(n).is_err()));
    let before = all("fails");
    let ((), meanwhile) = truth(|| (0..100).for_each(|n| assert!(fails(n).is_err())));
    assert_eq!(all("fails") - before, meanwhile);
    assert_eq!(stats("fails").errors(), 200);
}

#[profiled(alloc)]
fn never_returns(n: usize) -> ! {
    in_all_ways(n);
    resume_unwind(Box::new(()))
}

#[track_caller]
#[profiled(alloc)]
fn tracked(n: usize) -> Result<Vec<usize>, ()> {
    if n == 0 {
        return Err(());
    }
    Ok(vec![n; n])
}

#[profiled(alloc)]
fn opaque(n: usize) -> impl Iterator<Item = usize> {
    vec![n; n].into_iter()
}

#[profiled(alloc)]
fn generic<T: Clone>(value: &T, n: usize) -> Vec<T> {
    vec![value.clone(); n]
}

#[test]
fn functions_of_all_shapes_are_counted() {
    let of = |name| (allocations(name).calls(), all(name).count);
    assert!(catch_unwind(|| never_returns(3)).is_err());
    assert_eq!(of("never_returns").0, 1);
    assert!(of("never_returns").1 > 3);
    assert_eq!((tracked(0), tracked(4)), (Err(()), Ok(vec![4; 4])));
    assert_eq!((of("tracked"), all("tracked").bytes), ((2, 1), 32));
    assert_eq!(opaque(5).sum::<usize>(), 25);
    assert_eq!((of("opaque"), all("opaque").bytes), ((1, 1), 40));
    assert_eq!((generic(&1_u8, 3).len(), generic(&1_u64, 3).len()), (3, 3));
    assert_eq!((of("generic"), all("generic").bytes), ((2, 2), 27));
}

struct Cart(Vec<u64>);

#[profiled(alloc, workload = "micro")]
impl Cart {
    fn of(n: u64) -> Self {
        Self((0..n).collect())
    }

    #[profiled(name = "copied")]
    fn copy(&self) -> Self {
        Self(self.0.clone())
    }
}

#[test]
fn a_block_asks_for_all_functions_in_it() {
    assert_eq!(Cart::of(10).copy().0.len(), 10);
    assert_eq!((all("Cart::of"), all("copied")), (Amount { count: 1, bytes: 80 }, Amount { count: 1, bytes: 80 }));
}
