//! Once they are warm, guards allocate nothing: for calls that pass, that wait, that are refused or cancelled.

use std::future::{pending, ready};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use counting::Counting;
use perf_runtime::{
    Algorithm, Bulkhead, Cache, CircuitBreaker, KeyedRateLimiter, LoadShedder, Priority, Rate, RateLimiter, Rejected,
    Retry, Timeout, bulkhead, cached, circuit_breaker, profiled, rate_limited,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Of a thousand turns, after ten to warm up.
fn allocations(mut turn: impl FnMut()) -> u64 {
    (0..10).for_each(|_| turn());
    counting::allocations(|| (0..1000).for_each(|_| turn()))
}

fn poll<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

#[derive(Clone, Debug)]
struct Failed;

impl From<Rejected> for Failed {
    fn from(_: Rejected) -> Self {
        Self
    }
}

#[test]
fn a_bulkhead_allocates_nothing() {
    for bulkhead in [Bulkhead::builder(), Bulkhead::builder().adaptive().max_limit(1)] {
        let bulkhead = bulkhead.max_concurrent(1).max_wait(Duration::MAX).build().unwrap();
        let passes = || {
            drop(bulkhead.call(|| 1));
            assert!(bulkhead.execute(|| Err::<(), _>(Failed)).is_err());
            assert!(poll(pin!(bulkhead.call_async(ready(1)))).is_some());
            assert!(poll(pin!(bulkhead.execute_async(ready(Ok::<_, Rejected>(1))))).is_some());
        };
        assert_eq!(allocations(passes), 0);
        let waits = || {
            let permit = bulkhead.acquire().unwrap();
            let (mut first, mut second) = (pin!(bulkhead.acquire_async()), pin!(bulkhead.acquire_async()));
            assert!(poll(first.as_mut()).is_none() && poll(second.as_mut()).is_none());
            assert!(bulkhead.try_acquire().is_err());
            drop(permit);
            drop(poll(first.as_mut()).unwrap());
            drop(poll(second.as_mut()).unwrap());
            let _permit = bulkhead.acquire().unwrap();
            assert!(poll(pin!(bulkhead.call_async(ready(1)))).is_none());
        };
        assert_eq!(allocations(waits), 0);
    }
}

#[test]
fn a_timeout_allocates_nothing() {
    for timeout in [Timeout::new(Duration::from_secs(3600)).unwrap(), Timeout::adaptive().build().unwrap()] {
        let turn = || {
            assert!(poll(pin!(timeout.call_async(ready(1)))).is_some());
            assert!(poll(pin!(timeout.execute_async(ready(Ok::<_, Rejected>(1))))).is_some());
            assert!(poll(pin!(timeout.call_async(pending::<()>()))).is_none());
        };
        assert_eq!(allocations(turn), 0);
    }
}

#[test]
fn a_cache_allocates_nothing_for_what_is_there() {
    for ttl in [None, Some(Duration::from_secs(3600))] {
        let cache = Cache::<u32, u64>::new(1000).unwrap();
        cache.set_ttl(ttl).unwrap();
        let mut number = 0;
        let turn = || {
            number = (number + 1) % 7;
            assert_eq!(cache.get_or_load(number, || 10), 10);
            assert_eq!(cache.try_get_or_load(number, || Err(())), Ok(10));
            assert_eq!(cache.get(&number), Some(10));
            assert_eq!(poll(pin!(cache.get_or_load_async(number, pending()))), Some(10));
            assert_eq!(poll(pin!(cache.try_get_or_load_async(number, pending::<Result<_, ()>>()))), Some(Ok(10)));
        };
        assert_eq!(allocations(turn), 0);
        let texts = Cache::<String, std::sync::Arc<str>>::new(1000).unwrap();
        texts.insert("known".to_owned(), "value".into());
        assert_eq!(allocations(|| assert!(texts.get("known").is_some() && texts.get("unknown").is_none())), 0);
    }
}

#[test]
fn a_cached_function_allocates_nothing_for_calls_that_it_remembers_however_its_key_is_made() {
    struct User {
        name: String,
    }

    impl User {
        #[cached(ttl = "1h", key = (&self.name, number % 2))]
        fn of_several(&self, number: usize) -> usize {
            self.name.len() + number
        }
    }

    #[cached(ttl = "1h")]
    fn of_borrows(text: &str, list: &[u64], number: u32, name: &String) -> Result<usize, Failed> {
        if number == 0 { Err(Failed) } else { Ok(text.len() + list.len() + name.len()) }
    }

    #[cached]
    fn of_nothing() -> std::sync::Arc<str> {
        "text".into()
    }

    #[cached(key = name.as_str())]
    async fn of_a_part(name: String) -> usize {
        name.len()
    }

    let user = User { name: "somebody".to_owned() };
    let mut names = vec![String::from("taken by the call"); 1100].into_iter();
    let turn = || {
        assert_eq!(of_borrows("text", &[1, 2, 3], 4, &user.name).unwrap(), 15);
        assert_eq!(user.of_several(4), 12);
        assert_eq!(of_nothing().len(), 4);
        assert_eq!(poll(pin!(of_a_part(names.next().unwrap()))), Some(17));
    };
    assert_eq!(allocations(turn), 0);
}

#[test]
fn limiters_allocate_nothing_whether_they_admit_or_refuse() {
    let plenty = Rate::per_second(1_000_000_000);
    let windows = [Algorithm::TokenBucket, Algorithm::FixedWindow, Algorithm::SlidingWindow];
    for algorithm in windows {
        for rate in [Rate::per_second(1_000_000), Rate::per_hour(1)] {
            let limiter = RateLimiter::builder().rate(rate).algorithm(algorithm).build().unwrap();
            assert_eq!(allocations(|| drop(limiter.check())), 0);
        }
    }
    let leased = RateLimiter::builder().rate(plenty).burst(1_000_000).build().unwrap();
    assert_eq!(allocations(|| leased.check().unwrap()), 0);
    let keyed = KeyedRateLimiter::builder().rate(plenty).burst(1_000_000).build().unwrap();
    assert_eq!(allocations(|| keyed.check("a key that is known").unwrap()), 0);
    let mut stranger = 0;
    let strangers = || {
        stranger += 1;
        drop(keyed.check(&stranger));
    };
    assert_eq!(allocations(strangers), 0);
}

#[test]
fn a_breaker_allocates_nothing_closed_failing_or_open() {
    let breaker = CircuitBreaker::builder().open_for(Duration::from_nanos(1)).build().unwrap();
    let mut turns = 0_u32;
    let turn = || {
        turns += 1;
        drop(breaker.execute(|| if turns.is_multiple_of(3) { Ok(()) } else { Err(Failed) }));
    };
    assert_eq!(allocations(turn), 0);
}

#[test]
fn a_retry_allocates_nothing_whether_it_tries_again_or_not() {
    let retry = Retry::builder().attempts(3).backoff(Duration::ZERO).reserve(10_000).build().unwrap();
    let turn = || {
        assert!(retry.execute(|| Ok::<_, Failed>(1)).is_ok());
        assert!(retry.execute(|| Err::<(), _>(Failed)).is_err());
        assert!(poll(pin!(retry.execute_async(|| ready(Ok::<_, Failed>(1))))).is_some());
    };
    assert_eq!(allocations(turn), 0);
}

#[test]
fn a_shedder_allocates_nothing_whether_it_admits_or_refuses() {
    let shedder = LoadShedder::builder().max_load(1.0).max_queueing(Duration::from_nanos(1)).build().unwrap();
    let turn = || {
        let _ = (shedder.should_process_at(Priority::Low), shedder.call(|| 1));
        drop(poll(pin!(shedder.call_async(ready(1)))).unwrap());
        shedder.record_queueing(Duration::from_secs(1));
    };
    assert_eq!(allocations(turn), 0);
    while shedder.refusing(Priority::Normal) < 0.9 {
        shedder.record_queueing(Duration::from_secs(1));
        std::thread::yield_now();
    }
    assert_eq!(allocations(turn), 0);
    assert!(shedder.stats().refusals() > 0);
}

#[test]
fn a_function_under_several_guards_allocates_nothing() {
    #[profiled]
    #[circuit_breaker]
    #[rate_limited(rate = "1_000_000_000/s", burst = 1_000_000, key = number % 7)]
    #[bulkhead(4)]
    fn guarded(number: u32) -> Result<u32, Failed> {
        if number.is_multiple_of(100) { Err(Failed) } else { Ok(number) }
    }

    #[circuit_breaker]
    #[bulkhead(4)]
    async fn guarded_async(number: u32) -> Result<u32, Failed> {
        ready(if number.is_multiple_of(100) { Err(Failed) } else { Ok(number) }).await
    }

    let mut number = 0;
    let turn = || {
        number += 1;
        drop(guarded(number));
        drop(poll(pin!(guarded_async(number))).unwrap());
    };
    assert_eq!(allocations(turn), 0);
}

#[test]
fn layers_of_tower_allocate_nothing_where_nobody_waits() {
    use perf_runtime::WhenLimited;
    use perf_runtime::tower::GuardLayer;
    use tower::{Layer, Service, service_fn};

    let plenty = RateLimiter::builder().rate(Rate::per_second(1_000_000_000)).burst(1_000_000);
    let patient = plenty.clone().when_limited(WhenLimited::Wait).build().unwrap();
    let slots = Bulkhead::builder().max_concurrent(1).max_wait(Duration::MAX).build().unwrap();
    let layer = GuardLayer::new(CircuitBreaker::new()).and(plenty.build().unwrap()).and(patient).and(slots);
    let refusing = GuardLayer::new(CircuitBreaker::new()).and(RateLimiter::new(Rate::per_hour(1)));
    let service = service_fn(|number: u32| ready(if number.is_multiple_of(100) { Err(Failed) } else { Ok(number) }));
    let (mut passed, mut refused) = (layer.layer(service), refusing.layer(service));
    let mut number = 0;
    let turn = || {
        number += 1;
        drop(poll(pin!(passed.clone().call(number))).unwrap());
        drop(poll(pin!(passed.call(number))).unwrap());
        drop(poll(pin!(refused.call(number))).unwrap());
    };
    assert_eq!(allocations(turn), 0);
}
