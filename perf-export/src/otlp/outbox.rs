//! What waits to be sent, and when: a bounded queue and the rule of trying again. Arithmetic on a time that is handed in.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// An encoded request.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) body: Vec<u8>,
    /// Data points or spans.
    pub(super) items: u64,
}

/// What came of sending one.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// The receiver has it, but for so many items, which it refuses for this reason.
    Accepted { rejected: u64, why: Option<String> },
    /// Try again, not before this.
    Later { after: Option<Duration>, why: String },
    /// Never try again.
    Refused { why: String },
}

/// How long to wait before trying again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    pub(super) first: Duration,
    pub(super) longest: Duration,
}

/// The most that is waited because a receiver says so: it may be wrong, or mean harm.
const LONGEST_WISH: Duration = Duration::from_secs(600);

/// What may wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) batches: usize,
    pub(super) bytes: usize,
}

/// The queue of a signal.
#[derive(Debug)]
pub(super) struct Outbox {
    waiting: VecDeque<Batch>,
    bytes: usize,
    limits: Limits,
    backoff: Backoff,
    /// Attempts that have failed in a row, and when the next may be.
    failures: u32,
    not_before: Option<Instant>,
    /// That is the receiver's wish.
    is_wish: bool,
}

impl Outbox {
    pub(super) fn new(limits: Limits, backoff: Backoff) -> Self {
        Self { waiting: VecDeque::new(), bytes: 0, limits, backoff, failures: 0, not_before: None, is_wish: false }
    }

    /// Takes one in. What is oldest makes room; gives the items that are lost.
    pub(super) fn push(&mut self, batch: Batch) -> u64 {
        self.bytes += batch.body.len();
        self.waiting.push_back(batch);
        let mut lost = 0;
        while self.waiting.len() > self.limits.batches || self.bytes > self.limits.bytes {
            match self.pop() {
                Some(batch) => lost += batch.items,
                None => break,
            }
        }
        lost
    }

    /// The oldest.
    pub(super) fn first(&self) -> Option<&Batch> {
        self.waiting.front()
    }

    /// When there will be one to send.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        self.waiting.front().map(|_| self.not_before.map_or(now, |then| then.max(now)))
    }

    /// Whether the receiver has asked to be left alone at this moment, which holds even for those in a hurry.
    pub(super) fn is_held(&self, now: Instant) -> bool {
        self.is_wish && self.not_before.is_some_and(|then| now < then)
    }

    /// The oldest is dealt with, one way or the other.
    pub(super) fn done(&mut self) {
        self.pop();
        self.failures = 0;
        self.not_before = None;
        self.is_wish = false;
    }

    /// It is to be tried again: after a pause that doubles each time, of which a random half is waited or more, so that
    /// those who lost the same receiver do not come back at the same moment; or after what the receiver says. True where
    /// the last time was no failure.
    pub(super) fn again(&mut self, now: Instant, after: Option<Duration>, random: u64) -> bool {
        let doubled = self.backoff.first.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX));
        let longest = doubled.min(self.backoff.longest);
        let jittered = longest.mul_f64(0.5 + random as f64 / u64::MAX as f64 / 2.0);
        self.failures = self.failures.saturating_add(1);
        self.is_wish = after.is_some();
        self.not_before = Some(now + after.map_or(jittered, |wish| wish.min(LONGEST_WISH).max(jittered)));
        self.failures == 1
    }

    pub(super) fn items(&self) -> u64 {
        self.waiting.iter().map(|batch| batch.items).sum()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes as u64
    }

    fn pop(&mut self) -> Option<Batch> {
        let batch = self.waiting.pop_front()?;
        self.bytes -= batch.body.len();
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn outbox(batches: usize, bytes: usize) -> Outbox {
        let backoff = Backoff { first: SECOND, longest: 30 * SECOND };
        Outbox::new(Limits { batches, bytes }, backoff)
    }

    fn batch(bytes: usize, items: u64) -> Batch {
        Batch { body: vec![0; bytes], items }
    }

    #[test]
    fn what_is_oldest_makes_room_and_is_counted() {
        let mut outbox = outbox(3, 100);
        assert_eq!([1, 2, 3].map(|items| outbox.push(batch(10, items))), [0, 0, 0]);
        assert_eq!(outbox.push(batch(10, 4)), 1, "a fourth");
        assert_eq!(outbox.push(batch(85, 5)), 2 + 3, "too many bytes");
        assert_eq!((outbox.items(), outbox.bytes()), (4 + 5, 95));
        assert_eq!(outbox.push(batch(101, 6)), 4 + 5 + 6, "more than there is room for at all");
        assert_eq!((outbox.items(), outbox.bytes()), (0, 0));
    }

    #[test]
    fn pauses_double_to_a_longest_and_half_of_each_is_random() {
        let mut outbox = outbox(3, 100);
        outbox.push(batch(1, 1));
        let now = Instant::now();
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            outbox.again(now, None, 0);
            assert_eq!(outbox.due(now), Some(now + seconds * SECOND / 2), "{seconds}");
            assert!(!outbox.is_held(now), "nobody asked for it");
            let later = now + seconds * SECOND;
            assert_eq!(outbox.due(later), Some(later), "no sooner than it is asked");
        }
        for _ in 0..100 {
            outbox.again(now, None, u64::MAX);
        }
        assert_eq!(outbox.due(now), Some(now + 30 * SECOND));
        outbox.done();
        outbox.push(batch(1, 1));
        assert_eq!(outbox.due(now), Some(now), "all is well again");
        outbox.again(now, None, u64::MAX);
        assert_eq!(outbox.due(now), Some(now + SECOND));
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_pause_but_not_for_any() {
        let mut outbox = outbox(3, 100);
        outbox.push(batch(1, 1));
        let now = Instant::now();
        outbox.again(now, Some(7 * SECOND), 0);
        assert_eq!(outbox.due(now), Some(now + 7 * SECOND));
        assert!(outbox.is_held(now) && !outbox.is_held(now + 7 * SECOND));
        outbox.again(now, Some(Duration::MAX), 0);
        assert_eq!(outbox.due(now), Some(now + LONGEST_WISH));
        outbox.again(now, Some(Duration::ZERO), 0);
        assert_eq!(outbox.due(now), Some(now + 2 * SECOND), "no sooner than by itself");
    }
}
