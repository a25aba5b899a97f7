//! Calls that somebody else begins and ends, such as the spans of `tracing`: entered and left any number of times, on
//! any number of threads, also at a time.
//!
//! Such a call is what a measured future is, with entries for polls. Unlike polls, entries need not be nested: who is
//! left while others are on top of it takes their frames along, as somebody does who leaves without unwinding.
//! So an exit looks whether the frame is still its own.

use super::attend;
use super::attention::{UNTIMED, is_attentive};
use super::clock::ticks;
use super::measured::State;
use super::slow::{self, Ending};
use super::slow_future::{choose, count_future};
use super::strand::{Strand, current, current_or_new};
use crate::callsite::Site;

/// One call of which more is to be known than that it was.
#[derive(Debug)]
pub struct Manual {
    site: &'static Site,
    state: State,
    /// Where it is entered: mostly on one thread at a time, for which nothing is to be allocated.
    entry: Option<Entry>,
    others: Vec<Entry>,
}

/// It is entered on a thread.
#[derive(Debug)]
struct Entry {
    /// The ordinal of the thread's strand.
    strand: u32,
    /// The entry's frame.
    token: u32,
    /// When that began; 0 where it is not timed.
    start: u64,
    /// How often it was entered again, inside itself.
    again: u32,
}

impl Manual {
    /// Counts a call. None where that is all; where it is given, the call is to be told of entries and of its end,
    /// and is none that is timed if it is dropped without.
    #[inline]
    #[must_use]
    pub fn begin(site: &'static Site) -> Option<Self> {
        let lane = site.lane();
        let (tally, weight) = if lane.count() { count_future(lane, site)? } else { return None };
        if weight.is_none() && tally.watching.get() == 0 && !(is_attentive() && tally.strand.may_want(tally)) {
            return None;
        }
        let state = State::drawn(ticks(), weight.unwrap_or(0));
        Some(Self { site, state, entry: None, others: Vec::new() })
    }

    /// Counts how a call ended.
    pub fn count(site: &'static Site, ending: Ending) {
        slow::count(site, ending);
    }

    /// The running thread enters.
    pub fn enter(&mut self) {
        let Some(strand) = current_or_new() else { return };
        let site = self.site;
        if let Some(entry) = self.find(strand) {
            if entry.is_open(strand, site) {
                entry.again += 1;
                return;
            }
            // The strand was another thread's, or its frame was taken along.
            self.leave(strand, None);
        }
        if self.state.is_new() {
            let Some(tally) = strand.tally(site) else { return };
            let drawn = self.state.weight;
            self.state.begin_drawn(site, choose(tally, (drawn != 0).then_some(drawn)));
        }
        if self.state.has_frames() {
            self.open(strand);
        }
    }

    fn open(&mut self, strand: &'static Strand) {
        let token = self.state.begin_poll(self.site);
        // Nobody is woken who is not polled: what its CPU time is kept by is for futures.
        if attend::is_attended(self.state.nested) {
            self.state.nested = 0;
        }
        if token == 0 {
            return;
        }
        let start = strand.started(token & !UNTIMED).unwrap_or(0);
        let entry = Entry { strand: strand.ordinal(), token, start, again: 0 };
        match &mut self.entry {
            Some(_) => self.others.push(entry),
            none => *none = Some(entry),
        }
    }

    /// The running thread leaves; `ending` is how what it was entered for ended, other than well. True where it is in there
    /// no more.
    pub fn exit(&mut self, ending: Option<Ending>) -> bool {
        let Some(strand) = current() else { return false };
        match self.find(strand) {
            Some(Entry { again: again @ 1.., .. }) => {
                *again -= 1;
                false
            }
            found => {
                let was_in = found.is_some();
                self.leave(strand, ending);
                was_in
            }
        }
    }

    /// It is over, and `ending` says how, other than well.
    pub fn end(mut self, ending: Option<Ending>) {
        if let Some(strand) = current() {
            self.leave(strand, ending);
        }
        self.state.end_drawn();
        self.state.end(self.site, ending, None);
    }

    /// Ends the entry of this thread, where there is one. Traces know how it ended.
    fn leave(&mut self, strand: &'static Strand, ending: Option<Ending>) {
        let Some(entry) = self.take(strand.ordinal()) else { return };
        if entry.is_open(strand, self.site) {
            self.state.end_poll(entry.token, ending);
        } else if entry.token & UNTIMED == 0 {
            self.state.busy += ticks().saturating_sub(entry.start);
        }
    }

    fn find(&mut self, strand: &Strand) -> Option<&mut Entry> {
        let mut all = self.entry.iter_mut().chain(&mut self.others);
        all.find(|entry| entry.strand == strand.ordinal())
    }

    fn take(&mut self, strand: u32) -> Option<Entry> {
        if let Some(entry) = self.entry.take_if(|entry| entry.strand == strand) {
            return Some(entry);
        }
        let at = self.others.iter().position(|entry| entry.strand == strand)?;
        Some(self.others.swap_remove(at))
    }
}

impl Entry {
    /// Whether its frame is still there.
    fn is_open(&self, strand: &Strand, site: &Site) -> bool {
        let token = self.token & !UNTIMED;
        strand.started(token) == Some(self.start)
            && strand.tally_of(token).is_some_and(|tally| std::ptr::eq(tally.site, site))
    }
}
