//! What a thread has in its hands while it writes slow calls down.

use std::cell::{Cell, RefCell};
use std::ptr;

use super::tail::TEXT_BYTES;
use super::text::Text;
use crate::callsite::Site;

/// What a thread keeps for the calls that it writes down.
#[derive(Default)]
pub(super) struct Telling {
    /// Whether it is at it: what is asked then may be measured itself.
    is_telling: Cell<bool>,
    noted: RefCell<Noted>,
}

/// The thread is telling for as long as this lives.
pub(super) struct Alone<'a>(&'a Telling);

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.is_telling.set(false);
    }
}

impl Telling {
    /// None where the thread is telling already.
    pub(super) fn alone(&self) -> Option<Alone<'_>> {
        (!self.is_telling.replace(true)).then(|| Alone(self))
    }

    /// What was noted of the call of `site` that began then; nothing, if nothing was.
    pub(super) fn noted(&self, site: &Site, start: u64) -> Text<TEXT_BYTES> {
        self.noted.borrow().of(site, start).map_or(Text::EMPTY, |noted| noted.text)
    }

    /// Ticks that noting took of the call of `site` that began then.
    pub(super) fn spent(&self, site: &Site, start: u64) -> u64 {
        self.noted.borrow().of(site, start).map_or(0, |noted| noted.spent)
    }

    pub(super) fn note(&self, noted: Noted) {
        *self.noted.borrow_mut() = noted;
    }
}

/// What a thread has noted of the last call that was slow enough, until that has ended.
pub(super) struct Noted {
    pub(super) site: Option<&'static Site>,
    pub(super) start: u64,
    pub(super) text: Text<TEXT_BYTES>,
    /// Ticks that it took to write the arguments.
    pub(super) spent: u64,
}

impl Default for Noted {
    fn default() -> Self {
        Self { site: None, start: 0, text: Text::EMPTY, spent: 0 }
    }
}

impl Noted {
    /// Itself, if it is of the call of `site` that began then.
    fn of(&self, site: &Site, start: u64) -> Option<&Self> {
        let is_it = self.start == start && self.site.is_some_and(|own| ptr::eq(own, site));
        is_it.then_some(self)
    }
}
