//! Other attributes beside ours, in any order.

use std::panic::Location;

use crate::{Counts, block_on, counts};

/// Documented before.
#[must_use]
#[perf_runtime::profiled]
#[inline]
fn before_and_after(n: u32) -> Option<u32> {
    n.checked_add(1)?.checked_mul(2)
}

#[perf_runtime::profiled(workload = "micro")]
/// Documented after.
#[deprecated = "for the test"]
#[inline(always)]
#[must_use = "for the test"]
fn all_after(n: u32) -> Option<u32> {
    n.checked_add(1)?.checked_mul(2)
}

#[cold]
#[perf_runtime::profiled]
#[inline(never)]
#[allow(unused_variables, clippy::needless_return)]
#[doc(hidden)]
#[cfg_attr(all(), allow(dead_code))]
fn in_between(unused: u32) -> u32 {
    return 3;
}

#[perf_runtime::profiled]
#[must_use = "the number"]
async fn must_use_later(n: u32) -> u32 {
    n
}

#[deprecated]
#[perf_runtime::profiled]
#[inline]
/// Documented.
async fn deprecated_later(n: u32) -> u32 {
    n
}

#[perf_runtime::profiled]
fn inner_attributes(unused: u32) -> Option<u32> {
    #![allow(unused_variables)]
    //! Documented inside.
    let unused_too = 4;
    Some(5_u32)?.checked_add(1)
}

#[perf_runtime::profiled]
async fn inner_attributes_later(unused: u32) -> u32 {
    #![allow(unused_variables)]
    let unused_too = 4;
    5
}

#[perf_runtime::profiled]
#[unsafe(no_mangle)]
#[allow(unsafe_code)]
extern "C" fn perf_shapes_exported(n: u32) -> u32 {
    if n == 0 {
        return 0;
    }
    n + 1
}

#[test]
#[allow(deprecated)]
fn attributes_may_stand_in_any_order() {
    assert_eq!((before_and_after(1), all_after(1), in_between(1)), (Some(4), Some(4), 3));
    assert_eq!((block_on(must_use_later(1)), block_on(deprecated_later(2))), (1, 2));
    assert_eq!((inner_attributes(1), block_on(inner_attributes_later(1)), perf_shapes_exported(1)), (Some(6), 5, 2));
    assert_eq!(counts("attributes::all_after"), Counts::calls(1));
    assert_eq!(counts("attributes::must_use_later"), Counts::calls(1));
    assert_eq!(counts("attributes::inner_attributes_later"), Counts::calls(1));
}

#[perf_runtime::profiled]
#[test]
fn a_test_may_be_measured() {
    assert_eq!(Location::caller().file(), file!());
}

#[test]
#[perf_runtime::profiled]
fn a_test_may_be_measured_the_other_way_round() -> Result<(), std::num::ParseIntError> {
    "1".parse::<u32>()?;
    Ok(())
}

#[perf_runtime::profiled]
#[test]
#[should_panic = "on purpose"]
fn a_test_that_should_panic_may_be_measured() {
    panic!("on purpose");
}

#[test]
fn an_item_inside_a_body_may_be_measured() {
    fn outer() -> u32 {
        #[perf_runtime::profiled]
        fn inner(n: u32) -> u32 {
            n + 1
        }
        inner(1)
    }
    assert_eq!(outer(), 2);
    assert_eq!(counts("outer::inner"), Counts::calls(1));
}
