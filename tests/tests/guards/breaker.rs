use std::cell::Cell;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use perf_runtime::{BreakerState, CircuitBreaker, GuardKind, Reason, Verdict, circuit_breaker, profiled, rate_limited};

use crate::support::{Error, block_on, poll, stats};

fn breaker(name: &str) -> CircuitBreaker {
    let guards = perf_runtime::guards();
    guards.find(GuardKind::CircuitBreaker, name).unwrap().handle().unwrap()
}

#[derive(Debug)]
enum Mine {
    Refused,
    Down,
    NotFound,
}

impl From<perf_runtime::Rejected> for Mine {
    fn from(_: perf_runtime::Rejected) -> Self {
        Self::Refused
    }
}

#[test]
fn an_outage_opens_it_and_the_fallback_answers() {
    static IS_DOWN: AtomicBool = AtomicBool::new(false);

    #[profiled(workload = "light")]
    #[circuit_breaker(open_for = "1h", max_open = "1h", fallback = remembered)]
    fn quote(symbol: &str) -> Result<usize, Mine> {
        if IS_DOWN.load(Relaxed) { Err(Mine::Down) } else { Ok(symbol.len()) }
    }

    fn remembered(symbol: &str) -> Result<usize, Mine> {
        Ok(100 + symbol.len())
    }

    assert_eq!(quote("abc").unwrap(), 3);
    IS_DOWN.store(true, Relaxed);
    let events = perf_runtime::subscribe();
    let failures = (0..20).take_while(|_| quote("abc").is_err()).count();
    assert!((3..15).contains(&failures), "as soon as it is sure: after {failures}");
    assert_eq!(quote("abcd").unwrap(), 104);
    let opened: Vec<_> =
        std::iter::from_fn(|| events.try_next()).filter(|event| event.name.get().ends_with("quote")).collect();
    assert_eq!(opened.iter().map(|event| (event.from, event.to)).collect::<Vec<_>>(), [("closed", "open")]);
    let stats = stats(GuardKind::CircuitBreaker, "quote");
    assert_eq!(
        (&*stats.state, stats.admitted, stats.refused),
        ("open", failures as u64 + 1, vec![("circuit_open".into(), 2)])
    );
    let function = perf_runtime::snapshot().function("quote").unwrap().clone();
    assert_eq!((function.calls(), function.errors()), (failures as u64 + 1, failures as u64));
    IS_DOWN.store(false, Relaxed);
    breaker("quote").reset();
    assert_eq!(quote("abc").unwrap(), 3);
}

#[test]
fn the_predicate_says_what_is_a_failure_and_what_says_nothing() {
    #[circuit_breaker(
        min_calls = 3,
        failure_rate = "50%",
        failure = |out: &Result<(), Mine>| match out {
            Err(Mine::Down) => Verdict::Failure,
            Err(_) => Verdict::Ignored,
            Ok(()) => Verdict::Success,
        }
    )]
    fn find(outcome: Result<(), Mine>) -> Result<(), Mine> {
        outcome
    }

    for _ in 0..10 {
        assert!(matches!(find(Err(Mine::NotFound)), Err(Mine::NotFound)));
    }
    assert_eq!(stats(GuardKind::CircuitBreaker, "find").number("calls_in_window"), Some(0.0));
    for _ in 0..3 {
        assert!(find(Err(Mine::Down)).is_err());
    }
    assert_eq!(breaker("find").state(), BreakerState::Open);
    assert!(matches!(find(Ok(())), Err(Mine::Refused)));
}

#[test]
fn a_panic_is_a_failure_and_passes_as_it_was() {
    #[circuit_breaker(min_calls = 2)]
    fn falls_over() -> Result<(), Mine> {
        panic!("on purpose")
    }

    for _ in 0..2 {
        let payload = std::panic::catch_unwind(falls_over).unwrap_err();
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"on purpose"));
    }
    assert!(matches!(falls_over(), Err(Mine::Refused)));
}

#[test]
fn guards_are_passed_in_one_order_whatever_the_order_of_the_attributes() {
    thread_local!(static RUNS: Cell<u32> = const { Cell::new(0) });

    #[rate_limited(rate = "3/h")]
    #[profiled]
    #[circuit_breaker(min_calls = 2, open_for = "1h", max_open = "1h")]
    fn breaker_last() -> Result<(), Error> {
        RUNS.with(|runs| runs.set(runs.get() + 1));
        Err(Error::Refused(perf_runtime::RateLimiter::new("1/h".parse().unwrap()).check_n(2).unwrap_err()))
    }

    for _ in 0..2 {
        assert!(breaker_last().is_err());
    }
    // The breaker is outside: an open one takes no permits.
    for _ in 0..5 {
        let Err(Error::Refused(rejected)) = breaker_last() else { panic!("admitted") };
        assert_eq!(rejected.reason(), Reason::CircuitOpen);
    }
    assert_eq!(RUNS.with(Cell::get), 2);
    assert_eq!(stats(GuardKind::RateLimiter, "breaker_last").admitted, 2);
}

#[test]
fn a_call_that_is_refused_further_in_is_no_failure_further_out() {
    #[circuit_breaker(min_calls = 1)]
    #[rate_limited(rate = "1/h")]
    fn limited() -> Result<(), Error> {
        Ok(())
    }

    assert!(limited().is_ok());
    for _ in 0..5 {
        let Err(Error::Refused(rejected)) = limited() else { panic!("admitted") };
        assert_eq!(rejected.reason(), Reason::RateLimited);
    }
    let stats = stats(GuardKind::CircuitBreaker, "limited");
    assert_eq!(stats.admitted, 1);
}

#[test]
fn futures_of_all_kinds_are_guarded_from_their_first_poll_on() {
    type Boxed<'a> = Pin<Box<dyn Future<Output = Result<u32, Mine>> + Send + 'a>>;

    struct Store(u32);

    impl Store {
        #[circuit_breaker(min_calls = 1)]
        async fn plain(&self, fails: bool) -> Result<u32, Mine> {
            std::future::ready(()).await;
            if fails { Err(Mine::Down) } else { Ok(self.0) }
        }

        #[circuit_breaker(min_calls = 1)]
        fn written_out(&self, fails: bool) -> Pin<Box<dyn Future<Output = Result<u32, Mine>> + Send + '_>> {
            Box::pin(async move { if fails { Err(Mine::Down) } else { Ok(self.0) } })
        }

        #[circuit_breaker(min_calls = 1)]
        fn opaque(&self, fails: bool) -> impl Future<Output = Result<u32, Mine>> + Send {
            let number = self.0;
            async move { if fails { Err(Mine::Down) } else { Ok(number) } }
        }
    }

    #[async_trait::async_trait]
    trait Ask {
        async fn ask(&self, fails: bool) -> Result<u32, Mine>;
    }

    #[async_trait::async_trait]
    impl Ask for Store {
        #[circuit_breaker(min_calls = 1)]
        async fn ask(&self, fails: bool) -> Result<u32, Mine> {
            self.plain_number(fails).await
        }
    }

    impl Store {
        async fn plain_number(&self, fails: bool) -> Result<u32, Mine> {
            if fails { Err(Mine::Down) } else { Ok(self.0) }
        }
    }

    let store = Store(7);
    let calls: [fn(&Store, bool) -> Boxed<'_>; 4] = [
        |store, fails| Box::pin(store.plain(fails)),
        |store, fails| store.written_out(fails),
        |store, fails| Box::pin(store.opaque(fails)),
        |store, fails| store.ask(fails),
    ];
    for call in calls {
        drop(call(&store, true));
        assert_eq!(block_on(call(&store, false)).unwrap(), 7, "what was never polled says nothing");
        assert!(matches!(block_on(call(&store, true)), Err(Mine::Down)));
        let refused = call(&store, false);
        assert!(matches!(block_on(refused), Err(Mine::Refused)));
    }
}

#[test]
fn a_future_dropped_half_way_is_no_failure() {
    #[circuit_breaker(min_calls = 1)]
    async fn waits() -> Result<(), Mine> {
        std::future::pending().await
    }

    for _ in 0..5 {
        let mut waiting = pin!(waits());
        assert!(poll(waiting.as_mut()).is_pending());
    }
    let stats = stats(GuardKind::CircuitBreaker, "waits");
    assert_eq!((&*stats.state, stats.admitted), ("closed", 5));
    assert_eq!(perf_runtime::snapshot().function("waits").unwrap().cancelled(), 5);
}
