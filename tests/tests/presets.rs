//! What the environments mean for guards, in a process of its own.

use std::cell::Cell;

use perf_runtime::{
    Bulkhead, CircuitBreaker, Config, Environment, GuardDefaults, Retry, Timeout, circuit_breaker, set_config,
};

#[derive(Debug)]
struct Error;

impl From<perf_runtime::Rejected> for Error {
    fn from(_: perf_runtime::Rejected) -> Self {
        Self
    }
}

#[test]
fn in_benchmarks_breakers_refuse_nothing_and_nothing_adapts() {
    #[circuit_breaker(min_calls = 1)]
    fn fails(runs: &Cell<u32>) -> Result<(), Error> {
        runs.set(runs.get() + 1);
        Err(Error)
    }

    set_config(Config::of(Environment::Benchmark)).unwrap();
    let runs = Cell::new(0);
    assert!((0..10).all(|_| fails(&runs).is_err()));
    assert_eq!(runs.get(), 10);
    let explicit = CircuitBreaker::builder().shadow(false).min_calls(1).build().unwrap();
    let refused = (0..10).filter(|_| explicit.execute(|| Err::<(), _>(Error)).is_err()).count();
    assert_eq!((refused, explicit.stats().admitted), (10, 1), "what is said is stronger");
    let limit = Bulkhead::builder().adaptive().max_concurrent(7).build().unwrap();
    assert_eq!(limit.stats().number("baseline"), None);
    assert_eq!(limit.limit(), 7);
    let longest = std::time::Duration::from_secs(3);
    assert_eq!(Timeout::adaptive().max_timeout(longest).build().unwrap().timeout(), longest);

    set_config(Config::of(Environment::Testing)).unwrap();
    assert_eq!(Retry::new(2).unwrap().stats().number("backoff"), Some(0.001));

    let guard_defaults = GuardDefaults { shadow: true, ..Config::production().guard_defaults };
    set_config(Config { guard_defaults, ..Config::production() }).unwrap();
    let breaker = CircuitBreaker::builder().min_calls(1).build().unwrap();
    assert!((0..10).all(|_| breaker.execute(|| Err::<(), _>(Error)).is_err()));
    assert_eq!(breaker.stats().admitted, 10);
}
