//! What goes through a strand's ring of traces: 16 bytes, a head and a value.

use super::slow::Ending;

/// One step of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A function around all that follows, outermost first.
    Below { site: u32 },
    /// What follows stands for so many times itself. It is apart where it is no part of the time of who is
    /// around it, but another thread's, and alone where it is not told what is below it.
    Weight { weight: u64, is_apart: bool, is_alone: bool },
    /// When the trace began, and on which thread. Only there while traces are kept, as is the name.
    Began { ticks: u64, thread: u64 },
    /// The number of the call that it is part of, likewise.
    Part(u64),
    /// More of the thread's name; what is left over is zeros.
    Name([u8; NAME_BYTES]),
    /// A half of the trace's id, the lower one or the upper, likewise.
    Id { is_upper: bool, half: u64 },
    /// A call is over, or a poll of a future that is a call where it is the first: children come
    /// before their parents. A call directly below the path is at depth 0. It began `start` ticks after the trace.
    Over { site: u32, depth: u32, part: Part, ending: Option<Ending>, start: u64, ticks: u64 },
    /// The trace is whole.
    End,
}

/// What a step is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Call,
    FirstPoll,
    LaterPoll,
}

impl Part {
    /// Whether a call begins with it.
    pub(crate) fn is_call(self) -> bool {
        self != Self::LaterPoll
    }
}

/// Bytes of a name that one slot has room for.
pub(super) const NAME_BYTES: usize = 15;

const SITE_BITS: u32 = 24;
/// Frames are no deeper by far.
const DEPTH_BITS: u32 = 10;
const PART_SHIFT: u32 = SITE_BITS + DEPTH_BITS;
const ENDING_SHIFT: u32 = PART_SHIFT + 2;
const COARSE_SHIFT: u32 = ENDING_SHIFT + 2;
/// A call's two times share what is left of the slot: the head has the upper bits of the start, the value the others.
const UPPER_SHIFT: u32 = COARSE_SHIFT + 1;
const UPPER_BITS: u32 = 62 - UPPER_SHIFT;
const TICKS_BITS: u32 = 45;
const LOWER_BITS: u32 = 64 - TICKS_BITS;
const START_BITS: u32 = UPPER_BITS + LOWER_BITS;
/// What is longer than that, a quarter of an hour by the fastest counters, is told in units of so many ticks (two to the
/// power of this), a millisecond or two; then there is room for all that 64 bits have.
const COARSE: u32 = 22;

const NAME: u64 = 1 << 61;
const BEGAN: u64 = 1 << 60;
const ID: u64 = 1 << 59;
const PART: u64 = 1 << 58;

/// Endings by their numbers; 0 is a call that ended well.
const ENDINGS: [Option<Ending>; 4] = [None, Some(Ending::Error), Some(Ending::Panic), Some(Ending::Cancelled)];

const _: () = assert!(64 - COARSE <= START_BITS && START_BITS <= TICKS_BITS);

const fn mask(bits: u32) -> u64 {
    (1 << bits) - 1
}

impl Step {
    pub(super) fn pack(self) -> [u64; 2] {
        match self {
            Self::Below { site } => [u64::from(site), 0],
            Self::Name(bytes) => {
                let (mut head, mut value) = ([0; 8], [0; 8]);
                head[..7].copy_from_slice(&bytes[..7]);
                value.copy_from_slice(&bytes[7..]);
                [NAME | u64::from_le_bytes(head), u64::from_le_bytes(value)]
            }
            Self::Began { ticks, thread } => [BEGAN | thread & (BEGAN - 1), ticks],
            Self::Part(call) => [PART, call],
            Self::Id { is_upper, half } => [ID | u64::from(is_upper), half],
            Self::Weight { weight, is_apart, is_alone } => {
                [1 << 62 | u64::from(is_alone) << 1 | u64::from(is_apart), weight]
            }
            Self::Over { site, depth, part, ending, start, ticks } => {
                let is_coarse = start > mask(START_BITS) || ticks > mask(TICKS_BITS);
                let unit = if is_coarse { COARSE } else { 0 };
                let (start, ticks) = (start >> unit, ticks >> unit);
                let ending = ENDINGS.iter().position(|known| *known == ending).unwrap_or_default() as u64;
                let flags = (part as u64) << PART_SHIFT | ending << ENDING_SHIFT | u64::from(is_coarse) << COARSE_SHIFT;
                let upper = (start >> LOWER_BITS) << UPPER_SHIFT;
                let head = 2 << 62 | upper | flags | u64::from(depth) << SITE_BITS | u64::from(site);
                [head, (start & mask(LOWER_BITS)) << TICKS_BITS | ticks]
            }
            Self::End => [3 << 62, 0],
        }
    }

    pub(crate) fn unpack([head, value]: [u64; 2]) -> Self {
        let site = head as u32 & mask(SITE_BITS) as u32;
        match head >> 62 {
            0 if head & NAME != 0 => {
                let mut bytes = [0; NAME_BYTES];
                bytes[..7].copy_from_slice(&head.to_le_bytes()[..7]);
                bytes[7..].copy_from_slice(&value.to_le_bytes());
                Self::Name(bytes)
            }
            0 if head & BEGAN != 0 => Self::Began { ticks: value, thread: head & (BEGAN - 1) },
            0 if head & ID != 0 => Self::Id { is_upper: head & 1 == 1, half: value },
            0 if head & PART != 0 => Self::Part(value),
            0 => Self::Below { site },
            1 => Self::Weight { weight: value, is_apart: head & 1 == 1, is_alone: head & 2 == 2 },
            2 => {
                let unit = if head >> COARSE_SHIFT & 1 == 1 { COARSE } else { 0 };
                let upper = head >> UPPER_SHIFT & mask(UPPER_BITS);
                Self::Over {
                    site,
                    depth: (head >> SITE_BITS & mask(DEPTH_BITS)) as u32,
                    part: match head >> PART_SHIFT & 3 {
                        0 => Part::Call,
                        1 => Part::FirstPoll,
                        _ => Part::LaterPoll,
                    },
                    ending: ENDINGS[(head >> ENDING_SHIFT & 3) as usize],
                    start: (upper << LOWER_BITS | value >> TICKS_BITS) << unit,
                    ticks: (value & mask(TICKS_BITS)) << unit,
                }
            }
            _ => Self::End,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: u32 = mask(SITE_BITS) as u32;

    fn over(start: u64, ticks: u64) -> Step {
        Step::Over { site: MOST, depth: 300, part: Part::LaterPoll, ending: Some(Ending::Panic), start, ticks }
    }

    #[test]
    fn what_is_packed_comes_out_as_it_was() {
        for step in [
            Step::Below { site: MOST },
            Step::Weight { weight: u64::MAX, is_apart: true, is_alone: false },
            Step::Weight { weight: 1, is_apart: false, is_alone: true },
            Step::Began { ticks: u64::MAX, thread: 1 << 59 },
            Step::Name(*b"perf-aggregator"),
            Step::Name([0xFF; NAME_BYTES]),
            over(mask(START_BITS), mask(TICKS_BITS)),
            Step::Part(u64::MAX),
            Step::Id { is_upper: false, half: u64::MAX },
            Step::Id { is_upper: true, half: 0 },
            Step::Over { site: 0, depth: 0, part: Part::Call, ending: None, start: 0, ticks: 1 },
            Step::Over { site: 5, depth: 1023, part: Part::FirstPoll, ending: Some(Ending::Error), start: 1, ticks: 0 },
            Step::Over { site: 5, depth: 0, part: Part::Call, ending: Some(Ending::Cancelled), start: 1, ticks: 0 },
            Step::End,
        ] {
            assert_eq!(Step::unpack(step.pack()), step);
        }
    }

    proptest::proptest! {
        #[test]
        fn of_times_that_are_very_long_less_than_a_unit_is_lost(
            start in 0_u64.., ticks in 0_u64.., short in 0_u32..64, shorter in 0_u32..64
        ) {
            let (start, ticks) = (start >> short, ticks >> shorter);
            let Step::Over { start: told_start, ticks: told, .. } = Step::unpack(over(start, ticks).pack()) else {
                unreachable!()
            };
            let fits = start <= mask(START_BITS) && ticks <= mask(TICKS_BITS);
            let unit = if fits { 1 } else { 1_u64 << COARSE };
            proptest::prop_assert_eq!((told_start, told), (start / unit * unit, ticks / unit * unit));
        }
    }
}
