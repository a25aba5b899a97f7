//! Buckets of which there are equally many an octave, so that a value is known to a share of it.

/// The place of a value among buckets of which there are two to the power of `SUB_BITS` an octave. Values below that have
/// a bucket each.
#[inline(always)]
pub(crate) const fn place<const SUB_BITS: u32>(value: u64) -> usize {
    if value >> SUB_BITS == 0 {
        return value as usize;
    }
    let octave = value.ilog2() - SUB_BITS;
    let sub = (value >> octave) & ((1 << SUB_BITS) - 1);
    ((octave as usize + 1) << SUB_BITS) + sub as usize
}

/// The lowest and the highest value of the bucket at a place.
pub(crate) const fn ends<const SUB_BITS: u32>(place: usize) -> (u64, u64) {
    let (octave, sub) = (place >> SUB_BITS, place as u64 & ((1 << SUB_BITS) - 1));
    if octave == 0 {
        return (sub, sub);
    }
    let low = ((1 << SUB_BITS) + sub) << (octave - 1);
    (low, low + ((1 << (octave - 1)) - 1))
}

/// Buckets an octave of a slice of time, as a power of two: sixteen, so a value is known to 3 %.
const SUB_BITS: u32 = 4;

/// Values from here on share the last bucket of a slice: 2⁴² ns, 73 minutes.
const TOP_BITS: u32 = 42;

/// How many buckets a slice has.
pub(crate) const BUCKETS: usize = ((TOP_BITS - SUB_BITS + 1) as usize) << SUB_BITS;

/// The bucket of a slice that a value is in.
#[inline(always)]
pub(crate) fn bucket(value: u64) -> usize {
    place::<SUB_BITS>(value).min(BUCKETS - 1)
}

/// The lowest value of a slice's bucket.
pub(crate) fn lowest(bucket: usize) -> u64 {
    ends::<SUB_BITS>(bucket).0
}

/// The value that stands for buckets `first..first + count`: their middle.
pub(crate) fn middle(first: usize, count: usize) -> u64 {
    let (low, high) = (lowest(first), ends::<SUB_BITS>(first + count - 1).1);
    low + (high - low) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow_each_other<const SUB_BITS: u32>() {
        let last = place::<SUB_BITS>(u64::MAX);
        assert_eq!((ends::<SUB_BITS>(0).0, ends::<SUB_BITS>(last).1), (0, u64::MAX));
        for at in 0..=last {
            let (low, high) = ends::<SUB_BITS>(at);
            assert_eq!((place::<SUB_BITS>(low), place::<SUB_BITS>(high)), (at, at));
            assert!(at == last || ends::<SUB_BITS>(at + 1).0 == high + 1);
        }
    }

    #[test]
    fn buckets_follow_each_other_without_gap_or_overlap() {
        follow_each_other::<0>();
        follow_each_other::<SUB_BITS>();
        follow_each_other::<7>();
    }

    #[test]
    fn the_middle_is_within_three_percent() {
        let mut value = 16_u64;
        while value < 1 << 41 {
            let error = middle(bucket(value), 1) as f64 / value as f64 - 1.0;
            assert!(error.abs() <= 0.033, "{value}: {error}");
            value += value / 7;
        }
    }

    #[test]
    fn what_is_too_long_is_in_the_last_bucket() {
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
        assert_eq!(bucket(1 << 42), BUCKETS - 1);
        assert_eq!(bucket((1 << 42) - 1), BUCKETS - 1);
    }
}
