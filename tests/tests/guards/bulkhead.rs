use std::pin::pin;
use std::sync::Barrier;

use perf_runtime::{GuardKind, Reason, Rejected, bulkhead, circuit_breaker};

use crate::support::{Error, block_on, poll, stats};

#[test]
fn so_many_calls_run_at_a_time_and_no_more() {
    #[bulkhead(2)]
    fn held(inside: &Barrier, outside: &Barrier) -> Result<(), Rejected> {
        inside.wait();
        outside.wait();
        Ok(())
    }

    let (inside, outside) = (Barrier::new(3), Barrier::new(3));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| held(&inside, &outside).unwrap());
        }
        inside.wait();
        assert_eq!(held(&inside, &outside).unwrap_err().reason(), Reason::BulkheadFull);
        assert_eq!(stats(GuardKind::Bulkhead, "held").in_flight, Some(2));
        outside.wait();
    });
    let stats = stats(GuardKind::Bulkhead, "held");
    assert_eq!((stats.admitted, stats.in_flight, stats.refusals()), (2, Some(0), 1));
}

#[test]
fn whatever_way_a_call_ends_its_slot_is_free() {
    #[bulkhead(max_concurrent = 1)]
    fn ends(how: u32) -> Result<u32, Error> {
        match how {
            0 => panic!("on purpose"),
            1 => "x".parse::<u32>().map_err(|_| Error::Own)?,
            2 => return Ok(2),
            _ => 3,
        };
        Ok(how)
    }

    for how in [0, 1, 2, 3] {
        let _ = std::panic::catch_unwind(|| ends(how));
        assert_eq!(stats(GuardKind::Bulkhead, "ends").in_flight, Some(0));
    }
    assert!(matches!(ends(1), Err(Error::Own)));
}

#[test]
fn tasks_wait_for_each_other_and_one_that_is_dropped_leaves_no_trace() {
    #[circuit_breaker]
    #[bulkhead(1, max_wait = "1min")]
    async fn one_at_a_time(ends: bool) -> Result<u32, Rejected> {
        if !ends {
            std::future::pending::<()>().await;
        }
        Ok(1)
    }

    {
        let mut running = pin!(one_at_a_time(false));
        let mut waiting = pin!(one_at_a_time(true));
        assert!(poll(running.as_mut()).is_pending() && poll(waiting.as_mut()).is_pending());
        assert_eq!(stats(GuardKind::Bulkhead, "one_at_a_time").in_flight, Some(1));
        running.set(one_at_a_time(true));
        assert!(poll(waiting.as_mut()).is_ready(), "the other one is gone");
    }
    assert_eq!(block_on(one_at_a_time(true)), Ok(1));
    let stats = |kind| stats(kind, "one_at_a_time");
    assert_eq!(stats(GuardKind::Bulkhead).in_flight, Some(0));
    assert_eq!(stats(GuardKind::CircuitBreaker).admitted, 3, "one of them was cancelled, and has ended too");
    assert_eq!(perf_runtime::snapshot().function("one_at_a_time").unwrap().cancelled(), 1);
}
