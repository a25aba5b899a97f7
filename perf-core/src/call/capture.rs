//! What the arguments of a call were, told when it turns out to be slow.
//!
//! A function that captures arguments has a [`Captured`] at the beginning of its body, which is dropped where
//! the body ends: while the arguments are still there, and before the call is over. It looks at the clock
//! where the call is timed, and writes the arguments down only if that is long enough to be among the
//! slowest. What it has written waits on the thread for the end of the call. A future that is given up ends
//! before its body is dropped; there the arguments are added to what was written down.

use std::fmt::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use super::clock::ticks;
use super::strand::{Strand, current};
use super::tail::TEXT_BYTES;
use super::telling::Noted;
use super::text::Text;
use crate::callsite::Site;

/// When a call began that is not timed.
const UNTIMED: u64 = u64::MAX;

/// What samples had cost when a future began: nothing of that is taken off its time.
const NOTHING_OFF: u64 = u64::MAX;

/// The arguments of a running call, and how they are written.
pub struct Captured<W: Fn(&mut Fields<'_>)> {
    site: &'static Site,
    /// When the call began, and what its thread's samples had cost by then.
    start: u64,
    probes: u64,
    write: W,
}

impl<W: Fn(&mut Fields<'_>)> Captured<W> {
    /// Of the call of `site` that has just begun on this thread.
    #[inline(always)]
    pub fn new(site: &'static Site, write: W) -> Self {
        let (start, probes) = begun(site);
        Self { site, start, probes, write }
    }

    /// The same of a future, in its first poll: of its time nothing is taken off.
    #[inline(always)]
    pub fn of_future(site: &'static Site, write: W) -> Self {
        let (start, _) = begun(site);
        Self { site, start, probes: NOTHING_OFF, write }
    }
}

/// When the innermost call began, if it is a sample of `site`.
#[inline(always)]
fn begun(site: &'static Site) -> (u64, u64) {
    let frame = current().and_then(Strand::innermost);
    let is_own = |own: &Site| ptr::eq(own, site);
    let frame = frame.filter(|frame| frame.weight != 0 && frame.site().is_some_and(is_own));
    frame.map_or((UNTIMED, 0), |frame| (frame.start, frame.probes))
}

impl<W: Fn(&mut Fields<'_>)> Drop for Captured<W> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.start != UNTIMED {
            look(self.site, self.start, self.probes, &self.write);
        }
    }
}

impl<W: Fn(&mut Fields<'_>)> fmt::Debug for Captured<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Captured").finish_non_exhaustive()
    }
}

/// A timed call's body is over.
#[inline(never)]
fn look(site: &'static Site, start: u64, probes: u64, write: &dyn Fn(&mut Fields<'_>)) {
    let Some(strand) = current() else { return };
    let end = ticks();
    let off = if probes == NOTHING_OFF { 0 } else { strand.probes().saturating_sub(probes) };
    let elapsed = end.saturating_sub(start).saturating_sub(off);
    // A future that was given up is in the table already, and may be the shortest there.
    if elapsed.saturating_add(1) >= site.tail.threshold() {
        strand.at_no_cost(|| note(strand, site, start, elapsed, write));
    }
}

#[cold]
#[inline(never)]
fn note(strand: &'static Strand, site: &'static Site, start: u64, elapsed: u64, write: &dyn Fn(&mut Fields<'_>)) {
    let Some(_alone) = strand.telling.alone() else { return };
    let is_late = site.tail.awaits(strand, start);
    if !is_late && elapsed < site.tail.threshold() {
        return;
    }
    let began = ticks();
    let text = written(write);
    if is_late {
        site.tail.attach(strand, start, &text);
    } else {
        let spent = ticks().saturating_sub(began);
        strand.telling.note(Noted { site: Some(site), start, spent, text });
    }
}

fn written(write: &dyn Fn(&mut Fields<'_>)) -> Text<TEXT_BYTES> {
    let mut text = Text::EMPTY;
    write(&mut Fields { text: &mut text });
    text
}

/// Where arguments are written: `name=value name=value`.
#[derive(Debug)]
pub struct Fields<'a> {
    text: &'a mut Text<TEXT_BYTES>,
}

impl Fields<'_> {
    /// An argument as `{:?}` writes it.
    pub fn debug(&mut self, name: &str, value: &dyn fmt::Debug) {
        self.field(name, format_args!("{value:?}"));
    }

    /// An argument as `{}` writes it.
    pub fn display(&mut self, name: &str, value: &dyn fmt::Display) {
        self.field(name, format_args!("{value}"));
    }

    /// What the user's own code writes. No lock of ours is held, and a panic ends here.
    fn field(&mut self, name: &str, value: fmt::Arguments<'_>) {
        // What comes when it is full would not be seen, and may take long to write.
        if self.text.is_cut() {
            return;
        }
        let space = if self.text.is_empty() { "" } else { " " };
        // Whether a value fails is its own affair: those after it are told.
        if catch_unwind(AssertUnwindSafe(|| write!(self.text, "{space}{name}={value}").is_ok())).is_err() {
            let _ = self.text.write_str("<panicked>");
        }
    }
}

/// A captured expression: its value where that is `Copy`, so that the body may do with the original what it
/// likes, and a borrow of it otherwise.
#[derive(Debug)]
pub struct Capture<'a, T: ?Sized>(pub &'a T);

impl<T: Copy> Capture<'_, T> {
    /// The value.
    #[inline(always)]
    #[must_use]
    pub fn kept(&self) -> T {
        *self.0
    }
}

/// The same of what is not `Copy`.
pub trait Borrowed<'a> {
    /// What it is.
    type Value: ?Sized;
    /// The borrow.
    fn kept(&self) -> &'a Self::Value;
}

impl<'a, T: ?Sized> Borrowed<'a> for Capture<'a, T> {
    type Value = T;

    #[inline(always)]
    fn kept(&self) -> &'a T {
        self.0
    }
}
