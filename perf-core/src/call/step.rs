//! What goes through a strand's ring of traces: 16 bytes, a head and a value.

/// One step of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A function around all that follows, outermost first.
    Below { site: u32 },
    /// What follows stands for so many times itself. It is apart where it is no part of the time of who is
    /// around it, but another thread's, and alone where it is not told what is below it.
    Weight { weight: u64, is_apart: bool, is_alone: bool },
    /// A call is over, or a poll of a future that is a call where it is the first: children come
    /// before their parents. A call directly below the path is at depth 0.
    Over { site: u32, depth: u32, is_call: bool, ticks: u64 },
    /// The trace is whole.
    End,
}

const SITE_BITS: u32 = 24;
const DEPTH_BITS: u32 = 16;

impl Step {
    pub(super) fn pack(self) -> [u64; 2] {
        match self {
            Self::Below { site } => [u64::from(site), 0],
            Self::Weight { weight, is_apart, is_alone } => {
                [1 << 62 | u64::from(is_alone) << 1 | u64::from(is_apart), weight]
            }
            Self::Over { site, depth, is_call, ticks } => {
                let flag = u64::from(is_call) << (SITE_BITS + DEPTH_BITS);
                [2 << 62 | flag | u64::from(depth) << SITE_BITS | u64::from(site), ticks]
            }
            Self::End => [3 << 62, 0],
        }
    }

    pub(crate) fn unpack([head, value]: [u64; 2]) -> Self {
        let site = head as u32 & ((1 << SITE_BITS) - 1);
        match head >> 62 {
            0 => Self::Below { site },
            1 => Self::Weight { weight: value, is_apart: head & 1 == 1, is_alone: head & 2 == 2 },
            2 => Self::Over {
                site,
                depth: (head >> SITE_BITS) as u32 & ((1 << DEPTH_BITS) - 1),
                is_call: head >> (SITE_BITS + DEPTH_BITS) & 1 == 1,
                ticks: value,
            },
            _ => Self::End,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_as_it_was() {
        let most = (1 << SITE_BITS) - 1;
        for step in [
            Step::Below { site: most },
            Step::Weight { weight: u64::MAX, is_apart: true, is_alone: false },
            Step::Weight { weight: 1, is_apart: false, is_alone: true },
            Step::Over { site: most, depth: 300, is_call: true, ticks: u64::MAX },
            Step::Over { site: 0, depth: 0, is_call: false, ticks: 0 },
            Step::End,
        ] {
            assert_eq!(Step::unpack(step.pack()), step);
        }
    }
}
