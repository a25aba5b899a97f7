use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;

#[test]
fn as_many_calls_run_as_may() {
    let bulkhead = Bulkhead::new(2).unwrap();
    let first = bulkhead.try_acquire().unwrap();
    let second = bulkhead.try_acquire().unwrap();
    let refused = bulkhead.try_acquire().unwrap_err();
    assert_eq!((refused.reason(), bulkhead.in_flight()), (Reason::BulkheadFull, 2));
    drop(first);
    let third = bulkhead.call(|| bulkhead.in_flight()).unwrap();
    assert_eq!((third, bulkhead.in_flight()), (2, 1));
    second.settle(Verdict::Failure);
    let stats = bulkhead.stats();
    assert_eq!((stats.admitted, stats.refusals(), stats.in_flight), (3, 1, Some(0)));
}

#[test]
fn a_panic_and_a_question_mark_give_the_slot_back() {
    let bulkhead = Bulkhead::new(1).unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| bulkhead.call(|| panic!("on purpose"))));
    assert!(panicked.is_err());
    let failed: Result<(), Box<dyn std::error::Error>> = bulkhead.execute(|| {
        "x".parse::<u8>()?;
        Ok(())
    });
    assert!(failed.is_err());
    assert_eq!(bulkhead.in_flight(), 0);
}
