//! How long calls took of late: a histogram that forgets.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Buckets for each doubling: a duration is known to an eighth of itself.
const PER_OCTAVE: usize = 1 << SUB_BITS;
const SUB_BITS: u32 = 3;

/// All shorter durations share a bucket: 1.024 µs.
const SHORTEST_LOG2: u32 = 10;

/// And all that are longer: 19 hours.
const LONGEST_LOG2: u32 = 46;

const BUCKETS: usize = (LONGEST_LOG2 - SHORTEST_LOG2) as usize * PER_OCTAVE + 2;

/// What one call weighs at first, so that it can fade.
const CALL: u64 = 256;

/// What a [fade](Sketch::fade) takes: one part in so many, and at last all.
const FADE: u64 = 8;

/// Takes 2.3 KiB. To count a call is one atomic step.
#[derive(Debug)]
pub(super) struct Sketch {
    buckets: [AtomicU64; BUCKETS],
}

impl Default for Sketch {
    fn default() -> Self {
        Self { buckets: [const { AtomicU64::new(0) }; BUCKETS] }
    }
}

impl Sketch {
    #[inline]
    pub(super) fn count(&self, nanos: u64) {
        self.buckets[bucket(nanos)].fetch_add(CALL, Relaxed);
    }

    /// Calls that it knows of, by what they weigh still.
    pub(super) fn calls(&self) -> f64 {
        self.weight() as f64 / CALL as f64
    }

    /// A duration that this share of calls did not pass, in nanoseconds: up to an eighth too long, and never
    /// too short. None where it knows of no call.
    pub(super) fn quantile(&self, share: f64) -> Option<u64> {
        let rank = self.weight() as f64 * share;
        let mut below = 0;
        for (at, weight) in self.buckets.iter().enumerate() {
            below += weight.load(Relaxed);
            if below > 0 && below as f64 >= rank {
                return Some(longest_in(at));
            }
        }
        None
    }

    /// Takes an eighth off all that it knows. Not by two threads at a time.
    pub(super) fn fade(&self) {
        for bucket in &self.buckets {
            // Others only add meanwhile.
            bucket.fetch_sub(bucket.load(Relaxed).div_ceil(FADE), Relaxed);
        }
    }

    fn weight(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.load(Relaxed)).sum()
    }
}

fn bucket(nanos: u64) -> usize {
    let log2 = (nanos | 1).ilog2();
    if log2 < SHORTEST_LOG2 {
        return 0;
    }
    let within = (nanos >> (log2 - SUB_BITS)) as usize & (PER_OCTAVE - 1);
    ((log2 - SHORTEST_LOG2) as usize * PER_OCTAVE + within + 1).min(BUCKETS - 1)
}

/// The longest duration of a bucket.
fn longest_in(bucket: usize) -> u64 {
    if bucket == BUCKETS - 1 {
        return u64::MAX;
    }
    // The next one's shortest, less one.
    let (octave, within) = (bucket / PER_OCTAVE, bucket % PER_OCTAVE);
    let shift = octave as u32 + SHORTEST_LOG2 - SUB_BITS;
    (((PER_OCTAVE + within) as u64) << shift) - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_duration_is_in_a_bucket_that_ends_at_most_an_eighth_later(nanos in 1024..1_u64 << 46) {
            let longest = longest_in(bucket(nanos));
            prop_assert!(longest >= nanos && longest as f64 <= nanos as f64 * 1.125);
        }

        #[test]
        fn any_duration_has_a_bucket_and_longer_ones_none_before_it(a in any::<u64>(), b in any::<u64>()) {
            prop_assert_eq!(bucket(a) <= bucket(b), a <= b || bucket(a) == bucket(b));
            prop_assert!(longest_in(bucket(a)) >= a);
        }

        #[test]
        fn a_quantile_is_that_of_the_sorted_durations(
            mut durations in proptest::collection::vec(1..1_u64 << 45, 1..200),
            share in 0.01..1.0_f64,
        ) {
            let sketch = Sketch::default();
            for &nanos in &durations {
                sketch.count(nanos);
            }
            durations.sort_unstable();
            let rank = (durations.len() as f64 * share).ceil().max(1.0) as usize;
            prop_assert_eq!(sketch.quantile(share), Some(longest_in(bucket(durations[rank - 1]))));
        }
    }

    #[test]
    fn what_is_not_renewed_fades_away() {
        let sketch = Sketch::default();
        for _ in 0..1000 {
            sketch.count(1_000_000);
        }
        sketch.fade();
        assert!((sketch.calls() - 875.0).abs() < 1.0);
        for _ in 0..200 {
            sketch.fade();
        }
        assert_eq!((sketch.calls(), sketch.quantile(0.99)), (0.0, None));
    }
}
