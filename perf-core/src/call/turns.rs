//! Which of the calls of a function that might be traced are.

use std::cell::Cell;

use super::draw;

/// Traces of one function on one thread after which fewer of its calls are traced.
const RAMP: u32 = 16;

/// Of one function on one thread.
pub(super) struct Turns {
    /// Calls until the next one that is traced, that one included.
    until: Cell<u32>,
    /// One in so many calls was to be traced when that was drawn: two to the power of this.
    sparseness: Cell<u32>,
    /// Calls that were traced.
    traces: Cell<u32>,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self { until: Cell::new(1), sparseness: Cell::new(0), traces: Cell::new(0) }
    }

    /// One more call, of which one in two to the power of `sparseness` is to be traced. Where its turn has come, gives
    /// the power of two by which it stands for more.
    pub(super) fn next(&self, sparseness: u32, mut random: impl FnMut() -> u64) -> Option<u32> {
        // The first ones teach most.
        let sparseness = sparseness.min((1 + self.traces.get() / RAMP).ilog2());
        let mut draw = || self.until.set(draw::interval(random(), 1 << sparseness));
        if self.sparseness.replace(sparseness) != sparseness {
            // What was drawn stands for another number of calls. It is memoryless, so that it may be drawn anew.
            draw();
        }
        let until = self.until.get() - 1;
        if until != 0 {
            self.until.set(until);
            return None;
        }
        self.traces.set(self.traces.get().saturating_add(1));
        draw();
        Some(sparseness)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn random() -> impl FnMut() -> u64 {
        let mut state = 1;
        move || {
            state = draw::step(state);
            state
        }
    }

    #[test]
    fn what_is_traced_stands_for_all_calls_however_often_it_changes_how_many_are() {
        let (turns, mut random) = (Turns::new(), random());
        let stands_for = |call: u32| turns.next(if (call / 20).is_multiple_of(2) { 0 } else { 5 }, &mut random);
        let all: u64 = (0..200_000).filter_map(stands_for).map(|power| 1 << power).sum();
        assert!((195_000..205_000).contains(&all), "{all}");
    }

    #[test]
    fn where_many_are_to_be_traced_again_it_does_not_wait_for_what_was_drawn_before() {
        let (turns, mut random) = (Turns::new(), random());
        for _ in 0..3_000_000 {
            turns.next(16, &mut random);
        }
        let traced = (0..100).filter(|_| turns.next(0, &mut random).is_some()).count();
        assert_eq!(traced, 100);
    }
}
