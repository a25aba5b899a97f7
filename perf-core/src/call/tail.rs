//! The slowest calls of one function, as its threads write them down.
//!
//! At the end of a timed call its duration is compared with what the site publishes: more than the shortest of those in
//! its table, once that is full. Only what is as long comes here, and leaves a [`Record`]: a few of each
//! function in a stretch of time, so all of this is cold. The aggregator takes the table at the end of the
//! stretch and opens it anew.

use std::fmt;
use std::sync::atomic::{
    AtomicBool, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use super::slow::Ending;
use super::slow_table::{Record, Table};
use super::span;
use super::strand::{Strand, make};
use super::text::Text;
use crate::callsite::Site;

/// No call is as long: nothing enters.
const SHUT: u64 = u64::MAX;

/// Bytes of what a call's captured arguments are written as.
pub(super) const TEXT_BYTES: usize = 256;

/// What a site has for its slowest calls.
pub(crate) struct Tail {
    /// Ticks: what takes as long enters.
    threshold: AtomicU64,
    /// Calls that are kept at a time; 0 keeps none.
    keep: AtomicU32,
    /// Whether its calls say what their arguments were.
    pub(crate) captures: bool,
    /// Whether there is a table, so that making one need not be tried under the lock.
    is_made: AtomicBool,
    /// Calls that would have entered, had somebody else not been at the table.
    missed: AtomicU64,
    table: Mutex<Option<Table>>,
}

/// A call that has ended, as far as all calls are known.
#[derive(Clone, Copy)]
pub(super) struct Timed {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) ticks: u64,
    pub(super) ending: Option<Ending>,
}

/// Writes a timed call down where it is one of the slowest.
#[inline(always)]
pub(super) fn offer(strand: &'static Strand, site: &'static Site, timed: Timed) {
    if timed.ticks >= site.tail.threshold() {
        strand.at_no_cost(|| enter(strand, site, timed));
    }
}

/// Ticks that it took to tell the arguments of the future's call that began then: all else is off its time already.
#[inline(always)]
pub(super) fn spent(strand: &Strand, site: &Site, start: u64) -> u64 {
    if site.tail.captures { strand.telling.spent(site, start) } else { 0 }
}

#[cold]
#[inline(never)]
fn enter(strand: &'static Strand, site: &'static Site, timed: Timed) {
    // What is asked below may be measured itself, and slow.
    let Some(_alone) = strand.telling.alone() else {
        site.tail.missed.fetch_add(1, Relaxed);
        return;
    };
    let Timed { start, end, ticks, ending } = timed;
    let parent = strand.innermost().and_then(|frame| frame.site());
    let (span, trace) = span::current();
    let thread = span::thread();
    let record = Record { start, end, ticks, ending, strand: strand.ordinal(), thread, parent, span, trace };
    site.tail.insert(record, &strand.telling.noted(site, start));
}

impl Tail {
    pub(crate) const fn new() -> Self {
        Self {
            threshold: AtomicU64::new(SHUT),
            keep: AtomicU32::new(0),
            captures: false,
            is_made: AtomicBool::new(false),
            missed: AtomicU64::new(0),
            table: Mutex::new(None),
        }
    }

    /// Ticks: what takes as long enters.
    #[inline(always)]
    pub(super) fn threshold(&self) -> u64 {
        self.threshold.load(Relaxed)
    }

    /// Keeps so many calls at a time from now on, and forgets those that there are where that is another number.
    pub(crate) fn keep(&self, keep: u32) {
        if self.keep.swap(keep, Relaxed) == keep {
            return;
        }
        let mut table = self.lock();
        self.is_made.store(false, Relaxed);
        let old = table.take();
        self.threshold.store(if keep == 0 { SHUT } else { 0 }, Relaxed);
        drop(table);
        drop(old);
    }

    /// Calls that would have entered, had somebody else not been at the table.
    pub(crate) fn missed(&self) -> u64 {
        self.missed.load(Relaxed)
    }

    /// Those of the running stretch.
    pub(crate) fn read(&self) -> Option<Table> {
        let mut copy = self.is_made.load(Acquire).then(|| self.new_table())?;
        self.lock().as_ref()?.copy_to(&mut copy);
        Some(copy)
    }

    /// The same, and begins another stretch.
    pub(crate) fn turn(&self) -> Option<Table> {
        let mut other = self.is_made.load(Acquire).then(|| self.new_table())?;
        let mut table = self.lock();
        std::mem::swap(table.as_mut()?, &mut other);
        self.threshold.store(0, Relaxed);
        Some(other)
    }

    fn new_table(&self) -> Table {
        let keep = self.keep.load(Relaxed) as usize;
        Table { records: Vec::with_capacity(keep), texts: Vec::with_capacity(if self.captures { keep } else { 0 }) }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Table>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same for those who may not wait.
    fn try_lock(&self) -> Option<MutexGuard<'_, Option<Table>>> {
        match self.table.try_lock() {
            Ok(table) => Some(table),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => {
                self.missed.fetch_add(1, Relaxed);
                None
            }
        }
    }

    fn insert(&self, record: Record, text: &Text<TEXT_BYTES>) {
        // Made before the lock is taken: the allocator may be measured itself.
        let made = if self.is_made.load(Acquire) { None } else { make(|| self.new_table()) };
        let Some(mut table) = self.try_lock() else { return };
        if table.is_none() {
            *table = made;
            self.is_made.store(table.is_some(), Release);
        }
        let keep = self.keep.load(Relaxed) as usize;
        let Some(entries) = table.as_mut() else {
            // The thread is making something else, as for its first calls.
            self.missed.fetch_add(1, Relaxed);
            return;
        };
        if let Some(least) = entries.insert(keep, record, text) {
            self.threshold.store(least, Relaxed);
        }
    }

    /// Whether the call that ended last, of those that began then on this thread, still lacks what its
    /// arguments were.
    pub(super) fn awaits(&self, strand: &Strand, start: u64) -> bool {
        let Some(table) = self.try_lock() else { return false };
        table.as_ref().is_some_and(|table| table.awaiting(strand, start).is_some())
    }

    /// Adds what the arguments were.
    pub(super) fn attach(&self, strand: &Strand, start: u64, text: &Text<TEXT_BYTES>) {
        let Some(mut table) = self.try_lock() else { return };
        if let Some(table) = table.as_mut()
            && let Some(at) = table.awaiting(strand, start)
        {
            table.texts[at] = *text;
        }
    }
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail").field("threshold", &self.threshold).finish_non_exhaustive()
    }
}

/// Keeps everybody from the tables for as long as it lives.
#[cfg(unix)]
pub(super) type Hold = Vec<MutexGuard<'static, Option<Table>>>;

/// Waits for the tables of all `sites` and keeps them.
#[cfg(unix)]
pub(super) fn hold(sites: &[&'static Site]) -> Hold {
    // A measured allocator must not ask for what the caller holds.
    make(|| sites.iter().map(|site| site.tail.lock()).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::*;

    fn record(ticks: u64) -> Record {
        let (start, end, thread) = (0, ticks, Text::EMPTY);
        Record { start, end, ticks, ending: None, strand: 0, thread, parent: None, span: None, trace: None }
    }

    fn text(ticks: u64) -> Text<TEXT_BYTES> {
        let mut text = Text::EMPTY;
        write!(text, "{ticks}").unwrap();
        text
    }

    /// The longest, longest first.
    fn naive(mut ticks: Vec<u64>, keep: usize) -> Vec<u64> {
        ticks.sort_unstable_by(|a, b| b.cmp(a));
        ticks.truncate(keep);
        ticks
    }

    fn entries(table: &Table) -> Vec<u64> {
        let mut ticks = Vec::new();
        for (record, text) in table.entries() {
            assert_eq!(text, Some(&*record.ticks.to_string()), "a text stays with its call");
            ticks.push(record.ticks);
        }
        ticks
    }

    proptest! {
        #[test]
        fn a_table_has_the_longest_of_all_that_were_offered(
            keep in 1..8_u32,
            stretches in prop::collection::vec(prop::collection::vec(0..100_u64, 0..40), 1..4)
        ) {
            let tail = Tail { captures: true, ..Tail::new() };
            tail.keep(keep);
            for stretch in &stretches {
                let mut entered = 0;
                for &ticks in stretch {
                    if ticks >= tail.threshold() {
                        entered += 1;
                        tail.insert(record(ticks), &text(ticks));
                    }
                }
                let expected = naive(stretch.clone(), keep as usize);
                if let Some(table) = tail.read() {
                    prop_assert_eq!(naive(entries(&table), usize::MAX), expected.clone());
                }
                let is_full = expected.len() == keep as usize;
                let least = expected.last().filter(|_| is_full).map_or(0, |shortest| shortest + 1);
                prop_assert_eq!(tail.threshold(), least, "more than the shortest, once it is full");
                prop_assert!(entered >= expected.len());
                let taken = tail.turn().map(|table| entries(&table)).unwrap_or_default();
                prop_assert_eq!(naive(taken, usize::MAX), expected);
                prop_assert_eq!(tail.threshold(), 0);
            }
            prop_assert_eq!(tail.missed(), 0);
            tail.keep(0);
            prop_assert_eq!(tail.threshold(), SHUT);
        }
    }

    #[test]
    fn who_finds_somebody_else_at_the_table_is_counted_and_does_not_wait() {
        let tail = Tail::new();
        tail.keep(2);
        tail.insert(record(5), &Text::EMPTY);
        let table = tail.lock();
        tail.insert(record(6), &Text::EMPTY);
        drop(table);
        assert_eq!(tail.missed(), 1);
        assert_eq!(tail.read().unwrap().records.len(), 1);
    }
}
