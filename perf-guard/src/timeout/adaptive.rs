//! A timeout that follows how long calls take.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::sketch::Sketch;

/// The timeout is looked at again so often, and what is known fades by an eighth.
const TURN_NANOS: u64 = 1_000_000_000;

/// But not before so many calls more are known.
const TURN_CALLS: f64 = 64.0;

/// Calls that a share rests on: one, at least, has to be beyond it.
fn enough_for(quantile: f64) -> f64 {
    (1.0 / (1.0 - quantile)).max(TURN_CALLS)
}

/// What it goes by. Times in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rule {
    pub(super) min: u64,
    pub(super) max: u64,
    /// The share of calls that are to end in time, in any case.
    pub(super) quantile: f64,
    /// So many times as long as that share takes.
    pub(super) headroom: f64,
}

impl Rule {
    fn timeout(&self, sketch: &Sketch) -> u64 {
        if sketch.calls() < enough_for(self.quantile) {
            return self.max;
        }
        let longest = sketch.quantile(self.quantile).unwrap_or(self.max);
        // Too large floats become the largest number.
        ((longest as f64 * self.headroom) as u64).clamp(self.min, self.max)
    }
}

/// What it has learnt.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    sketch: Sketch,
    /// When it is looked at again.
    turns_at: AtomicU64,
    /// Calls that were known at the last turn.
    kept: Mutex<f64>,
}

impl Learnt {
    /// Takes in how long a call took, or, of one that was stopped, how long it was let run: it would have taken
    /// no less. So while more calls than the rule allows are stopped, each turn raises the timeout by the
    /// headroom, and calls that have become slower end in time again after a few. The timeout, if it is to be
    /// another.
    #[inline]
    pub(super) fn take(&self, now: u64, nanos: u64, rule: impl FnOnce() -> Rule) -> Option<u64> {
        self.sketch.count(nanos);
        let turns_at = self.turns_at.load(Relaxed);
        // A clock that was set back is no reason to wait for longer.
        if now < turns_at && turns_at - now <= TURN_NANOS {
            return None;
        }
        self.turn(now, rule)
    }

    #[cold]
    #[inline(never)]
    fn turn(&self, now: u64, rule: impl FnOnce() -> Rule) -> Option<u64> {
        // One thread does it.
        let mut kept = self.kept.try_lock().ok()?;
        self.turns_at.store(now.saturating_add(TURN_NANOS), Relaxed);
        if self.sketch.calls() - *kept < TURN_CALLS {
            return None;
        }
        let timeout = rule().timeout(&self.sketch);
        self.sketch.fade();
        *kept = self.sketch.calls();
        Some(timeout)
    }

    /// What the timeout is by another rule.
    pub(super) fn timeout(&self, rule: &Rule) -> u64 {
        rule.timeout(&self.sketch)
    }
}
