//! Those who wait for a slot, first come, first served. No lock and no slots in here.

use std::collections::VecDeque;
use std::task::Waker;

/// Keeps its memory, so that waiting allocates nothing in the long run.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    /// In the order of their tickets.
    entries: VecDeque<Entry>,
    /// Entries whose waiter has not gone.
    waiting: usize,
    next_ticket: u64,
}

#[derive(Debug)]
struct Entry {
    ticket: u64,
    /// None where the waiter has gone.
    waker: Option<Waker>,
}

impl Queue {
    pub(crate) fn len(&self) -> usize {
        self.waiting
    }

    /// Puts a waiter at the end; its ticket finds it again.
    pub(crate) fn push(&mut self, waker: Waker) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.entries.push_back(Entry { ticket, waker: Some(waker) });
        self.waiting += 1;
        ticket
    }

    /// Takes out whoever has waited longest.
    pub(crate) fn pop(&mut self) -> Option<Waker> {
        while let Some(entry) = self.entries.pop_front() {
            if entry.waker.is_some() {
                self.waiting -= 1;
                return entry.waker;
            }
        }
        None
    }

    /// The waker of one that waits still.
    pub(crate) fn waker(&mut self, ticket: u64) -> Option<&mut Waker> {
        let at = self.place(ticket)?;
        self.entries[at].waker.as_mut()
    }

    /// Takes one out of the middle; none where it has been popped.
    pub(crate) fn remove(&mut self, ticket: u64) -> Option<Waker> {
        let at = self.place(ticket)?;
        let waker = self.entries[at].waker.take()?;
        self.waiting -= 1;
        // Swept when half of them are gone, so that leaving costs the same however long the queue is.
        if self.entries.len() > 2 * self.waiting {
            self.entries.retain(|entry| entry.waker.is_some());
        }
        Some(waker)
    }

    fn place(&self, ticket: u64) -> Option<usize> {
        self.entries.binary_search_by_key(&ticket, |entry| entry.ticket).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_came_first_is_first_and_who_has_gone_is_passed_over() {
        let mut queue = Queue::default();
        let tickets: Vec<u64> = (0..5).map(|_| queue.push(Waker::noop().clone())).collect();
        assert!(queue.remove(tickets[1]).is_some());
        assert!(queue.remove(tickets[1]).is_none());
        assert_eq!(queue.len(), 4);
        assert!(queue.pop().is_some());
        assert!(queue.waker(tickets[0]).is_none());
        assert!(queue.pop().is_some());
        assert!(queue.waker(tickets[2]).is_none());
        assert!(queue.waker(tickets[3]).is_some());
        assert_eq!(queue.len(), 2);
    }

    #[test]
    fn those_who_come_and_go_behind_one_that_stays_take_no_memory() {
        let mut queue = Queue::default();
        let first = queue.push(Waker::noop().clone());
        for _ in 0..10_000 {
            let ticket = queue.push(Waker::noop().clone());
            queue.remove(ticket);
        }
        assert!(queue.waker(first).is_some());
        assert!(queue.entries.capacity() < 16);
    }
}
