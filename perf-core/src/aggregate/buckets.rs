//! The resolution of a slice of time: sixteen buckets an octave, so a value is known to 3 %.

/// Buckets an octave, as a power of two.
const SUB_BITS: u32 = 4;
const SUB: u64 = 1 << SUB_BITS;

/// Values from here on share the last bucket: 2⁴² ns, 73 minutes.
const TOP_BITS: u32 = 42;

/// How many buckets there are.
pub(crate) const BUCKETS: usize = ((TOP_BITS - SUB_BITS + 1) as usize) << SUB_BITS;

/// The bucket of a value. Values below 16 have a bucket each.
#[inline(always)]
pub(crate) fn bucket(value: u64) -> usize {
    if value < SUB {
        return value as usize;
    }
    let exponent = value.ilog2();
    if exponent >= TOP_BITS {
        return BUCKETS - 1;
    }
    let sub = value >> (exponent - SUB_BITS) & (SUB - 1);
    (((exponent - SUB_BITS + 1) as usize) << SUB_BITS) + sub as usize
}

/// The lowest value of a bucket.
pub(crate) fn lowest(bucket: usize) -> u64 {
    let (octave, sub) = (bucket >> SUB_BITS, bucket as u64 & (SUB - 1));
    if octave == 0 { sub } else { (SUB + sub) << (octave - 1) }
}

/// The value that stands for buckets `first..first + count`: their middle.
pub(crate) fn middle(first: usize, count: usize) -> u64 {
    let (low, high) = (lowest(first), lowest(first + count));
    low + (high - 1 - low) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_without_gap_or_overlap() {
        for at in 0..BUCKETS - 1 {
            assert_eq!(bucket(lowest(at)), at);
            assert_eq!(bucket(lowest(at + 1) - 1), at);
        }
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
