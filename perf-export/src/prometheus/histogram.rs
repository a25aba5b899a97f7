//! A histogram of `io.prometheus.client`, by hand: there are a hundred numbers in it for each one in the other messages, of
//! which prost works out the lengths several times.
//!
//! What is written is as <https://protobuf.dev/programming-guides/encoding/> says; prost reads it in the tests.

use prost::Message;

use super::model::Histogram;
use super::protobuf::{Exemplar, LabelPair, Timestamp};

/// How a field goes on.
const VARINT: u8 = 0;
const DOUBLE: u8 = 1;
const BYTES: u8 = 2;

/// What a field begins with. Of more than 15 there would be a second byte.
const fn field(number: u8, wire: u8) -> u8 {
    assert!(number < 16);
    number << 3 | wire
}

/// Writes the fields of the message.
pub(super) fn write(out: &mut Vec<u8>, histogram: &Histogram, created: Option<Timestamp>) {
    integer(out, field(1, VARINT), histogram.count);
    double(out, field(2, DOUBLE), histogram.sum);
    buckets(out, histogram);
    if let Some(native) = &histogram.native {
        integer(out, field(5, VARINT), zigzag(native.schema.into()));
        double(out, field(6, DOUBLE), native.zero_threshold);
        integer(out, field(7, VARINT), native.zero);
        spans(out, &native.buckets);
        deltas(out, &native.buckets);
    }
    if let Some(created) = created {
        bytes(out, field(15, BYTES), &created.encode_to_vec());
    }
}

/// The classic ones.
fn buckets(out: &mut Vec<u8>, histogram: &Histogram) {
    let mut exemplars = histogram.exemplars.iter().peekable();
    for (at, (bound, &count)) in histogram.bounds.iter().zip(&histogram.counts).enumerate() {
        let exemplar = exemplars.next_if(|exemplar| exemplar.0 == at).map(|&(_, value, trace)| {
            let label = LabelPair { name: Some("trace_id".into()), value: Some(format!("{trace:032x}")) };
            Exemplar { label: vec![label], value: Some(value) }.encode_to_vec()
        });
        // Each field has a byte before it, and an exemplar its length too.
        let rest = exemplar.as_ref().map_or(0, |message| 1 + length(message.len() as u64) + message.len());
        integer(out, field(3, BYTES), (1 + length(count) + 1 + size_of::<f64>() + rest) as u64);
        integer(out, field(1, VARINT), count);
        double(out, field(2, DOUBLE), bound.value);
        if let Some(message) = &exemplar {
            bytes(out, field(3, BYTES), message);
        }
    }
}

/// Buckets side by side: how far from the last, and how many.
fn spans(out: &mut Vec<u8>, buckets: &[(i32, u64)]) {
    let mut next = 0;
    for run in buckets.chunk_by(|(bucket, _), (after, _)| bucket + 1 == *after) {
        let (offset, count) = (zigzag((run[0].0 - next).into()), run.len() as u64);
        integer(out, field(12, BYTES), (1 + length(offset) + 1 + length(count)) as u64);
        integer(out, field(1, VARINT), offset);
        integer(out, field(2, VARINT), count);
        next = run[run.len() - 1].0 + 1;
    }
}

/// How many more are in each bucket than in the one before.
fn deltas(out: &mut Vec<u8>, buckets: &[(i32, u64)]) {
    let mut before = 0;
    for &(_, count) in buckets {
        integer(out, field(13, VARINT), zigzag((count as i64).wrapping_sub(before)));
        before = count as i64;
    }
}

#[inline]
fn integer(out: &mut Vec<u8>, field: u8, mut value: u64) {
    let mut written = [0; 11];
    written[0] = field;
    let mut at = 1;
    while value >= 0x80 {
        written[at] = value as u8 | 0x80;
        value >>= 7;
        at += 1;
    }
    written[at] = value as u8;
    // All of it and then not what is too much: a length that is known is copied in two steps.
    let end = out.len() + at + 1;
    out.extend_from_slice(&written);
    out.truncate(end);
}

fn double(out: &mut Vec<u8>, field: u8, value: f64) {
    let mut written = [field; 9];
    written[1..].copy_from_slice(&value.to_le_bytes());
    out.extend_from_slice(&written);
}

fn bytes(out: &mut Vec<u8>, field: u8, value: &[u8]) {
    integer(out, field, value.len() as u64);
    out.extend_from_slice(value);
}

/// Bytes of a number that is written in sevens of bits.
fn length(value: u64) -> usize {
    (u64::BITS - (value | 1).leading_zeros()).div_ceil(7) as usize
}

/// Small numbers are short, whatever their sign.
fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

/// As prost has them.
#[cfg(test)]
pub(super) mod read {
    use prost::Message;

    use super::{Exemplar, Timestamp};

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Histogram {
        #[prost(uint64, optional, tag = "1")]
        pub(crate) sample_count: Option<u64>,
        #[prost(double, optional, tag = "2")]
        pub(crate) sample_sum: Option<f64>,
        #[prost(message, repeated, tag = "3")]
        pub(crate) bucket: Vec<Bucket>,
        #[prost(sint32, optional, tag = "5")]
        pub(crate) schema: Option<i32>,
        #[prost(double, optional, tag = "6")]
        pub(crate) zero_threshold: Option<f64>,
        #[prost(uint64, optional, tag = "7")]
        pub(crate) zero_count: Option<u64>,
        #[prost(message, repeated, tag = "12")]
        pub(crate) positive_span: Vec<BucketSpan>,
        #[prost(sint64, repeated, packed = "false", tag = "13")]
        pub(crate) positive_delta: Vec<i64>,
        #[prost(message, optional, tag = "15")]
        pub(crate) created: Option<Timestamp>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Bucket {
        #[prost(uint64, optional, tag = "1")]
        pub(crate) cumulative_count: Option<u64>,
        #[prost(double, optional, tag = "2")]
        pub(crate) upper_bound: Option<f64>,
        #[prost(message, optional, tag = "3")]
        pub(crate) exemplar: Option<Exemplar>,
    }

    #[derive(Clone, Copy, PartialEq, Message)]
    pub(crate) struct BucketSpan {
        #[prost(sint32, optional, tag = "1")]
        pub(crate) offset: Option<i32>,
        #[prost(uint32, optional, tag = "2")]
        pub(crate) length: Option<u32>,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::prometheus::model::{Bound, Native};

    /// What prost reads of it, which it writes in the same way.
    fn written(histogram: &Histogram, created: Option<Timestamp>) -> read::Histogram {
        let mut out = Vec::new();
        write(&mut out, histogram, created);
        let read = read::Histogram::decode(out.as_slice()).unwrap();
        assert_eq!(read.encode_to_vec(), out);
        read
    }

    fn native(buckets: &[(i32, u64)]) -> read::Histogram {
        let native = Native { schema: -1, zero_threshold: 0.5, zero: 3, buckets: buckets.to_vec() };
        written(&Histogram { native: Some(native), ..Histogram::default() }, None)
    }

    #[test]
    fn spans_are_what_is_side_by_side() {
        let read = native(&[(-3, 5), (-2, 2), (4, 2), (5, 9)]);
        let spans: Vec<_> = read.positive_span.iter().map(|span| (span.offset(), span.length())).collect();
        assert_eq!((spans, read.positive_delta.as_slice()), (vec![(-3, 2), (5, 2)], [5, -3, 0, 7].as_slice()));
        assert_eq!((read.schema(), read.zero_threshold(), read.zero_count()), (-1, 0.5, 3));
    }

    proptest! {
        #[test]
        fn spans_can_be_read_back(buckets in prop::collection::btree_map(-200..200_i32, 1..u64::MAX / 2, 0..50)) {
            let buckets: Vec<_> = buckets.into_iter().collect();
            let found = native(&buckets);
            let (mut read, mut at, mut count) = (Vec::new(), 0, 0_i64);
            let mut deltas = found.positive_delta.into_iter();
            for span in found.positive_span {
                at += span.offset();
                for _ in 0..span.length() {
                    count = count.wrapping_add(deltas.next().unwrap());
                    read.push((at, count as u64));
                    at += 1;
                }
            }
            prop_assert_eq!(read, buckets);
        }

        #[test]
        fn classic_buckets_can_be_read_back_with_their_exemplars(
            buckets in prop::collection::vec((any::<u64>(), 0..64_u32, prop::option::of((any::<f64>(), any::<u128>()))), 0..20),
            sum in any::<f64>(),
            created in prop::option::of((any::<i64>(), 0..1_000_000_000)),
        ) {
            let counts: Vec<u64> = buckets.iter().map(|(count, by, _)| count >> by).collect();
            let bounds = Bound::all((1..buckets.len()).map(|bound| bound as f64));
            let exemplars = buckets.iter().enumerate().filter_map(|(at, (.., one))| one.map(|(v, id)| (at, v, id)));
            let exemplars: Vec<_> = exemplars.filter(|(_, value, _)| !value.is_nan()).collect();
            let histogram = Histogram { bounds, counts, count: 7, sum, native: None, exemplars };
            let created = created.map(|(seconds, nanos)| Timestamp { seconds, nanos });
            let read = written(&histogram, created);
            prop_assert_eq!((read.sample_count(), read.created), (7, created));
            prop_assert_eq!(read.sample_sum().to_bits(), sum.to_bits());
            let classic: Vec<_> = read.bucket.iter().map(|b| (b.upper_bound(), b.cumulative_count())).collect();
            let all = histogram.bounds.iter().zip(&histogram.counts).map(|(bound, count)| (bound.value, *count));
            prop_assert_eq!(classic, all.collect::<Vec<_>>());
            let exemplars: Vec<_> = read.bucket.iter().enumerate().filter_map(|(at, bucket)| {
                let exemplar = bucket.exemplar.as_ref()?;
                Some((at, exemplar.value(), u128::from_str_radix(exemplar.label[0].value(), 16).unwrap()))
            }).collect();
            prop_assert_eq!(exemplars, histogram.exemplars);
        }
    }
}
