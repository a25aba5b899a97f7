//! Attributes that another one takes off a function are used all the same.
#![deny(warnings)]

mod imported {
    use perf_runtime::{Rejected, circuit_breaker, profiled, rate_limited};

    #[profiled(workload = "light")]
    #[circuit_breaker]
    #[rate_limited(rate = "1000/s")]
    pub(crate) fn stacked() -> Result<u32, Rejected> {
        Ok(1)
    }
}

mod by_path {
    #[perf_runtime::circuit_breaker]
    #[perf_runtime::profiled]
    pub(crate) fn stacked() -> Result<u32, perf_runtime::Rejected> {
        Ok(2)
    }
}

mod renamed {
    use perf_runtime::{Rejected, circuit_breaker as trips, rate_limited as slowed};

    /// They cannot see each other, and are nested.
    #[slowed(rate = "1/h")]
    #[trips]
    pub(crate) fn stacked() -> Result<u32, Rejected> {
        Ok(3)
    }
}

#[test]
fn whatever_they_are_called_they_all_work() {
    assert_eq!((imported::stacked(), by_path::stacked(), renamed::stacked()), (Ok(1), Ok(2), Ok(3)));
    assert!(renamed::stacked().is_err());
}
