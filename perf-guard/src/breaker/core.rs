//! The state machine.
//!
//! A call reads one word, which changes only when the state does: closed, it goes on. What it ends with is counted by
//! its thread, for itself. Only a failure (or a slow call) makes anybody look at what all threads have counted, because nothing
//! else can open the breaker. Good outcomes get into the window in batches of their thread, and all that there are each time
//! the background thread works, or something is to be decided.
//!
//! Legal edges: closed → open → half-open → open or closed; half-open → half-open, where probes never reported; and
//! whatever somebody forces. Each is one compare-exchange of the word, and so has one winner, who tells of it.

use std::sync::{PoisonError, TryLockError};

use perf_core::__guard::PerThread;

use super::health::Health;
use super::outcomes::{BreakerWindow, Outcomes, Sums};
use super::rule;
use super::settings::Settings;
use crate::name::Name;
use crate::primitive::{
    AtomicU32, AtomicU64, Mutex,
    Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
    fence, lock,
};
use crate::random::scrambled;
use crate::rejected::{Reason, Rejected};

/// What a breaker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BreakerState {
    /// Lets all calls run, and counts what they end with.
    Closed,
    /// Refuses all calls, for some time.
    Open,
    /// Lets some calls run, to see whether all may again.
    HalfOpen,
    /// Refuses all calls, until told otherwise.
    ForcedOpen,
}

const CLOSED: u64 = 0;
const OPEN: u64 = 1;
const HALF_OPEN: u64 = 2;
const FORCED_OPEN: u64 = 3;
const STATE: u64 = 3;

/// Calls are timed: something counts as slow. In the word, so that a call need not look elsewhere.
const TIMED: u64 = 4;

/// What is one more generation.
const GENERATION: u64 = 8;

/// A ticket of a call that changes nothing: the breaker is disabled, or only a shadow.
const UNCOUNTED: u64 = u64::MAX;

/// Good outcomes that a thread keeps for itself before it takes them into the window.
const BATCH: u64 = 128;

/// The shortest time in which a probe has to report.
const PROBE_NANOS: u64 = 1_000_000_000;

/// Who decides.
pub(super) const NORMAL: u32 = 0;
pub(super) const DISABLED: u32 = 1;
pub(super) const FORCED_CLOSED: u32 = 2;

#[derive(Debug)]
pub(super) struct Core {
    pub(super) name: Name,
    pub(super) settings: Settings,
    /// The state in two bits, whether calls are [`TIMED`], and the generation.
    word: AtomicU64,
    /// When the word last changed.
    since: AtomicU64,
    open_until: AtomicU64,
    /// Times that it opened without staying closed for long in between.
    attempt: AtomicU32,
    /// Of this generation's probes: the generation's lower half, and how many were let in, are well, are not.
    probes: AtomicU64,
    probed: AtomicU64,
    pub(super) mode: AtomicU32,
    own: PerThread<Own>,
    window: Mutex<Outcomes>,
    pub(super) health: Health,
    /// Whether somebody has counted something while the window was taken.
    is_more: AtomicU32,
}

/// What a thread counts. All but what was seen is written by it alone; that, by whoever has the window.
#[derive(Debug, Default)]
struct Own {
    successes: AtomicU64,
    failures: AtomicU64,
    slow: AtomicU64,
    refused: AtomicU64,
    /// Calls that ended without a say: cancelled, or let in before the last change of state.
    silent: AtomicU64,
    seen: [AtomicU64; 3],
}

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) from: BreakerState,
    pub(super) to: BreakerState,
}

/// Sums of all threads.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    pub(super) refused: u64,
    /// Calls that were let in and have ended.
    pub(super) ended: u64,
}

#[inline(always)]
fn bump(number: &AtomicU64) -> u64 {
    let next = number.load(Relaxed).wrapping_add(1);
    number.store(next, Relaxed);
    next
}

fn state_of(word: u64) -> BreakerState {
    match word & STATE {
        CLOSED => BreakerState::Closed,
        OPEN => BreakerState::Open,
        HALF_OPEN => BreakerState::HalfOpen,
        _ => BreakerState::ForcedOpen,
    }
}

/// The lower half of a word's generation, which probes are counted by.
fn generation_of(word: u64) -> u64 {
    (word / GENERATION) & u64::from(u32::MAX)
}

impl Core {
    pub(super) fn new(name: Name, settings: Settings, window: BreakerWindow, now: u64) -> Self {
        Self {
            name,
            word: AtomicU64::new(if settings.slow_call.load(Relaxed) == 0 { CLOSED } else { CLOSED | TIMED }),
            settings,
            since: AtomicU64::new(now),
            open_until: AtomicU64::new(0),
            attempt: AtomicU32::new(0),
            probes: AtomicU64::new(u64::from(u32::MAX) << 32),
            probed: AtomicU64::new(0),
            mode: AtomicU32::new(NORMAL),
            own: PerThread::new(),
            window: Mutex::new(Outcomes::new(window)),
            health: Health::of(name),
            is_more: AtomicU32::new(0),
        }
    }

    fn own(&self, work: impl Fn(&Own)) {
        // What threads count each for themselves is not modelled: they have nothing of the kind there.
        if cfg!(loom) {
            return;
        }
        match self.own.get() {
            Some(own) => work(own),
            None => self.own.shared(work),
        }
    }

    /// Lets a call in, where nothing is to be decided or timed. The ticket is to be handed back once.
    #[inline(always)]
    pub(super) fn enter_closed(&self) -> Option<u64> {
        let word = self.word.load(Acquire);
        (word & (STATE | TIMED) == CLOSED).then_some(word)
    }

    /// The call did what it should: true where there is nothing more to do about it.
    #[inline(always)]
    pub(super) fn succeed_closed(&self, ticket: u64) -> bool {
        let own = self.own.get().filter(|own| self.is_in_batch(ticket, own));
        own.map(|own| bump(&own.successes)).is_some()
    }

    /// Whether a call that did what it should can say so by [`succeed_near`](Self::succeed_near).
    #[inline(always)]
    pub(super) fn succeeds_near(&self, ticket: u64) -> bool {
        self.own.near().is_some_and(|own| self.is_in_batch(ticket, own))
    }

    /// The call did what it should.
    #[inline(always)]
    pub(super) fn succeed_near(&self) {
        if let Some(own) = self.own.near() {
            bump(&own.successes);
        }
    }

    /// Whether a success is only to be counted: nothing has changed, and the batch is not full.
    #[inline(always)]
    fn is_in_batch(&self, ticket: u64, own: &Own) -> bool {
        ticket & (STATE | TIMED) == CLOSED
            && ticket == self.word.load(Relaxed)
            && !own.successes.load(Relaxed).is_multiple_of(BATCH)
    }

    /// Lets a call in, or refuses it.
    #[inline(always)]
    pub(super) fn enter(&self, now: u64) -> Result<u64, Rejected> {
        self.enter_slowly(self.word.load(Acquire), now)
    }

    #[inline(always)]
    fn enter_slowly(&self, mut word: u64, now: u64) -> Result<u64, Rejected> {
        loop {
            let ticket = match word & STATE {
                CLOSED => Ok(word),
                OPEN if now >= self.open_until.load(Acquire) => {
                    self.change(word, HALF_OPEN, now);
                    word = self.word.load(Acquire);
                    continue;
                }
                OPEN => Err(self.open_until.load(Acquire) - now),
                HALF_OPEN => match self.probe(word, now) {
                    Some(true) => Ok(word),
                    Some(false) => Err(u64::MAX),
                    None => {
                        word = self.word.load(Acquire);
                        continue;
                    }
                },
                _ => Err(u64::MAX),
            };
            return match ticket {
                Ok(ticket) => Ok(ticket),
                Err(wait) => {
                    self.own(|own| _ = bump(&own.refused));
                    if self.settings.is_shadow.load(Relaxed) != 0 {
                        return Ok(UNCOUNTED);
                    }
                    Err(Rejected::new(self.name, Reason::CircuitOpen).retry_after_nanos(wait))
                }
            };
        }
    }

    /// Lets in a probe of this generation, if there is one left; none where the generation is another by now.
    fn probe(&self, word: u64, now: u64) -> Option<bool> {
        let generation = generation_of(word);
        let most = self.settings.probes.load(Relaxed);
        let mut probes = Probes::of(self.probes.load(Acquire));
        loop {
            let fresh = Probes { generation, admitted: 0, good: 0, bad: 0 };
            let known = if probes.generation == generation { probes } else { fresh };
            if known.admitted >= most {
                // A probe that never reports must not keep everybody out.
                let patience = self.settings.open_for.load(Relaxed).max(PROBE_NANOS);
                if now.saturating_sub(self.probed.load(Acquire)) < patience {
                    return Some(false);
                }
                self.change(word, HALF_OPEN, now);
                return None;
            }
            let next = Probes { admitted: known.admitted + 1, ..known };
            match self.probes.compare_exchange(probes.pack(), next.pack(), AcqRel, Acquire) {
                Ok(_) => {
                    self.probed.store(now, Release);
                    return Some(true);
                }
                Err(others) => probes = Probes::of(others),
            }
            if !self.is_current(word) {
                return None;
            }
        }
    }

    /// The call did what it should.
    pub(super) fn succeed(&self, ticket: u64, now: u64) {
        if ticket == UNCOUNTED || !self.is_current(ticket) {
            return self.own(|own| _ = bump(&own.silent));
        }
        if ticket & STATE == HALF_OPEN {
            self.own(|own| _ = bump(&own.silent));
            return self.report(ticket, true, now);
        }
        self.own(|own| {
            bump(&own.successes);
            // Where somebody else is at it, the next batch will do.
            if let Ok(mut window) = self.window.try_lock() {
                own.take_in(&mut window, now);
            }
        });
        self.look_again(now);
    }

    /// What the call depends on is not well, or the call took so long that it counts as slow, or both.
    pub(super) fn count_against(&self, ticket: u64, is_failure: bool, is_slow: bool, now: u64) {
        if ticket == UNCOUNTED || !self.is_current(ticket) {
            return self.own(|own| _ = bump(&own.silent));
        }
        if ticket & STATE == HALF_OPEN {
            self.own(|own| _ = bump(&own.silent));
            return self.report(ticket, false, now);
        }
        self.own(|own| {
            bump(if is_failure { &own.failures } else { &own.successes });
            if is_slow {
                bump(&own.slow);
            }
        });
        self.look(now);
    }

    /// The call says nothing either way. A probe may be another's then.
    pub(super) fn ignore(&self, ticket: u64) {
        self.own(|own| _ = bump(&own.silent));
        self.take_back(ticket);
    }

    /// The call never ran.
    #[cold]
    pub(super) fn undo(&self, ticket: u64) {
        self.take_back(ticket);
    }

    fn take_back(&self, ticket: u64) {
        if ticket == UNCOUNTED || ticket & STATE != HALF_OPEN || !self.is_current(ticket) {
            return;
        }
        let _ = self.probes.fetch_update(AcqRel, Acquire, |packed| {
            let probes = Probes::of(packed);
            let is_ours = probes.generation == generation_of(ticket) && probes.admitted > 0;
            is_ours.then(|| Probes { admitted: probes.admitted - 1, ..probes }.pack())
        });
    }

    /// A probe reports. As soon as the outcome is certain, the state changes.
    fn report(&self, ticket: u64, is_good: bool, now: u64) {
        let generation = generation_of(ticket);
        let most = self.settings.probes.load(Relaxed);
        let too_many = ((self.settings.failure_rate() * most as f64).ceil() as u64).clamp(1, most);
        let update = self.probes.fetch_update(AcqRel, Acquire, |packed| {
            let probes = Probes::of(packed);
            let (good, bad) = (probes.good + u64::from(is_good), probes.bad + u64::from(!is_good));
            (probes.generation == generation).then(|| Probes { good, bad, ..probes }.pack())
        });
        let Ok(before) = update.map(Probes::of) else { return };
        if !is_good && before.bad + 1 >= too_many {
            self.open(ticket, now);
        } else if is_good && before.good + 1 > most - too_many {
            self.close(ticket, now);
        }
    }

    /// Takes what all threads have counted into the window, and decides.
    ///
    /// Whoever finds the window taken leaves word, and whoever has it looks once more: nobody waits.
    #[inline(never)]
    fn look(&self, now: u64) {
        self.is_more.store(1, Release);
        // Either this finds the window free, or whoever has it finds that there is more.
        fence(SeqCst);
        loop {
            let mut window = match self.window.try_lock() {
                Ok(window) => window,
                Err(TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
                Err(TryLockError::WouldBlock) => return,
            };
            let is_news = self.is_more.swap(0, AcqRel) != 0;
            let word = self.word.load(Acquire);
            self.take_in(&mut window, now);
            let may_open = is_news && word & STATE == CLOSED && self.mode.load(Relaxed) == NORMAL;
            let is_bad = may_open && self.is_beyond(&window.sums(now));
            if is_bad {
                window.clear();
            }
            drop(window);
            if is_bad {
                self.open(word, now);
            }
            fence(SeqCst);
            if self.is_more.load(Acquire) == 0 {
                return;
            }
        }
    }

    /// Whoever has had the window for something else looks at what others could not.
    fn look_again(&self, now: u64) {
        fence(SeqCst);
        if self.is_more.load(Acquire) != 0 {
            self.look(now);
        }
    }

    /// Takes in what was counted until now, so that it counts for the time in which it happened.
    pub(super) fn tick(&self, now: u64) {
        if let Ok(mut window) = self.window.try_lock() {
            self.take_in(&mut window, now);
        }
        self.look_again(now);
        self.health.look(self.settings.failure_rate());
    }

    fn take_in(&self, window: &mut Outcomes, now: u64) {
        self.own.each(|own| own.take_in(window, now));
    }

    fn is_beyond(&self, sums: &Sums) -> bool {
        let settings = &self.settings;
        let enough = settings.enough(self.health.is_falling());
        let is_slow = settings.slow_call.load(Relaxed) != 0
            && rule::is_beyond(sums.slow, sums.calls, settings.slow_rate(), enough);
        is_slow || rule::is_beyond(sums.failures, sums.calls, settings.failure_rate(), enough)
    }

    fn open(&self, word: u64, now: u64) {
        let was_half = word & STATE == HALF_OPEN;
        let before = self.attempt.load(Relaxed);
        let last = self.settings.open_nanos(before, u64::MAX / 2);
        let stayed = now.saturating_sub(self.since.load(Acquire));
        // What has been closed for as long as it was open has recovered.
        let attempt = if was_half || stayed < last { before.saturating_add(1).min(64) } else { 0 };
        let is_first = !was_half && self.open_until.load(Relaxed) == 0;
        let attempt = if is_first { 0 } else { attempt };
        let nanos = self.settings.open_nanos(attempt, scrambled(now ^ word));
        if self.is_current(word) {
            self.open_until.store(now.saturating_add(nanos).max(1), Release);
            if self.change(word, OPEN, now) {
                self.attempt.store(attempt, Relaxed);
            }
        }
    }

    fn close(&self, word: u64, now: u64) {
        let mut window = lock(&self.window);
        // What was counted before says nothing about what is now.
        self.take_in(&mut window, now);
        window.clear();
        drop(window);
        // What is there to be looked at was before this.
        self.is_more.store(0, Release);
        self.change(word, CLOSED, now);
    }

    /// Whether nothing has changed since a call was let in with this word; but for whether calls are timed.
    fn is_current(&self, word: u64) -> bool {
        (word ^ self.word.load(Acquire)) & !TIMED == 0
    }

    /// Lets calls be timed from now on, or not. Those that are in flight stay what they are.
    pub(super) fn set_slow_call(&self, nanos: u64) {
        self.settings.slow_call.store(nanos, Relaxed);
        if nanos == 0 {
            self.word.fetch_and(!TIMED, AcqRel);
        } else {
            self.word.fetch_or(TIMED, AcqRel);
        }
    }

    /// Moves on to the next generation, unless somebody else has.
    fn change(&self, from: u64, to: u64, now: u64) -> bool {
        let next = (from & !(TIMED | STATE)).wrapping_add(GENERATION) | to;
        let update = |word: u64| ((word ^ from) & !TIMED == 0).then_some(next | word & TIMED);
        let is_done = self.word.fetch_update(AcqRel, Relaxed, update).is_ok();
        if is_done {
            self.since.store(now, Release);
            if from & STATE != to {
                super::events::tell(self.name, Change { from: state_of(from), to: state_of(next) });
            }
        }
        is_done
    }

    /// Puts it in a state, whatever it was in.
    pub(super) fn force(&self, state: BreakerState, now: u64) {
        let to = match state {
            BreakerState::Closed => CLOSED,
            BreakerState::Open => OPEN,
            BreakerState::HalfOpen => HALF_OPEN,
            BreakerState::ForcedOpen => FORCED_OPEN,
        };
        loop {
            let word = self.word.load(Acquire);
            if to == CLOSED {
                self.close(word, now);
            } else {
                self.change(word, to, now);
            }
            if self.word.load(Acquire) & STATE == to {
                return;
            }
        }
    }

    /// Forgets how often it has opened.
    pub(super) fn forget(&self) {
        self.attempt.store(0, Relaxed);
        self.open_until.store(0, Relaxed);
    }

    /// Says until when it is open.
    #[cfg(all(test, loom))]
    pub(super) fn open_at(&self, nanos: u64) {
        self.open_until.store(nanos, Release);
    }

    pub(super) fn state(&self) -> BreakerState {
        state_of(self.word.load(Acquire))
    }

    pub(super) fn since(&self) -> u64 {
        self.since.load(Acquire)
    }

    /// The window, with all that was counted until now.
    pub(super) fn sums(&self, now: u64) -> Sums {
        let mut window = lock(&self.window);
        self.take_in(&mut window, now);
        let sums = window.sums(now);
        drop(window);
        self.look_again(now);
        sums
    }

    pub(super) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        self.own.each(|own| {
            let ended = [&own.successes, &own.failures, &own.silent].map(|number| number.load(Acquire));
            totals.ended = ended.into_iter().fold(totals.ended, u64::wrapping_add);
            totals.refused = totals.refused.wrapping_add(own.refused.load(Relaxed));
        });
        totals
    }
}

impl Own {
    /// Takes into the window what is not in it yet. The caller has the window.
    fn take_in(&self, window: &mut Outcomes, now: u64) {
        // What counts against first, so that a window never has fewer calls than failures.
        let [slow, failures, successes] =
            [(&self.slow, 2), (&self.failures, 1), (&self.successes, 0)].map(|(number, at)| {
                let number = number.load(Acquire);
                let more = number.wrapping_sub(self.seen[at].load(Relaxed));
                self.seen[at].store(number, Relaxed);
                more
            });
        if successes + failures + slow > 0 {
            window.add(now, successes, failures, slow);
        }
    }
}

/// Probes of one generation.
#[derive(Clone, Copy)]
struct Probes {
    generation: u64,
    admitted: u64,
    good: u64,
    bad: u64,
}

/// Probes, at most: as many as fit.
pub(super) const MOST_PROBES: u64 = 1000;

impl Probes {
    fn of(packed: u64) -> Self {
        let part = |at: u64| packed >> at & 0x3FF;
        Self { generation: packed >> 32, admitted: part(20), good: part(10), bad: part(0) }
    }

    fn pack(self) -> u64 {
        self.generation << 32 | self.admitted << 20 | self.good.min(0x3FF) << 10 | self.bad.min(0x3FF)
    }
}
