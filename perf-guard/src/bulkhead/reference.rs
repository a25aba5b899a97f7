//! The bulkhead beside a naïve one, through anything that may happen to it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;

use super::*;
use crate::wakes::Wakes;

#[derive(Clone, Copy, Debug)]
enum Step {
    TryAcquire,
    Wait,
    Poll(usize),
    Cancel(usize),
    Release(usize),
    Panic,
    SetLimit(u32),
    SetMaxWaiting(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::TryAcquire),
        4 => Just(Step::Wait),
        3 => (0..8_usize).prop_map(Step::Poll),
        2 => (0..8_usize).prop_map(Step::Cancel),
        4 => (0..8_usize).prop_map(Step::Release),
        1 => Just(Step::Panic),
        1 => (1..5_u32).prop_map(Step::SetLimit),
        1 => (0..5_usize).prop_map(Step::SetMaxWaiting),
    ]
}

/// What it should do, in the plainest way.
#[derive(Debug, Default)]
struct Naive {
    in_flight: u32,
    limit: u32,
    max_waiting: usize,
    queue: VecDeque<usize>,
    /// Those who have a slot and do not know it yet.
    served: Vec<usize>,
    admitted: u64,
    refused: u64,
}

impl Naive {
    fn enters(&mut self) -> bool {
        let enters = self.queue.is_empty() && self.in_flight < self.limit;
        self.in_flight += u32::from(enters);
        self.admitted += u64::from(enters);
        enters
    }

    fn hand_out(&mut self) {
        while self.in_flight < self.limit {
            let Some(next) = self.queue.pop_front() else { return };
            self.served.push(next);
            self.in_flight += 1;
            self.admitted += 1;
        }
    }

    fn leave(&mut self) {
        self.in_flight -= 1;
        self.hand_out();
    }

    fn cancel(&mut self, id: usize) {
        self.queue.retain(|&waits| waits != id);
        if let Some(at) = self.served.iter().position(|&served| served == id) {
            self.served.remove(at);
            self.admitted -= 1;
            self.leave();
        }
    }
}

struct Waiter<'a> {
    id: usize,
    future: Pin<Box<Acquire<'a>>>,
    wakes: Arc<Wakes>,
    waker: Waker,
}

impl<'a> Waiter<'a> {
    fn new(id: usize, bulkhead: &'a Bulkhead) -> Self {
        let (woken, waker) = Wakes::new();
        Self { id, future: Box::pin(bulkhead.acquire_async()), wakes: woken, waker }
    }

    fn poll(&mut self) -> Poll<Result<Permit<'a>, Rejected>> {
        self.future.as_mut().poll(&mut Context::from_waker(&self.waker))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn whatever_happens_it_does_as_a_naive_one(limit in 1..4_u32, steps in proptest::collection::vec(step(), 1..60)) {
        let bulkhead = Bulkhead::builder().max_concurrent(limit).max_wait(Duration::MAX).max_waiting(3).build().unwrap();
        let mut naive = Naive { limit, max_waiting: 3, ..Naive::default() };
        let (mut permits, mut waiters) = (Vec::new(), Vec::<Waiter<'_>>::new());
        for (id, step) in steps.into_iter().enumerate() {
            match step {
                Step::TryAcquire => {
                    let permit = bulkhead.try_acquire();
                    prop_assert_eq!(permit.is_ok(), naive.enters());
                    naive.refused += u64::from(permit.is_err());
                    permits.extend(permit);
                }
                Step::Wait => {
                    let mut waiter = Waiter::new(id, &bulkhead);
                    match waiter.poll() {
                        Poll::Ready(Ok(permit)) => {
                            prop_assert!(naive.enters());
                            permits.push(permit);
                        }
                        Poll::Ready(Err(_)) => {
                            prop_assert!(!naive.enters() && naive.queue.len() >= naive.max_waiting);
                            naive.refused += 1;
                        }
                        Poll::Pending => {
                            prop_assert!(!naive.enters() && naive.queue.len() < naive.max_waiting);
                            naive.queue.push_back(id);
                            waiters.push(waiter);
                        }
                    }
                }
                Step::Poll(at) if at < waiters.len() => {
                    let id = waiters[at].id;
                    let is_served = naive.served.contains(&id);
                    naive.served.retain(|&served| served != id);
                    match waiters[at].poll() {
                        Poll::Ready(permit) => {
                            prop_assert!(is_served);
                            permits.push(permit.unwrap());
                            waiters.remove(at);
                        }
                        Poll::Pending => prop_assert!(!is_served),
                    }
                }
                Step::Cancel(at) if at < waiters.len() => naive.cancel(waiters.remove(at).id),
                Step::Release(at) if at < permits.len() => {
                    drop(permits.remove(at));
                    naive.leave();
                }
                Step::Panic => {
                    let unwinds = || bulkhead.try_acquire().map(|_permit| std::panic::resume_unwind(Box::new(())));
                    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(unwinds)).is_err();
                    prop_assert_eq!(panicked, naive.enters());
                    naive.refused += u64::from(!panicked);
                    if panicked {
                        naive.leave();
                    }
                }
                Step::SetLimit(limit) => {
                    bulkhead.set_limit(limit).unwrap();
                    naive.limit = limit;
                    naive.hand_out();
                }
                Step::SetMaxWaiting(count) => {
                    bulkhead.set_max_waiting(count);
                    naive.max_waiting = count;
                }
                Step::Poll(_) | Step::Cancel(_) | Step::Release(_) => {}
            }
            let stats = bulkhead.stats();
            prop_assert_eq!(stats.in_flight, Some(naive.in_flight.into()));
            prop_assert_eq!(stats.number("waiting"), Some(naive.queue.len() as f64));
            prop_assert_eq!((stats.admitted, stats.refusals()), (naive.admitted, naive.refused));
            for waiter in &waiters {
                prop_assert_eq!(waiter.wakes.count(), usize::from(naive.served.contains(&waiter.id)));
            }
        }
        drop((permits, waiters));
        prop_assert_eq!((bulkhead.in_flight(), bulkhead.stats().number("waiting")), (0, Some(0.0)));
    }
}
