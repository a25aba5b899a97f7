//! What a call allocates, with what it calls and without.

use super::*;

#[profiled(alloc)]
fn outer(n: usize) -> (Amount, Amount) {
    let (_, before) = truth(|| in_all_ways(n));
    let inner = (0..3).map(|i| inner(n + i)).fold(Amount::default(), Add::add);
    let (_, after) = truth(|| in_all_ways(n / 2));
    (before + inner + after, before + after)
}

#[profiled(alloc)]
fn inner(n: usize) -> Amount {
    truth(|| in_all_ways(n)).1
}

#[test]
fn counts_and_bytes_are_those_of_the_allocator_underneath_inclusive_and_own() {
    let (mut inclusive, mut exclusive) = (Amount::default(), Amount::default());
    for n in 0..2_000 {
        let (with, without) = outer(n);
        (inclusive, exclusive) = (inclusive + with, exclusive + without);
    }
    assert_eq!((all("plain::outer"), own("plain::outer")), (inclusive, exclusive));
    assert_eq!(all("plain::inner"), inclusive - exclusive);
    assert_eq!(own("plain::inner"), all("plain::inner"));
    assert_eq!((allocations("plain::outer").calls(), allocations("plain::inner").calls()), (2_000, 6_000));
    let each = allocations("plain::outer").own_per_call();
    assert!((each - exclusive.count as f64 / 2_000.0).abs() < 1e-9, "{each}");
}

#[profiled]
fn not_asked(n: usize) -> Amount {
    let (_, here) = truth(|| in_all_ways(n));
    here + under_not_asked(n)
}

#[profiled(alloc)]
fn under_not_asked(n: usize) -> Amount {
    truth(|| in_all_ways(n)).1
}

#[profiled(alloc)]
fn over_not_asked(n: usize) -> Amount {
    not_asked(n)
}

#[test]
fn what_a_function_does_that_was_not_asked_is_its_callers_own() {
    let inclusive = (0..100).map(over_not_asked).fold(Amount::default(), Add::add);
    assert_eq!(all("over_not_asked"), inclusive);
    assert_eq!(own("over_not_asked"), inclusive - all("under_not_asked"));
    assert!(stats("not_asked").allocations().is_none());
    assert!(!stats("not_asked").is_missing_allocator());
}

#[profiled(alloc)]
fn grows() {
    let mut list: Vec<u64> = Vec::with_capacity(4);
    list.reserve_exact(8);
    list.reserve_exact(100);
    black_box(&mut list).shrink_to(10);
}

#[test]
fn a_reallocation_is_an_allocation_of_the_new_size_and_frees_the_old() {
    grows();
    let known = allocations("grows");
    assert_eq!((known.count(), known.bytes()), (4, (4 + 8 + 100 + 10) * 8));
    assert_eq!(known.peak_live_bytes(), 800);
}

#[profiled(alloc)]
fn rises_and_falls(n: usize) {
    drop(black_box(vec![0_u8; n]));
    drop(black_box(vec![0_u8; n / 2]));
}

#[profiled(alloc)]
fn holds_while_another_rises() {
    let _held = black_box(vec![0_u8; 300]);
    rises_and_falls(1_000);
    drop(black_box(vec![0_u8; 400]));
}

#[profiled(alloc)]
fn frees_what_it_was_given(given: Vec<u8>) {
    drop(given);
    drop(black_box(vec![0_u8; 50]));
}

#[test]
fn the_peak_is_how_far_live_bytes_rose_above_where_the_call_began() {
    holds_while_another_rises();
    assert_eq!(allocations("holds_while_another_rises").peak_live_bytes(), 1_300);
    assert_eq!(allocations("rises_and_falls").peak_live_bytes(), 1_000);
    assert_eq!(allocations("rises_and_falls").bytes(), 1_500);
    frees_what_it_was_given(vec![0; 10_000]);
    assert_eq!(allocations("frees_what_it_was_given").peak_live_bytes(), 0);
    frees_what_it_was_given(Vec::new());
    assert_eq!(allocations("frees_what_it_was_given").peak_live_bytes(), 50);
}

#[profiled(alloc)]
fn of_many_sizes(n: usize) {
    for _ in 0..n {
        black_box(vec![0_u8; 10]);
    }
}

#[test]
fn the_largest_call_is_known() {
    [3, 9, 1].into_iter().for_each(of_many_sizes);
    let known = allocations("of_many_sizes");
    assert_eq!((known.most_per_call(), known.most_bytes_per_call(), known.count()), (9, 90, 13));
}
