use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::task::Poll;

use perf_runtime::{AnyCache, GuardKind, Reason, Rejected, bulkhead, cached, circuit_breaker, profiled, timeout};

use crate::support::{block_on, poll, stats};

/// Counts, and says how many there were before.
macro_rules! counted {
    () => {{
        static CALLS: AtomicU32 = AtomicU32::new(0);
        CALLS.fetch_add(1, SeqCst)
    }};
}

fn handle(name: &str) -> AnyCache {
    perf_runtime::guards().find(GuardKind::Cache, name).and_then(perf_runtime::Guard::handle).expect("it is known")
}

#[test]
fn a_call_with_the_same_arguments_is_answered_from_memory() {
    #[cached(capacity = 100, ttl = "1h")]
    fn remembers(name: &str, list: &[u32], times: u32, flag: Option<bool>, (left, _): (u8, String)) -> String {
        format!("{} {name} {list:?} {times} {flag:?} {left}", counted!())
    }

    let call = |name: &str, times| remembers(name, &[1, 2], times, None, (1, "right".to_owned()));
    assert_eq!(call("a", 1), "0 a [1, 2] 1 None 1");
    assert_eq!(call(&String::from("a"), 1), "0 a [1, 2] 1 None 1");
    assert_eq!(call("a", 2), "1 a [1, 2] 2 None 1");
    assert_eq!(call("b", 1), "2 b [1, 2] 1 None 1");
    let stats = stats(GuardKind::Cache, "remembers");
    assert_eq!(stats.admitted, 3);
    let number = |name| stats.number(name);
    assert_eq!((number("hits"), number("misses"), number("entries")), (Some(1.0), Some(3.0), Some(3.0)));
    assert_eq!((number("capacity"), number("ttl")), (Some(100.0), Some(3600.0)));
    assert_eq!(perf_runtime::snapshot().function("remembers").unwrap().calls(), 3, "an answer is no call");
}

#[test]
fn an_error_is_not_kept_unless_asked() {
    #[cached]
    fn forgets(number: u32) -> Result<u32, u32> {
        if number == 0 { Err(counted!()) } else { Ok(number) }
    }

    #[cached(cache_errors)]
    fn keeps(number: u32) -> Result<u32, u32> {
        if number == 0 { Err(counted!()) } else { Ok(number) }
    }

    assert_eq!((forgets(0), forgets(0), forgets(1), forgets(1)), (Err(0), Err(1), Ok(1), Ok(1)));
    assert_eq!((keeps(0), keeps(0), keeps(1)), (Err(0), Err(0), Ok(1)));
    assert_eq!(handle("forgets").len(), 1);
    assert_eq!(handle("keeps").len(), 2);
}

#[test]
fn of_errors_nothing_is_asked_where_they_are_not_kept() {
    #[cached(key = fails)]
    fn by_another_name(fails: bool) -> std::io::Result<String> {
        if fails { Err(std::io::Error::other("it cannot be cloned")) } else { Ok("it can".to_owned()) }
    }

    #[cached]
    async fn later(fails: bool) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        if fails { Err("no".into()) } else { Ok(7) }
    }

    assert!((0..2).all(|_| by_another_name(true).is_err() && by_another_name(false).is_ok()));
    assert!((0..2).all(|_| block_on(later(true)).is_err() && block_on(later(false)).is_ok()));
    assert_eq!((handle("by_another_name").len(), handle("later").len()), (1, 1));
}

#[test]
fn an_async_function_is_answered_too_and_its_errors_are_not_kept() {
    #[cached(ttl = "1h")]
    async fn asks(name: &str, fails: bool) -> Result<String, u32> {
        tokio::task::yield_now().await;
        if fails { Err(counted!()) } else { Ok(format!("{name} {}", counted!())) }
    }

    block_on(async {
        assert_eq!(asks("a", false).await, Ok("a 0".to_owned()));
        assert_eq!(asks("a", false).await, Ok("a 0".to_owned()));
        assert_eq!(asks("a", true).await, Err(0));
        assert_eq!(asks("a", true).await, Err(1));
    });
}

#[test]
fn tasks_that_ask_for_the_same_key_wait_for_one_load() {
    #[cached]
    async fn slow(key: u32) -> u32 {
        tokio::task::yield_now().await;
        key + counted!()
    }

    let (mut first, mut second) = (pin!(slow(7)), pin!(slow(7)));
    assert!(poll(first.as_mut()).is_pending());
    assert!(poll(second.as_mut()).is_pending());
    assert_eq!(poll(first.as_mut()), Poll::Ready(7));
    assert_eq!(poll(second.as_mut()), Poll::Ready(7));
    assert_eq!(stats(GuardKind::Cache, "tasks_that_ask_for_the_same_key_wait_for_one_load::slow").admitted, 1);
}

#[test]
fn a_key_is_an_expression_of_the_arguments_or_several() {
    struct User {
        id: u32,
        name: String,
    }

    impl User {
        #[cached(key = self.id)]
        fn by_number(&self) -> u32 {
            counted!()
        }

        #[cached(key = (&self.name, part, times % 2))]
        fn by_several(&self, part: &str, times: u32) -> (u32, usize) {
            (counted!(), part.len())
        }

        #[cached(key = self.name.as_str())]
        async fn by_text(&self) -> u32 {
            counted!()
        }
    }

    #[cached(key = text.len())]
    fn by_length(text: String, _unlike: f64) -> u32 {
        _ = text;
        counted!()
    }

    let [one, other] = [(1, "a"), (2, "a")].map(|(id, name)| User { id, name: name.to_owned() });
    assert_eq!([one.by_number(), other.by_number(), one.by_number()], [0, 1, 0]);
    assert_eq!([one.by_several("x", 1), other.by_several("x", 3)], [(0, 1), (0, 1)]);
    assert_eq!([one.by_several("x", 2), other.by_several("y", 1)], [(1, 1), (2, 1)]);
    assert_eq!([block_on(one.by_text()), block_on(other.by_text())], [0, 0]);
    assert_eq!([by_length("ab".to_owned(), 0.5), by_length("cd".to_owned(), 1.5)], [0, 0]);
}

#[test]
fn every_instance_of_a_generic_function_has_values_of_its_own() {
    trait Named {
        const NAME: &'static str;
    }

    struct One;
    struct Other;

    impl Named for One {
        const NAME: &'static str = "one";
    }

    impl Named for Other {
        const NAME: &'static str = "other";
    }

    #[cached]
    fn name<T: Named>() -> (&'static str, u32) {
        (T::NAME, counted!())
    }

    #[cached]
    fn twice<T: Clone + std::hash::Hash + Eq + Send + Sync + 'static>(value: T) -> (T, T) {
        counted!();
        (value.clone(), value)
    }

    assert_eq!([name::<One>(), name::<Other>(), name::<One>()], [("one", 0), ("other", 1), ("one", 0)]);
    assert_eq!((twice(1_u8), twice("a"), twice(1_u8)), ((1, 1), ("a", "a"), (1, 1)));
    let twice = handle("twice");
    assert_eq!(twice.len(), 2);
    twice.clear();
    assert!(twice.is_empty());
}

#[test]
fn functions_of_one_name_share_numbers_and_never_values() {
    #[cached(name = "shared", capacity = 7)]
    fn one(key: u32) -> u32 {
        key
    }

    #[cached(name = "shared", capacity = 9)]
    fn other(key: u32) -> u32 {
        key + 1
    }

    assert_eq!((one(1), other(1), one(1), other(1)), (1, 2, 1, 2));
    let stats = stats(GuardKind::Cache, "shared");
    assert_eq!((stats.admitted, stats.number("hits"), stats.number("capacity")), (2, Some(2.0), Some(7.0)));
}

#[test]
fn an_answer_passes_no_guard_and_a_refusal_is_not_kept() {
    #[cached]
    #[circuit_breaker(min_calls = 1, fallback = instead)]
    #[profiled(workload = "light")]
    fn guarded(key: u32) -> Result<u32, Rejected> {
        _ = key;
        Ok(counted!())
    }

    fn instead(_: u32) -> Result<u32, Rejected> {
        Ok(1000)
    }

    assert_eq!(guarded(1).unwrap(), 0);
    let breaker: perf_runtime::CircuitBreaker =
        perf_runtime::guards().find(GuardKind::CircuitBreaker, "guarded").unwrap().handle().unwrap();
    breaker.force_open();
    assert_eq!(guarded(1).unwrap(), 0, "it is there");
    assert_eq!(guarded(2).unwrap(), 1000);
    breaker.force_closed();
    assert_eq!(guarded(2).unwrap(), 1, "the fallback's value was not kept");
    assert_eq!(stats(GuardKind::CircuitBreaker, "guarded").admitted, 2);
}

#[test]
fn a_refusal_that_is_an_error_is_not_kept_though_errors_are() {
    #[cached(cache_errors)]
    #[bulkhead(1)]
    async fn full(key: u32) -> Result<u32, Clonable> {
        tokio::task::yield_now().await;
        Ok(key)
    }

    #[derive(Clone, Debug)]
    struct Clonable;

    impl From<Rejected> for Clonable {
        fn from(rejected: Rejected) -> Self {
            assert_eq!(rejected.reason(), Reason::BulkheadFull);
            Self
        }
    }

    let mut first = pin!(full(1));
    assert!(poll(first.as_mut()).is_pending());
    assert!(matches!(poll(pin!(full(2))), Poll::Ready(Err(Clonable))));
    assert!(matches!(poll(first.as_mut()), Poll::Ready(Ok(1))));
    assert_eq!(block_on(full(2)).unwrap(), 2);
}

#[test]
fn what_a_cache_goes_by_changes_while_it_runs_and_values_stay() {
    #[cached(capacity = 64)]
    fn steered(key: u32) -> u32 {
        key + counted!()
    }

    (0..10).for_each(|key| assert_eq!(steered(key), 2 * key));
    let guards = perf_runtime::guards();
    let guard = guards.find(GuardKind::Cache, "steered").unwrap();
    guard.set("ttl", "2h").unwrap();
    guard.set("stale_while_revalidate", "1min").unwrap();
    guard.set("capacity", "128").unwrap();
    assert!(guard.set("capacity", "0").is_err());
    (0..10).for_each(|key| assert_eq!(steered(key), 2 * key));
    let stats = guard.stats();
    let numbers = ["ttl", "stale_while_revalidate", "capacity", "hits"].map(|name| stats.number(name));
    assert_eq!(numbers, [Some(7200.0), Some(60.0), Some(128.0), Some(10.0)]);
    guard.set("capacity", "4").unwrap();
    assert!(guard.stats().number("entries").unwrap() <= 4.0);
    assert!(guard.stats().number("evictions").unwrap() >= 6.0);
    guard.set("ttl", "1ns").unwrap();
    guard.set("stale_while_revalidate", "1ns").unwrap();
}

#[test]
fn a_function_that_asks_for_itself_with_the_same_key_does_not_wait_for_itself() {
    #[cached]
    fn deeper(key: u32) -> u32 {
        let depth = counted!();
        if depth < 3 { deeper(key) } else { depth }
    }

    #[cached]
    async fn deeper_async(key: u32) -> u32 {
        let depth = counted!();
        if depth < 3 { Box::pin(deeper_async(key)).await } else { depth }
    }

    #[cached]
    fn fibonacci(n: u64) -> u64 {
        if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) }
    }

    assert_eq!(deeper(1), 3);
    assert_eq!(block_on(deeper_async(1)), 3);
    assert_eq!(fibonacci(90), 2_880_067_194_370_816_120);
}

#[test]
fn functions_of_all_shapes_are_cached() {
    #![deny(warnings)]

    struct Shelf<const N: usize>;

    trait Find {
        fn find(name: &str) -> Option<usize>;
    }

    impl<const N: usize> Find for Shelf<N> {
        #[cached]
        fn find(name: &str) -> Option<usize> {
            name.find('x').map(|at| at + N)
        }
    }

    #[cached]
    fn parses(mut text: &str, radix: u32) -> Result<i64, std::num::ParseIntError> {
        if let Some(rest) = text.strip_prefix('-') {
            text = rest;
            return Ok(-i64::from_str_radix(text, radix)?);
        }
        i64::from_str_radix(text, radix)
    }

    #[cached(key = tenant)]
    fn of_the_tenant(tenant: u32, scratch: &mut Vec<u32>) -> usize {
        scratch.push(1);
        scratch.len()
    }

    #[cached(ttl = "1h", stale_while_revalidate = "1min")]
    #[timeout("1h", fallback = nothing)]
    #[bulkhead(4)]
    async fn guarded(name: String, number: u32) -> Option<String> {
        tokio::task::yield_now().await;
        Some(name + &number.to_string())
    }

    async fn nothing(_: String, _: u32) -> Option<String> {
        None
    }

    #[cached]
    fn once() {}

    fn is_send<T: Send>(future: T) -> T {
        future
    }

    for _ in 0..2 {
        assert_eq!((Shelf::<1>::find("ax"), Shelf::<2>::find("ax"), Shelf::<2>::find("a")), (Some(2), Some(3), None));
        assert_eq!((parses("-11", 2), parses("11", 10)), (Ok(-3), Ok(11)));
        assert!(parses("none", 10).is_err());
        assert_eq!(of_the_tenant(7, &mut vec![0]), 2);
        assert_eq!(block_on(is_send(guarded("a".to_owned(), 1))).as_deref(), Some("a1"));
        once();
    }
    assert_eq!(of_the_tenant(7, &mut Vec::new()), 2);
    assert_eq!(stats(GuardKind::Cache, "once").admitted, 1);
    let cache = perf_runtime::Cache::<u32, String>::new(1).unwrap();
    assert_eq!(block_on(is_send(cache.get_or_load_async(1, async { "value".to_owned() }))), "value");
}

#[test]
fn threads_that_call_at_the_same_time_run_the_body_once() {
    #[cached]
    fn slow(key: u32) -> u32 {
        std::thread::yield_now();
        key + counted!()
    }

    let together = std::sync::Barrier::new(4);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                together.wait();
                assert_eq!(slow(7), 7);
            });
        }
    });
    assert_eq!(stats(GuardKind::Cache, "threads_that_call_at_the_same_time_run_the_body_once::slow").admitted, 1);
}

#[test]
fn the_table_says_how_often_a_cache_had_what_it_was_asked_for() {
    #[cached]
    fn asked_thrice() -> u32 {
        1
    }

    (0..3).for_each(|_| _ = asked_thrice());
    let table = format!("{:200}", perf_runtime::snapshot());
    let line = table.lines().find(|line| line.contains("asked_thrice cached")).expect("it is in the table");
    assert!(line.ends_with("2 hits, 1 kept"), "{line}");
}
