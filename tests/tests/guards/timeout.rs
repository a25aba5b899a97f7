use std::time::Duration;

use perf_runtime::{GuardKind, Reason, Rejected, circuit_breaker, timeout};

use crate::support::{Error, stats};

/// Polls to the end, however long that is.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);

    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
            std::task::Poll::Ready(output) => return output,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn a_future_that_takes_too_long_is_stopped_and_counts_as_a_failure() {
    #[circuit_breaker(min_calls = 2)]
    #[timeout("5ms")]
    async fn ask(answers: bool) -> Result<u32, Error> {
        if !answers {
            std::future::pending::<()>().await;
        }
        Ok(1)
    }

    assert_eq!(block_on(ask(true)).unwrap(), 1);
    let Err(Error::Refused(rejected)) = block_on(ask(false)) else { panic!("it never answers") };
    assert_eq!(rejected.reason(), Reason::TimedOut);
    let Err(Error::Refused(rejected)) = block_on(ask(true)) else { panic!("one of two has failed") };
    assert_eq!(rejected.reason(), Reason::CircuitOpen);
    let stats =
        stats(GuardKind::Timeout, "timeout::a_future_that_takes_too_long_is_stopped_and_counts_as_a_failure::ask");
    assert_eq!((stats.admitted, stats.refused), (2, vec![("timed_out".into(), 1)]));
}

#[test]
fn a_fallback_has_the_arguments_of_a_call_that_was_stopped() {
    #[timeout("1ms", fallback = remembered)]
    async fn ask_for(name: String) -> usize {
        std::future::pending::<()>().await;
        name.len()
    }

    async fn remembered(name: String) -> usize {
        100 + name.len()
    }

    assert_eq!(block_on(ask_for("abc".to_owned())), 103);
}

#[test]
fn an_adaptive_timeout_is_the_longest_until_it_knows_enough() {
    #[timeout("adaptive", max_timeout = "7s")]
    async fn adapts() -> Result<(), Rejected> {
        Ok(())
    }

    block_on(adapts()).unwrap();
    let longest = Duration::from_secs(7).as_secs_f64();
    assert_eq!(stats(GuardKind::Timeout, "adapts").number("timeout"), Some(longest));
}
