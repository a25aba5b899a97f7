//! What one thread has allocated while it was in calls that want to know.

use std::cell::Cell;
use std::hint::black_box;

use once_cell::sync::OnceCell;

use super::tracking;

thread_local! {
    /// Without a destructor, so that it is good in all destructors of others.
    static COUNTERS: Counters = const { Counters::new() };
}

/// Allocations, and the bytes that were asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) count: u64,
    pub(super) bytes: u64,
}

impl Amount {
    #[inline(always)]
    pub(super) fn plus(self, other: Self) -> Self {
        Self { count: self.count.wrapping_add(other.count), bytes: self.bytes.wrapping_add(other.bytes) }
    }

    /// Nothing where it would be less: somebody did not leave calls in the order in which they are in one another, by a
    /// jump or on another stack.
    #[inline(always)]
    pub(super) fn minus(self, other: Self) -> Self {
        Self { count: self.count.saturating_sub(other.count), bytes: self.bytes.saturating_sub(other.bytes) }
    }
}

/// A thread's running totals. Whoever wants to know of a part of the time takes differences.
pub(super) struct Counters {
    /// Whether a scope is open: otherwise nobody asks, and nothing is counted.
    is_open: Cell<bool>,
    count: Cell<u64>,
    bytes: Cell<u64>,
    /// Bytes allocated less those freed.
    live: Cell<i64>,
    /// The most that `live` was in the innermost scope.
    peak: Cell<i64>,
    /// What ended scopes took, of those directly within the innermost one: so much more than when that was opened.
    nested_count: Cell<u64>,
    nested_bytes: Cell<u64>,
}

/// All of it at one moment: what a scope puts aside for those around it.
#[derive(Clone, Copy)]
pub(super) struct Saved {
    is_open: bool,
    all: Amount,
    live: i64,
    peak: i64,
    nested: Amount,
}

/// What happened in a scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) all: Amount,
    /// Without the scopes within.
    pub(super) own: Amount,
    /// Bytes allocated less those freed.
    pub(super) live: i64,
    /// The most that they were, and not less than nothing.
    pub(super) peak: i64,
}

impl Counters {
    pub(super) const fn new() -> Self {
        Self {
            is_open: Cell::new(false),
            count: Cell::new(0),
            bytes: Cell::new(0),
            live: Cell::new(0),
            peak: Cell::new(0),
            nested_count: Cell::new(0),
            nested_bytes: Cell::new(0),
        }
    }

    #[inline(always)]
    pub(super) fn is_open(&self) -> bool {
        self.is_open.get()
    }

    #[inline(always)]
    pub(super) fn allocated(&self, size: usize) {
        self.count.set(self.count.get().wrapping_add(1));
        self.bytes.set(self.bytes.get().wrapping_add(size as u64));
        let live = self.live.get().wrapping_add(size as i64);
        self.live.set(live);
        if live > self.peak.get() {
            self.peak.set(live);
        }
    }

    #[inline(always)]
    pub(super) fn freed(&self, size: usize) {
        self.live.set(self.live.get().wrapping_sub(size as i64));
    }

    fn all(&self) -> Amount {
        Amount { count: self.count.get(), bytes: self.bytes.get() }
    }

    fn nested(&self) -> Amount {
        Amount { count: self.nested_count.get(), bytes: self.nested_bytes.get() }
    }

    fn set_nested(&self, nested: Amount) {
        self.nested_count.set(nested.count);
        self.nested_bytes.set(nested.bytes);
    }

    #[inline(always)]
    fn save(&self) -> Saved {
        Saved {
            is_open: self.is_open.get(),
            all: self.all(),
            live: self.live.get(),
            peak: self.peak.get(),
            nested: self.nested(),
        }
    }

    fn restore(&self, saved: &Saved) {
        self.is_open.set(saved.is_open);
        self.count.set(saved.all.count);
        self.bytes.set(saved.all.bytes);
        self.live.set(saved.live);
        self.peak.set(saved.peak);
        self.set_nested(saved.nested);
    }

    /// Opens a scope. What it gives is to be handed back to [`Self::leave`].
    #[inline(always)]
    pub(super) fn enter(&self) -> Saved {
        let saved = self.save();
        self.is_open.set(true);
        self.peak.set(saved.live);
        saved
    }

    /// Closes the scope that gave `saved`. Where it `counts`, what happened in it is the nested part of the scope around.
    #[inline(always)]
    pub(super) fn leave(&self, saved: &Saved, counts: bool) -> Taken {
        let all = self.all().minus(saved.all);
        let taken = Taken {
            all,
            own: all.minus(self.nested().minus(saved.nested)),
            live: self.live.get().wrapping_sub(saved.live),
            peak: self.peak.get().wrapping_sub(saved.live),
        };
        self.is_open.set(saved.is_open);
        if saved.peak > self.peak.get() {
            self.peak.set(saved.peak);
        }
        if counts {
            self.set_nested(saved.nested.plus(all));
        }
        taken
    }
}

/// The running thread's counters; none where a thread has none any more, on targets where that happens.
#[inline(always)]
pub(super) fn with<T>(look: impl FnOnce(&Counters) -> T) -> Option<T> {
    COUNTERS.try_with(look).ok()
}

/// Does something of the runtime's, of which no call is to know that it allocated.
#[inline(always)]
pub fn uncounted<T>(work: impl FnOnce() -> T) -> T {
    let Some(saved) = with(|counters| counters.is_open().then(|| counters.save())).flatten() else { return work() };
    let done = work();
    with(|counters| counters.restore(&saved));
    done
}

/// Whether what is allocated is counted, which is tried once.
pub(crate) fn is_installed() -> bool {
    static IS_INSTALLED: OnceCell<bool> = OnceCell::new();
    let look = || {
        let Some(saved) = with(Counters::enter) else { return false };
        drop(black_box(Box::new(black_box(0_u64))));
        with(|counters| counters.leave(&saved, false).all.count).unwrap_or(0) > 0
    };
    // A thread that has no counters any more cannot tell.
    with(|_| ()).is_some() && *IS_INSTALLED.get_or_init(|| tracking::may_look() && uncounted(look))
}
