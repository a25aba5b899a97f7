//! All that admitting a call asks and changes, in one word, so that it is done in one step.
//!
//! | bits | what |
//! | --- | --- |
//! | 0–19 | calls in flight |
//! | 20–39 | the limit |
//! | 40 | somebody waits |
//! | 41 | the limit adapts |
//! | 42–63 | calls admitted since the last fold |

/// What one more call adds: it is in flight, and it is admitted.
pub(super) const ENTER: u64 = 1 | 1 << COUNT_SHIFT;

/// Whoever comes has to queue, also where there is room: it belongs to those who wait.
pub(super) const WAITERS: u64 = 1 << 40;

/// Calls are timed.
pub(super) const ADAPTIVE: u64 = 1 << 41;

/// The count's highest bit. From the call that sets it, each that leaves folds it away, so that it cannot
/// be passed by more calls than are in flight, or leaving, at a time: it has room for twice the highest limit.
pub(super) const FOLD: u64 = 1 << 63;

/// What a fold takes out of the count.
pub(super) const FOLDED: u64 = FOLD >> COUNT_SHIFT;

/// As many calls at a time as the word can tell.
pub(super) const MAX_LIMIT: u32 = (1 << FIELD_BITS) - 1;

/// One more in the limit.
pub(super) const ONE_LIMIT: u64 = 1 << FIELD_BITS;

const FIELD_BITS: u32 = 20;
const COUNT_SHIFT: u32 = 42;

/// A reading of the word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word(pub(super) u64);

impl Word {
    pub(super) fn new(limit: u32) -> Self {
        debug_assert!((1..=MAX_LIMIT).contains(&limit));
        Self(u64::from(limit) * ONE_LIMIT)
    }

    #[inline(always)]
    pub(super) fn in_flight(self) -> u32 {
        self.0 as u32 & MAX_LIMIT
    }

    #[inline(always)]
    pub(super) fn limit(self) -> u32 {
        (self.0 >> FIELD_BITS) as u32 & MAX_LIMIT
    }

    #[inline(always)]
    pub(super) fn has_slot(self) -> bool {
        self.in_flight() < self.limit()
    }

    /// Whether a call that comes now, and has not waited, may enter.
    #[inline(always)]
    pub(super) fn admits(self) -> bool {
        self.has_slot() && self.0 & WAITERS == 0
    }

    #[inline(always)]
    pub(super) fn is_adaptive(self) -> bool {
        self.0 & ADAPTIVE != 0
    }

    pub(super) fn admitted(self) -> u64 {
        self.0 >> COUNT_SHIFT
    }
}
