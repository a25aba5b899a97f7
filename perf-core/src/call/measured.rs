use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::attend;
use super::attention::{UNTIMED, is_attentive};
use super::clock::ticks;
use super::lane::Here;
use super::slow::{self, Ending, close_kept};
use super::slow_future::{self, Chosen, Finished, HEAVIEST_TRACED, Polls};
use crate::callsite::Site;

/// A future that is measured, polled in place.
///
/// It is a call from its first poll on. One that is sampled gives one record when it is over: the
/// time from the first poll to the end, the time spent in polls, their number, and how it ended.
/// Dropped before its end it is counted as cancelled; dropped before its first poll it was no call.
///
/// `site` gives the function's site and the running thread's lane of it; `probe` says whether an
/// output is an error. Both are closures without captures, so that only 32 bytes are added to the future's size.
pub struct Measured<S, F, P>
where
    S: Fn() -> (&'static Site, Here),
{
    state: State,
    site: S,
    probe: P,
    future: F,
}

/// What is known of the call so far: 32 bytes.
#[derive(Debug)]
pub(super) struct State {
    /// Ticks at the first poll; before it, ticks at the making, where it seemed worth the reading.
    pub(super) start: u64,
    /// Ticks spent in polls.
    pub(super) busy: u64,
    /// Ticks covered by direct calls of the same function; of a future that is attended, who keeps that.
    pub(super) nested: u64,
    /// Calls that it stands for, as [`Chosen`] has them.
    pub(super) weight: u32,
    /// The phase in the topmost bits, the number of polls in the others.
    polls: u32,
}

/// Not polled yet.
const NEW: u32 = 0;
/// Counted, not timed.
const PLAIN: u32 = 1 << 29;
/// It has ended, in whatever way.
const OVER: u32 = 2 << 29;
/// Its polls keep frames, and are not timed. From here on, polls have frames.
pub(super) const KEPT: u32 = 3 << 29;
/// Timed.
pub(super) const TIMED: u32 = 4 << 29;
/// Timed, with a frame of the same function waiting for its time.
pub(super) const WATCHED: u32 = 5 << 29;
/// Timed, each poll with all that is below it.
pub(super) const TRACED: u32 = 6 << 29;

const PHASE: u32 = 7 << 29;

/// Polls of one future that are traced.
const MOST_TRACED: u32 = 256;

impl State {
    /// Made at so many ticks; 0 where nobody looked.
    #[inline(always)]
    pub(super) fn made(at: u64) -> Self {
        Self { start: at, busy: 0, nested: 0, weight: 0, polls: NEW }
    }

    /// Of a call that was counted before it is polled, and that stands for so many; 0 where it is not sampled.
    pub(super) fn drawn(at: u64, weight: u32) -> Self {
        Self { weight, ..Self::made(at) }
    }

    /// A call that was counted begins, and `chosen` says what is to come of it.
    pub(super) fn begin_drawn(&mut self, site: &'static Site, chosen: Option<Chosen>) {
        self.polls = PLAIN;
        if let Some(chosen) = chosen {
            self.begin_chosen(site, chosen);
        }
    }

    /// A call that was counted ends: it began where it was made, if it was never polled.
    pub(super) fn end_drawn(&mut self) {
        if self.is_new() && self.weight != 0 {
            self.polls = TIMED;
        }
    }

    /// Not polled yet.
    pub(super) fn is_new(&self) -> bool {
        self.polls == NEW
    }

    fn phase(&self) -> u32 {
        self.polls & PHASE
    }

    pub(super) fn is_timed(&self) -> bool {
        self.polls >= TIMED
    }

    /// Whether its polls have frames.
    pub(super) fn has_frames(&self) -> bool {
        self.polls >= KEPT
    }

    /// Calls that it stands for.
    fn weight(&self) -> u32 {
        if self.phase() == TRACED { self.weight & HEAVIEST_TRACED } else { self.weight }
    }

    /// The first poll: a call begins.
    #[inline(always)]
    fn begin(&mut self, (site, lane): (&'static Site, Here)) {
        self.polls = PLAIN;
        if lane.lane().tick() {
            self.begin_timed(site, lane);
        }
    }

    #[cold]
    fn begin_timed(&mut self, site: &'static Site, lane: Here) {
        let Some(chosen) = slow_future::begin_future(lane, site) else { return };
        self.begin_chosen(site, chosen);
    }

    /// A call begins that is to be more than counted.
    #[inline(always)]
    pub(super) fn begin_chosen(&mut self, site: &'static Site, chosen: Chosen) {
        self.weight = chosen.weight;
        self.polls = chosen.polls as u32;
        let made = self.start;
        self.start = ticks();
        if made != 0 && self.weight != 0 {
            slow_future::emit_wait(site, self.weight(), self.start.saturating_sub(made));
        }
    }

    /// A poll begins that has a frame; gives its token.
    #[cold]
    pub(super) fn begin_poll(&mut self, site: &'static Site) -> u32 {
        if self.polls & !PHASE != !PHASE {
            self.polls += 1;
        }
        if is_attentive() {
            return self.begin_poll_attentive(site);
        }
        // The first poll begins where the call does: one look at the clock serves both.
        let start = if self.is_first_poll() { self.start } else { ticks() };
        slow_future::begin_poll(site, self.weight, start)
    }

    fn is_first_poll(&self) -> bool {
        self.polls & !PHASE == 1
    }

    #[cold]
    #[inline(never)]
    fn begin_poll_attentive(&mut self, site: &'static Site) -> u32 {
        if self.polls & !PHASE > MOST_TRACED {
            // There may be no end of it. Those below it are traced from now on.
            site.set_long();
            if self.phase() == TRACED {
                self.weight = self.weight();
                self.polls = self.polls & !PHASE | TIMED;
            }
        }
        let polls = match self.phase() {
            KEPT => Polls::Kept,
            TRACED => Polls::Traced,
            _ => Polls::Timed,
        };
        let start = (self.is_first_poll() && self.is_timed()).then_some(self.start);
        if start.is_some() && self.weight != 0 && site.wants_cpu() {
            self.nested = attend::NEW;
        }
        slow_future::begin_poll_attentive(site, Chosen { weight: self.weight, polls }, self.start, start)
    }

    /// A poll begins of a future that is attended, and that has the frame `token`. Gives what it is to be polled with.
    #[cold]
    #[inline(never)]
    fn attend(&mut self, site: &'static Site, token: u32, waker: &Waker) -> Option<&'static Waker> {
        let start = attend::begin_poll(&mut self.nested, site, waker);
        attend::restart(token, start);
        if self.is_first_poll() {
            self.start = start;
        }
        attend::waker(self.nested)
    }

    /// A poll with a frame is over, and with it the call where there is an `ending`. Gives the time, where somebody looked.
    #[cold]
    pub(super) fn end_poll(&mut self, token: u32, ending: Option<Ending>) -> Option<u64> {
        if is_attentive() {
            return self.end_poll_attentive(token, ending);
        }
        let end = ticks();
        if token != 0 {
            let (busy, nested) = slow_future::end_poll(token, end);
            self.busy += busy;
            self.nested += nested;
        }
        Some(end)
    }

    #[cold]
    #[inline(never)]
    fn end_poll_attentive(&mut self, token: u32, ending: Option<Ending>) -> Option<u64> {
        if token & UNTIMED != 0 {
            close_kept(token);
            return None;
        }
        let end = ticks();
        let reading = attend::end_reading(self.nested);
        let (busy, nested) = slow_future::end_poll_attentive(token, end, self.is_first_poll(), ending);
        self.busy += busy;
        if attend::is_attended(self.nested) {
            attend::end_poll(self.nested, end, nested, reading);
        } else {
            self.nested += nested;
        }
        Some(end)
    }

    /// The future is over; `at` is the time, where somebody has just looked.
    #[cold]
    pub(super) fn end(&mut self, site: &'static Site, ending: Option<Ending>, at: Option<u64>) {
        if let Some(ending) = ending {
            slow::count(site, ending);
        }
        if self.is_timed() {
            let wall = at.unwrap_or_else(ticks).saturating_sub(self.start);
            let is_watched = self.phase() == WATCHED;
            let polls = self.polls & !PHASE;
            let weight = self.weight();
            self.polls = OVER;
            let Self { start, busy, nested, .. } = *self;
            slow_future::finish_future(
                site,
                &Finished { is_watched, weight, wall, busy, nested, polls, start, ending },
            );
        }
        self.polls = OVER;
    }
}

/// Sees a poll that panics.
struct Polling<'a, S: Fn() -> (&'static Site, Here)> {
    state: &'a mut State,
    site: &'a S,
    token: u32,
}

impl<S: Fn() -> (&'static Site, Here)> Drop for Polling<'_, S> {
    fn drop(&mut self) {
        let end = self.state.end_poll(self.token, Some(Ending::Panic));
        self.state.end((self.site)().0, Some(Ending::Panic), end);
    }
}

impl<S, F, P> Measured<S, F, P>
where
    S: Fn() -> (&'static Site, Here),
    F: Future,
    P: Fn(&F::Output) -> bool,
{
    /// Measures `future`, once it is polled.
    #[inline(always)]
    pub fn new(site: S, future: F, probe: P) -> Self {
        let (_, lane) = site();
        let made = if lane.lane().is_due() { ticks() } else { 0 };
        Self { state: State::made(made), site, probe, future }
    }
}

/// A closure that says whether a `T` is an error, told what a `T` is.
#[inline(always)]
pub fn probe<T, P: Fn(&T) -> bool>(probe: P) -> P {
    probe
}

impl<S, F, P> Future for Measured<S, F, P>
where
    S: Fn() -> (&'static Site, Here),
    F: Future,
    P: Fn(&F::Output) -> bool,
{
    type Output = F::Output;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: nothing is moved out; `future` is pinned where it is, the rest is never pinned.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: as above.
        let future = unsafe { Pin::new_unchecked(&mut this.future) };
        if this.state.polls == NEW {
            this.state.begin((this.site)());
        }
        let mut polling = Polling { state: &mut this.state, site: &this.site, token: 0 };
        let mut attended;
        let mut context = context;
        if polling.state.has_frames() {
            polling.token = polling.state.begin_poll((this.site)().0);
            if attend::is_attended(polling.state.nested)
                && let Some(waker) = polling.state.attend((this.site)().0, polling.token, context.waker())
            {
                attended = Context::from_waker(waker);
                context = &mut attended;
            }
        }
        let poll = future.poll(context);
        let token = polling.token;
        std::mem::forget(polling);
        let is_error = matches!(&poll, Poll::Ready(output) if (this.probe)(output));
        let ending = is_error.then_some(Ending::Error);
        let end = if token == 0 { None } else { this.state.end_poll(token, ending) };
        if poll.is_ready() {
            if this.state.phase() == OVER {
                // Polled again after its end, and it let itself be: a call ends once.
            } else if is_error || this.state.is_timed() {
                this.state.end((this.site)().0, ending, end);
            } else {
                this.state.polls = OVER;
            }
        }
        poll
    }
}

impl<S, F, P> Drop for Measured<S, F, P>
where
    S: Fn() -> (&'static Site, Here),
{
    #[inline]
    fn drop(&mut self) {
        if !matches!(self.state.phase(), NEW | OVER) {
            self.state.end((self.site)().0, Some(Ending::Cancelled), None);
        }
    }
}

impl<S, F, P> fmt::Debug for Measured<S, F, P>
where
    S: Fn() -> (&'static Site, Here),
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Measured").finish_non_exhaustive()
    }
}
