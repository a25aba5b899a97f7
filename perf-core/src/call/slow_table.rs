//! A table of the slowest calls, in memory that was made beforehand.

use super::slow::Ending;
use super::strand::Strand;
use super::tail::TEXT_BYTES;
use super::text::Text;
use crate::callsite::Site;

/// Bytes of a thread's name that are kept.
const THREAD_BYTES: usize = 32;

/// Room for so many calls, made at once.
pub(crate) struct Table {
    pub(super) records: Vec<Record>,
    /// What the arguments of each were; none at all where the function captures none.
    pub(super) texts: Vec<Text<TEXT_BYTES>>,
}

/// A slow call. Plain data: nothing to be dropped, nothing on the heap.
#[derive(Clone, Copy)]
pub(crate) struct Record {
    /// In ticks, as all times here.
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// How long it took: less than from start to end, by what measuring cost inside.
    pub(crate) ticks: u64,
    pub(crate) ending: Option<Ending>,
    /// Whose thread ended it.
    pub(super) strand: u32,
    pub(crate) thread: Text<THREAD_BYTES>,
    /// The timed call in which it ended.
    pub(crate) parent: Option<&'static Site>,
    /// The name and the number of the current span of `tracing`.
    pub(crate) span: Option<(&'static str, u64)>,
    pub(crate) trace: Option<u128>,
}

impl Table {
    /// Takes a call in, if it is one of the slowest. Gives what is the least to enter from now on.
    pub(super) fn insert(&mut self, keep: usize, record: Record, text: &Text<TEXT_BYTES>) -> Option<u64> {
        let captures = self.texts.capacity() != 0;
        // As many as it was made for, if that has just changed.
        let keep = keep.min(self.records.capacity());
        if self.records.len() < keep {
            self.records.push(record);
            if captures {
                self.texts.push(*text);
            }
        } else {
            let at = self.shortest()?;
            // Others have come meanwhile.
            if record.ticks <= self.records[at].ticks {
                return None;
            }
            self.records[at] = record;
            if captures {
                self.texts[at] = *text;
            }
        }
        let is_full = self.records.len() >= keep;
        self.shortest().filter(|_| is_full).map(|at| self.records[at].ticks.saturating_add(1))
    }

    fn shortest(&self) -> Option<usize> {
        (0..self.records.len()).min_by_key(|&at| self.records[at].ticks)
    }

    pub(super) fn copy_to(&self, other: &mut Self) {
        // Of two capacities only the smaller is filled: nothing is to be allocated under the lock.
        let count = self.records.len().min(other.records.capacity());
        other.records.extend_from_slice(&self.records[..count]);
        other.texts.extend_from_slice(&self.texts[..count.min(self.texts.len())]);
    }

    /// A future that was given up tells its arguments only after it has ended.
    pub(super) fn awaiting(&self, strand: &Strand, start: u64) -> Option<usize> {
        (0..self.texts.len()).rev().find(|&at| {
            let record = &self.records[at];
            let is_it = record.start == start && record.strand == strand.ordinal();
            is_it && matches!(record.ending, Some(Ending::Cancelled)) && self.texts[at].is_empty()
        })
    }

    /// All of them, with what their arguments were.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Record, Option<&str>)> {
        let text = |at: usize| self.texts.get(at).map(Text::as_str).filter(|text| !text.is_empty());
        self.records.iter().enumerate().map(move |(at, record)| (record, text(at)))
    }
}
