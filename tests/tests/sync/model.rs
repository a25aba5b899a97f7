//! Queues against a model.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use perf_runtime::QueueStats;
use perf_runtime::sync::mpsc::{self, TrySendError};
use proptest::prelude::*;

use super::{alone, flow, queue};

/// What can happen to queues of one name.
#[derive(Clone, Debug)]
enum Step {
    Open,
    Send(usize),
    Receive(usize),
    DropSender(usize),
    DropReceiver(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Open),
        8 => (0..4_usize).prop_map(Step::Send),
        6 => (0..4_usize).prop_map(Step::Receive),
        1 => (0..4_usize).prop_map(Step::DropSender),
        1 => (0..4_usize).prop_map(Step::DropReceiver),
    ]
}

/// A queue as anybody would write it.
#[derive(Default)]
struct Model {
    items: VecDeque<u32>,
    has_sender: bool,
    has_receiver: bool,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn depths_are_those_of_queues_as_anybody_would_write_them(steps in prop::collection::vec(step(), 1..80), room in 1..5_usize) {
        static CASE: AtomicU64 = AtomicU64::new(0);
        let _alone = alone();
        let name = format!("model {}", CASE.fetch_add(1, SeqCst));
        let (mut ends, mut models) = (Vec::new(), Vec::<Model>::new());
        let mut expected = QueueStats::clone(&{
            let _made = mpsc::sync_channel::<u32>(&name, room);
            queue(&name)
        });
        // The one that was made to begin with closes as its ends go: senders first.
        expected.queues = 0;
        (expected.closed_by_senders, expected.closed_by_receivers) = {
            let first = queue(&name);
            (first.closed_by_senders, first.closed_by_receivers)
        };
        for (number, step) in (0_u32..).zip(steps) {
            match step {
                Step::Open => {
                    let (sender, receiver) = mpsc::sync_channel(&name, room);
                    ends.push((Some(sender), Some(receiver)));
                    models.push(Model { has_sender: true, has_receiver: true, ..Model::default() });
                    expected.queues += 1;
                }
                Step::Send(at) => {
                    let (Some((Some(sender), _)), Some(model)) = (ends.get(at), models.get_mut(at)) else { continue };
                    let sent = sender.try_send(number);
                    if !model.has_receiver {
                        prop_assert_eq!(sent, Err(TrySendError::Disconnected(number)));
                    } else if model.items.len() == room {
                        prop_assert_eq!(sent, Err(TrySendError::Full(number)));
                        expected.refused += 1;
                    } else {
                        prop_assert_eq!(sent, Ok(()));
                        model.items.push_back(number);
                        expected.sent += 1;
                        expected.peak = expected.peak.max(model.items.len() as u64);
                    }
                }
                Step::Receive(at) => {
                    let (Some((_, Some(receiver))), Some(model)) = (ends.get(at), models.get_mut(at)) else { continue };
                    let item = model.items.pop_front();
                    expected.received += u64::from(item.is_some());
                    prop_assert_eq!(receiver.try_recv().ok(), item);
                }
                Step::DropSender(at) => {
                    let (Some((sender @ Some(_), _)), Some(model)) = (ends.get_mut(at), models.get_mut(at)) else { continue };
                    *sender = None;
                    model.has_sender = false;
                    if model.has_receiver { expected.closed_by_senders += 1 } else { expected.queues -= 1 }
                }
                Step::DropReceiver(at) => {
                    let (Some((_, receiver @ Some(_))), Some(model)) = (ends.get_mut(at), models.get_mut(at)) else { continue };
                    *receiver = None;
                    model.has_receiver = false;
                    expected.discarded += model.items.len() as u64;
                    model.items.clear();
                    if model.has_sender { expected.closed_by_receivers += 1 } else { expected.queues -= 1 }
                }
            }
            expected.depth = models.iter().map(|model| model.items.len() as u64).sum();
            let queue = queue(&name);
            let told = |queue: &QueueStats| {
                (flow(queue), queue.peak, queue.queues, queue.closed_by_senders, queue.closed_by_receivers)
            };
            prop_assert_eq!(told(&queue), told(&expected));
        }
    }
}
