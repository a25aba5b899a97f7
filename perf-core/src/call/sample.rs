//! What goes through a ring: 16 bytes, a head and a value.

/// What a slot says. A call is one slot; what is rarely there follows it in slots of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The duration of a call, in ticks. Each sample has exactly one, and it comes first.
    Call,
    /// Of that call: the part covered by direct calls of the same function, in ticks.
    Nested,
    /// Of that call, where it is a future: the time spent in polls, in ticks; the weight's place
    /// holds the number of polls.
    Future,
    /// Of some call of the function: the ticks between a future's making and its first poll.
    Wait,
    /// Of that call: its CPU time, in nanoseconds; the weight is of those whose CPU time is known.
    Cpu,
    /// Of that call, where it is a future: the ticks from being woken to being polled; the weight's place
    /// holds the longest of them, as the bits of an `f32`.
    Scheduled,
}

/// One slot of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) site: u32,
    pub(crate) kind: Kind,
    /// How many calls the sample stands for; polls where the kind says so.
    pub(crate) weight: u32,
    pub(crate) ticks: u64,
}

/// Bits of the head that name the site: 16 million functions.
const SITE_BITS: u32 = 24;

impl Slot {
    #[inline(always)]
    pub(super) fn pack(self) -> [u64; 2] {
        [u64::from(self.weight) << 32 | (self.kind as u64) << SITE_BITS | u64::from(self.site), self.ticks]
    }

    #[inline(always)]
    pub(crate) fn unpack([head, ticks]: [u64; 2]) -> Self {
        let kind = match head >> SITE_BITS & 0b111 {
            0 => Kind::Call,
            1 => Kind::Nested,
            2 => Kind::Future,
            3 => Kind::Wait,
            4 => Kind::Cpu,
            _ => Kind::Scheduled,
        };
        Self { site: head as u32 & ((1 << SITE_BITS) - 1), kind, weight: (head >> 32) as u32, ticks }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_as_it_was() {
        for kind in [Kind::Call, Kind::Nested, Kind::Future, Kind::Wait, Kind::Cpu, Kind::Scheduled] {
            for (site, weight, ticks) in [(0, 0, 0), (1, 2, 3), ((1 << SITE_BITS) - 1, u32::MAX, u64::MAX)] {
                let slot = Slot { site, kind, weight, ticks };
                assert_eq!(Slot::unpack(slot.pack()), slot);
            }
        }
    }
}
