use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use perf_runtime::{GuardKind, Reason, Rejected, circuit_breaker, rate_limited, retry, timeout};

use crate::support::{Error, block_on, stats};

#[test]
fn a_function_is_called_again_with_the_same_arguments_until_it_succeeds() {
    #[retry(attempts = 5, backoff = "1us")]
    fn fetch(mut name: String, seen: &mut Vec<String>) -> Result<usize, Error> {
        name.push('!');
        seen.push(name);
        if seen.len() < 3 { Err(Error::Own) } else { Ok(seen.len()) }
    }

    let mut seen = Vec::new();
    assert_eq!(fetch("a".to_owned(), &mut seen).unwrap(), 3);
    assert_eq!(seen, ["a!", "a!", "a!"]);
    let fetch = "a_function_is_called_again_with_the_same_arguments_until_it_succeeds::fetch";
    assert_eq!(perf_runtime::snapshot().function(fetch).unwrap().calls(), 3, "attempts are what is measured");
    let stats = stats(GuardKind::Retry, &format!("retry::{fetch}"));
    assert_eq!((stats.admitted, stats.number("retries"), stats.number("recovered")), (1, Some(2.0), Some(1.0)));
}

#[test]
fn a_method_is_called_again_on_the_same_receiver() {
    struct Client {
        asked: u32,
    }

    impl Client {
        #[retry(backoff = "1us")]
        fn ask(&mut self) -> Result<u32, Error> {
            self.asked += 1;
            if self.asked == 3 { Ok(self.asked) } else { Err(Error::Own) }
        }

        #[retry(backoff = "1us")]
        async fn ask_later(&mut self) -> Result<u32, Error> {
            self.asked += 1;
            Err(Error::Own)
        }
    }

    let mut client = Client { asked: 0 };
    assert_eq!(client.ask().unwrap(), 3);
    assert!(block_on(client.ask_later()).is_err());
    assert_eq!(client.asked, 6);
}

#[test]
fn a_predicate_says_what_is_worth_another_attempt() {
    #[retry(backoff = "1us", on = |out: &Option<u32>| out.is_none())]
    fn look(tried: &Cell<u32>) -> Option<u32> {
        tried.set(tried.get() + 1);
        (tried.get() == 2).then_some(7)
    }

    let tried = Cell::new(0);
    assert_eq!((look(&tried), tried.get()), (Some(7), 2));
}

#[test]
fn a_future_that_was_stopped_is_made_again() {
    #[retry(backoff = "1us")]
    #[timeout("5ms")]
    async fn ask(tried: &AtomicU32) -> Result<u32, Error> {
        if tried.fetch_add(1, Relaxed) < 2 {
            std::future::pending::<()>().await;
        }
        Ok(1)
    }

    let tried = AtomicU32::new(0);
    assert_eq!(block_on(ask(&tried)).unwrap(), 1);
    assert_eq!(tried.into_inner(), 3);
}

#[test]
fn what_a_guard_of_the_same_function_refuses_is_not_tried_again() {
    #[retry(attempts = 10, backoff = "1us")]
    #[rate_limited(rate = "1/h", burst = 2)]
    fn send_often(tried: &Cell<u32>) -> Result<(), Error> {
        tried.set(tried.get() + 1);
        Err(Error::Own)
    }

    let tried = Cell::new(0);
    let Err(Error::Refused(rejected)) = send_often(&tried) else { panic!("the third attempt is one too many") };
    assert_eq!((rejected.reason(), tried.get()), (Reason::RateLimited, 2));
    assert_eq!(stats(GuardKind::RateLimiter, "send_often").refused, [("rate_limited".into(), 1)]);
}

#[test]
fn what_a_guard_further_in_refuses_is_not_tried_again_unless_its_fallback_answers() {
    #[rate_limited(rate = "1/h")]
    fn limited() -> Result<(), Rejected> {
        Ok(())
    }

    #[rate_limited(rate = "1/h", fallback = nothing)]
    fn limited_with_an_answer() {}
    fn nothing() {}

    #[retry(backoff = "1us")]
    fn outer(tried: &Cell<u32>) -> Result<(), Error> {
        tried.set(tried.get() + 1);
        limited().map_err(|_| Error::Own)
    }

    #[retry(backoff = "1us")]
    async fn outer_task(tried: &AtomicU32) -> Result<(), Error> {
        tried.fetch_add(1, Relaxed);
        limited().map_err(|_| Error::Own)
    }

    #[retry(backoff = "1us")]
    fn outer_with_an_answer(tried: &Cell<u32>) -> Result<(), Error> {
        tried.set(tried.get() + 1);
        limited_with_an_answer();
        Err(Error::Own)
    }

    limited().unwrap();
    limited_with_an_answer();
    let tried = Cell::new(0);
    assert!(outer(&tried).is_err());
    assert_eq!(tried.replace(0), 1);
    let tried_later = AtomicU32::new(0);
    assert!(block_on(outer_task(&tried_later)).is_err());
    assert_eq!(tried_later.into_inner(), 1);
    assert!(outer_with_an_answer(&tried).is_err());
    assert_eq!(tried.get(), 3, "what was answered is no reason");
}

#[test]
fn each_attempt_is_one_outcome_to_the_breaker() {
    #[retry(attempts = 3, backoff = "1us")]
    #[circuit_breaker(min_calls = 3)]
    fn fails() -> Result<(), Error> {
        Err(Error::Own)
    }

    assert!(matches!(fails(), Err(Error::Own)));
    assert!(matches!(fails(), Err(Error::Refused(_))), "three failures of three open it");
    assert_eq!(stats(GuardKind::CircuitBreaker, "fails").state, "open");
}

#[test]
fn retries_that_share_a_name_share_a_budget() {
    #[retry(backoff = "1us", attempts = 2, reserve = 1, budget = 0.000_001, name = "shared budget")]
    fn one(tried: &Cell<u32>) -> Result<(), Error> {
        tried.set(tried.get() + 1);
        Err(Error::Own)
    }

    #[retry(backoff = "1us", attempts = 2, reserve = 1, budget = 0.000_001, name = "shared budget")]
    fn other(tried: &Cell<u32>) -> Result<(), Error> {
        tried.set(tried.get() + 1);
        Err(Error::Own)
    }

    let tried = Cell::new(0);
    assert!(one(&tried).is_err());
    assert_eq!(tried.replace(0), 2);
    assert!(other(&tried).is_err());
    assert_eq!(tried.get(), 1);
}
