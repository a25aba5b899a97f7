//! Guards as attributes.
#![allow(
    clippy::unused_async,
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "what is guarded here does little"
)]

mod breaker;
mod bulkhead;
mod limiter;
mod names;
mod reload;
mod retry;
mod support;
mod timeout;

#[test]
fn a_function_that_is_guarded_is_measured_too() {
    #[perf_runtime::rate_limited(rate = "1000/s")]
    fn measured() -> Result<(), perf_runtime::Rejected> {
        Ok(())
    }
    measured().unwrap();
    assert_eq!(perf_runtime::snapshot().function("measured").unwrap().calls(), 1);
}
