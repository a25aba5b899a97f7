use std::cell::Cell;
use std::pin::pin;
use std::task::Poll;

use perf_runtime::{GuardKind, Reason, Rejected, profiled, rate_limited};

use crate::support::{Error, block_on, poll, stats};

#[test]
fn a_refused_call_never_runs_the_body_and_gives_the_error() {
    thread_local!(static RUNS: Cell<u32> = const { Cell::new(0) });

    #[rate_limited(rate = "2/h")]
    fn twice_an_hour(text: &str) -> Result<usize, Error> {
        RUNS.with(|runs| runs.set(runs.get() + 1));
        Ok(text.len())
    }

    assert_eq!((twice_an_hour("a").unwrap(), twice_an_hour("bc").unwrap()), (1, 2));
    let Err(Error::Refused(rejected)) = twice_an_hour("def") else { panic!("admitted") };
    assert_eq!(rejected.reason(), Reason::RateLimited);
    assert!(rejected.guard().ends_with("twice_an_hour"), "{rejected}");
    assert!(rejected.retry_after().is_some(), "how long is for `waits` to say, on a clock of its own");
    assert_eq!(RUNS.with(Cell::get), 2);

    let stats = stats(GuardKind::RateLimiter, "twice_an_hour");
    assert_eq!((stats.admitted, stats.refused), (2, vec![("rate_limited".into(), 1)]));
    let snapshot = perf_runtime::snapshot();
    assert_eq!(snapshot.function("twice_an_hour").unwrap().calls(), 2, "a refused call is no call");
    let table = snapshot.to_string();
    assert!(table.contains("twice_an_hour rate_limited") && table.contains("1 rate_limited"), "{table}");
}

#[test]
fn a_fallback_takes_the_same_arguments_and_answers_instead() {
    struct Shop(u32);

    impl Shop {
        #[rate_limited(rate = "1/h", fallback = Self::remembered)]
        fn price(&self, name: String, count: &mut u32) -> u32 {
            *count += 1;
            self.0 + name.len() as u32
        }

        fn remembered(&self, name: String, _: &mut u32) -> u32 {
            1000 * self.0 + name.len() as u32
        }
    }

    let mut count = 0;
    let shop = Shop(5);
    assert_eq!(shop.price("abc".to_owned(), &mut count), 8);
    assert_eq!(shop.price("abcd".to_owned(), &mut count), 5004);
    assert_eq!(count, 1);
}

#[test]
fn each_key_has_a_limit_of_its_own() {
    #[rate_limited(rate = "1/h", key = user, cost = 1)]
    fn login(user: &str) -> Result<String, Rejected> {
        Ok(user.to_owned())
    }

    assert!(login("alice").is_ok() && login("bob").is_ok());
    assert!(login("alice").is_err());
    assert_eq!(stats(GuardKind::RateLimiter, "login").number("keys"), Some(2.0));
}

#[test]
fn a_call_costs_what_its_arguments_say() {
    #[rate_limited(rate = "10/h", cost = bytes.len())]
    fn send(bytes: &[u8]) -> Result<usize, Rejected> {
        Ok(bytes.len())
    }

    assert_eq!(send(&[0; 8]), Ok(8));
    assert_eq!(send(&[0; 11]).unwrap_err().reason(), Reason::ExceedsBurst);
    assert_eq!(send(&[0; 3]).unwrap_err().reason(), Reason::RateLimited);
    assert_eq!(send(&[0; 2]), Ok(2));
}

#[test]
fn functions_share_a_limit_only_if_they_ask_to() {
    #[rate_limited(rate = "1/h", name = "mail")]
    fn one() -> Result<(), Rejected> {
        Ok(())
    }

    #[rate_limited(rate = "1/h", name = "mail")]
    fn other() -> Result<(), Rejected> {
        Ok(())
    }

    fn first() -> Result<(), Rejected> {
        #[rate_limited(rate = "1/h")]
        fn same_name() -> Result<(), Rejected> {
            Ok(())
        }
        same_name()
    }

    fn second() -> Result<(), Rejected> {
        #[rate_limited(rate = "1/h")]
        fn same_name() -> Result<(), Rejected> {
            Ok(())
        }
        same_name()
    }

    assert!(one().is_ok());
    assert_eq!(other().unwrap_err().guard(), "mail");
    assert!(first().is_ok() && second().is_ok());
}

#[test]
fn a_future_is_admitted_when_it_is_first_polled() {
    #[profiled(workload = "light")]
    #[rate_limited(rate = "1/h")]
    async fn ask_once(name: String) -> Result<usize, Rejected> {
        std::future::ready(()).await;
        Ok(name.len())
    }

    drop(ask_once("never polled".to_owned()));
    let later = ask_once("later".to_owned());
    assert_eq!(block_on(ask_once("now".to_owned())), Ok(3));
    let mut later = pin!(later);
    assert!(matches!(poll(later.as_mut()), Poll::Ready(Err(_))));
    let snapshot = perf_runtime::snapshot();
    assert_eq!(snapshot.function("ask_once").unwrap().calls(), 1);
}

#[test]
fn calls_wait_for_their_turn_where_they_are_told_to() {
    #[rate_limited(rate = "50/s", burst = 1, when_limited = "wait", max_wait = "1min")]
    fn in_turn() -> Result<(), Rejected> {
        Ok(())
    }

    #[rate_limited(rate = "50/s", burst = 1, when_limited = "wait", max_wait = "1min")]
    async fn in_turn_async() -> Result<(), Rejected> {
        Ok(())
    }

    (0..3).for_each(|_| in_turn().unwrap());
    (0..3).for_each(|_| block_on(in_turn_async()).unwrap());
    for name in ["in_turn", "in_turn_async"] {
        let stats = stats(GuardKind::RateLimiter, name);
        assert_eq!((stats.admitted, stats.refusals()), (3, 0));
        assert!(stats.waits >= 1);
    }
}

#[test]
fn numbers_are_changed_while_it_runs_and_nothing_else_is() {
    #[rate_limited(rate = "1/h", burst = 2)]
    fn steered() -> Result<(), Rejected> {
        Ok(())
    }

    assert!(steered().is_ok());
    let guards = perf_runtime::guards();
    let guard = guards.find(GuardKind::RateLimiter, "steered").unwrap();
    guard.set("burst", "5").unwrap();
    assert_eq!((0..10).filter(|_| steered().is_ok()).count(), 4, "one is owed");
    let error = guard.set("brst", "5").unwrap_err().to_string();
    assert!(error.contains("has no `brst`") && error.contains("`burst` (a whole number of at least 1)"), "{error}");
}
