use super::core::{BreakerState, Change};
use crate::events::{self, Event};
use crate::name::Name;
use perf_core::GuardKind;

fn word(state: BreakerState) -> &'static str {
    match state {
        BreakerState::Closed => "closed",
        BreakerState::Open => "open",
        BreakerState::HalfOpen => "half_open",
        BreakerState::ForcedOpen => "forced_open",
    }
}

impl BreakerState {
    /// The state in a word, as snapshots show it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        word(self)
    }
}

/// Tells who wants to know.
#[cold]
pub(super) fn tell(name: Name, change: Change) {
    events::emit(&Event { name, kind: GuardKind::CircuitBreaker, from: word(change.from), to: word(change.to) });
}
