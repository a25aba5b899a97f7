//! How many retries there may be.

/// Time is cut into pieces of this many nanoseconds.
const PIECE: u64 = 1_000_000_000;
/// Pieces that calls are counted of: at most ten seconds, and more than nine.
const OF_CALLS: usize = 10;
/// Pieces that retries are counted of: at least ten seconds.
const OF_RETRIES: usize = OF_CALLS + 1;

/// Calls and retries of the last seconds.
///
/// At every retry, the retries of the ten seconds before it, and it, are at most the reserve plus the share
/// of the calls of these ten seconds. It errs on the side of fewer.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    /// By the number of the piece, modulo their count.
    pieces: [Piece; OF_RETRIES],
    newest: u64,
    /// All calls there had been when it was last looked at.
    seen: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Piece {
    calls: u64,
    retries: u64,
}

/// What a retry has to keep within.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    /// Of calls, in millionths.
    pub(super) share: u64,
    pub(super) reserve: u64,
}

impl Budget {
    pub(super) fn new(now: u64) -> Self {
        Self { pieces: <[Piece; OF_RETRIES]>::default(), newest: now / PIECE, seen: 0 }
    }

    /// Takes note of the calls since the last look. They count from that look on, the first moment at which
    /// they may have come: so none counts for longer than it should.
    pub(super) fn look(&mut self, now: u64, calls: u64) {
        self.piece(self.newest).calls += calls.wrapping_sub(self.seen);
        self.seen = calls;
        let newest = self.newest.max(now / PIECE);
        for fresh in (self.newest + 1..=newest).rev().take(OF_RETRIES) {
            *self.piece(fresh) = Piece::default();
        }
        self.newest = newest;
    }

    /// Takes one retry, if it is allowed.
    pub(super) fn take(&mut self, now: u64, calls: u64, allowance: Allowance) -> bool {
        self.look(now, calls);
        let retries: u64 = self.pieces.iter().map(|piece| piece.retries).sum();
        let is_allowed = u128::from(retries + 1) * 1_000_000 <= self.allowed(allowance);
        if is_allowed {
            self.piece(self.newest).retries += 1;
        }
        is_allowed
    }

    /// In millionths of a retry.
    fn allowed(&self, allowance: Allowance) -> u128 {
        let oldest = (self.newest + 1) % OF_RETRIES as u64;
        let of_all: u64 = self.pieces.iter().map(|piece| piece.calls).sum();
        let calls = of_all - self.pieces[oldest as usize].calls;
        u128::from(calls) * u128::from(allowance.share) + u128::from(allowance.reserve) * 1_000_000
    }

    fn piece(&mut self, number: u64) -> &mut Piece {
        &mut self.pieces[(number % OF_RETRIES as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Calls(u64),
        Retry,
        Look,
        Later(u64),
        Earlier(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..200_u64).prop_map(Step::Calls),
            Just(Step::Retry),
            Just(Step::Retry),
            Just(Step::Look),
            (0..4_000_000_000_u64).prop_map(Step::Later),
            (0..3_000_000_000_u64).prop_map(Step::Earlier),
        ]
    }

    proptest! {
        #[test]
        fn retries_of_any_ten_seconds_are_a_share_of_their_calls_and_the_reserve(
            steps in proptest::collection::vec(step(), 1..400),
            share in 0..1_000_000_u64,
            reserve in 0..20_u64,
        ) {
            let (mut now, mut calls) = (5 * PIECE, 0);
            let mut budget = Budget::new(now);
            // By the latest time at which the budget was looked at: the clock may go backwards.
            let (mut seen, mut of_calls, mut of_retries) = (now, Vec::new(), Vec::new());
            for step in steps {
                match step {
                    Step::Calls(count) => {
                        calls += count;
                        of_calls.push((seen.max(now), count));
                    }
                    Step::Look => {
                        budget.look(now, calls);
                        seen = seen.max(now);
                    }
                    Step::Later(nanos) => now += nanos,
                    Step::Earlier(nanos) => now -= nanos.min(now),
                    Step::Retry => {
                        seen = seen.max(now);
                        if !budget.take(now, calls, Allowance { share, reserve }) {
                            continue;
                        }
                        of_retries.push((seen, 1));
                        let within = |all: &[(u64, u64)]| -> u64 {
                            all.iter().filter(|(at, _)| *at + 10 * PIECE >= seen).map(|(_, count)| count).sum()
                        };
                        prop_assert!(within(&of_retries) * 1_000_000 <= within(&of_calls) * share + reserve * 1_000_000);
                    }
                }
            }
        }
    }

    #[test]
    fn a_share_of_the_calls_may_be_tried_again_and_the_reserve_beside() {
        let mut budget = Budget::new(0);
        let allowance = Allowance { share: 100_000, reserve: 3 };
        budget.look(0, 1000);
        let taken = (0..1000).filter(|_| budget.take(1, 1000, allowance)).count();
        assert_eq!(taken, 103);
    }

    #[test]
    fn the_reserve_is_there_again_after_eleven_seconds_without_any_call() {
        let mut budget = Budget::new(0);
        let allowance = Allowance { share: 100_000, reserve: 2 };
        assert_eq!((0..5).filter(|_| budget.take(0, 5, allowance)).count(), 2);
        assert!(!budget.take(10 * PIECE, 5, allowance));
        assert_eq!((0..5).filter(|_| budget.take(11 * PIECE, 5, allowance)).count(), 2);
    }

    #[test]
    fn a_jump_of_a_hundred_years_forgets_everything_and_takes_no_time() {
        let mut budget = Budget::new(0);
        let allowance = Allowance { share: 0, reserve: 1 };
        assert!(budget.take(0, 0, allowance));
        assert!(budget.take(u64::MAX, 0, allowance));
        assert!(!budget.take(0, 0, allowance), "and back: that one is known");
    }
}
