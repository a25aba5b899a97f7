//! Guards are a crate of their own, which says once how they are read and steered.

use once_cell::sync::OnceCell;

use crate::snapshot::GuardStats;

/// What there is to ask of them.
#[derive(Debug)]
pub struct Hooks {
    /// All guards at this moment.
    pub read: fn() -> Vec<GuardStats>,
    /// The configuration has changed. Called while nothing is locked.
    pub reconfigure: fn(),
    /// The background thread has worked. Called while nothing is locked.
    pub tick: fn(),
}

static HOOKS: OnceCell<Hooks> = OnceCell::new();

/// Lets snapshots show guards, and the configuration reach them.
pub fn connect(hooks: Hooks) {
    let _ = HOOKS.set(hooks);
}

/// All guards at this moment; none where there is no such crate, or nothing was guarded yet.
pub(crate) fn read() -> Vec<GuardStats> {
    HOOKS.get().map_or_else(Vec::new, |hooks| (hooks.read)())
}

/// Tells them that the configuration has changed.
pub(crate) fn reconfigure() {
    if let Some(hooks) = HOOKS.get() {
        (hooks.reconfigure)();
    }
}

/// Lets them do what they have to do now and then.
pub(crate) fn tick() {
    if let Some(hooks) = HOOKS.get() {
        (hooks.tick)();
    }
}
