//! What all formats have in common: families of series.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use super::names;

/// What samples of one name have in common.
pub(super) struct Family {
    /// Without what its kind puts behind it, `_total` or `_info`.
    pub(super) name: String,
    pub(super) help: String,
    pub(super) kind: Kind,
}

/// What a family is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
    Info,
}

/// The labels of one series, which series of other families may share.
pub(super) struct Labels {
    pub(super) pairs: Vec<(Cow<'static, str>, String)>,
    /// As both text formats write them, without braces.
    pub(super) text: String,
}

pub(super) struct Series {
    pub(super) labels: Rc<Labels>,
    pub(super) value: Value,
}

#[derive(Clone)]
pub(super) enum Value {
    Int(u64),
    Float(f64),
    Histogram(Box<Histogram>),
}

/// A histogram in all the forms that are wanted of it.
#[derive(Clone, Default)]
pub(super) struct Histogram {
    pub(super) bounds: Rc<[Bound]>,
    /// Up to each bound, all below it included.
    pub(super) counts: Vec<u64>,
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) native: Option<Native>,
    /// At most one a bucket, in their order: its place, its value, its trace.
    pub(super) exemplars: Vec<(usize, f64, u128)>,
}

/// Where a bucket ends, and how that is written.
pub(super) struct Bound {
    pub(super) value: f64,
    pub(super) text: String,
}

/// Which bucket of a native histogram a value is in.
pub(super) struct Scale {
    schema: i8,
    /// Values that were asked about, each where the next one of the same hash is put, and their buckets: histograms of one
    /// kind are of the same values, and a logarithm takes long.
    known: RefCell<Vec<(f64, i32)>>,
}

/// How many values a scale remembers: more than have buckets between a nanosecond and a second.
const KNOWN: usize = 1 << 12;

/// The buckets of a native histogram that are not empty: the one numbered `n` holds what is more than
/// 2^((n−1)/2^schema) and no more than 2^(n/2^schema).
#[derive(Clone, Default, PartialEq, Debug)]
pub(super) struct Native {
    pub(super) schema: i8,
    pub(super) zero_threshold: f64,
    pub(super) zero: u64,
    pub(super) buckets: Vec<(i32, u64)>,
}

impl Labels {
    pub(super) fn new<K, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Rc<Self>
    where
        K: Into<Cow<'static, str>>,
        V: Into<String>,
    {
        let pairs: Vec<_> = pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        let mut text = String::with_capacity(pairs.iter().map(|(key, value)| key.len() + value.len() + 4).sum());
        for (key, value) in &pairs {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(key);
            text.push_str("=\"");
            names::escape_value(&mut text, value);
            text.push('"');
        }
        Rc::new(Self { pairs, text })
    }

    /// No labels.
    pub(super) fn none() -> Rc<Self> {
        Self::new::<&str, &str>([])
    }

    /// The same and more.
    pub(super) fn with<'a>(&self, more: impl IntoIterator<Item = (&'static str, &'a str)>) -> Rc<Self> {
        let more = more.into_iter().map(|(key, value)| (key.into(), value.to_owned()));
        Self::new(self.pairs.iter().cloned().chain(more))
    }
}

impl Kind {
    /// What is behind the name of a family's samples.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Counter => "_total",
            Self::Info => "_info",
            Self::Gauge | Self::Histogram => "",
        }
    }
}

impl Family {
    /// The unit that its name ends with, if `OpenMetrics` has such a unit.
    pub(super) fn unit(&self) -> Option<&'static str> {
        let is_behind = |unit: &&str| self.name.strip_suffix(*unit).is_some_and(|head| head.ends_with('_'));
        if self.kind == Kind::Info { None } else { ["seconds", "bytes", "ratio"].into_iter().find(is_behind) }
    }
}

impl Bound {
    /// All bounds of a histogram, in order, each once, and the last of all.
    pub(super) fn all(values: impl IntoIterator<Item = f64>) -> Rc<[Self]> {
        let mut values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        values.push(f64::INFINITY);
        values.into_iter().map(|value| Self { value, text: names::bound(value) }).collect()
    }
}

impl Value {
    /// One value of two.
    pub(super) fn add(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Int(one), Self::Int(other)) => *one = one.saturating_add(*other),
            (Self::Histogram(one), Self::Histogram(other)) => one.add(other),
            (one, other) => *one = Self::Float(one.number() + other.number()),
        }
    }

    /// The larger of two; of histograms the first.
    pub(super) fn max(&mut self, other: &Self) {
        if other.number() > self.number() {
            *self = other.clone();
        }
    }

    /// The smaller of two; of histograms the first.
    pub(super) fn min(&mut self, other: &Self) {
        if other.number() < self.number() {
            *self = other.clone();
        }
    }

    fn number(&self) -> f64 {
        match self {
            Self::Int(count) => *count as f64,
            Self::Float(number) => *number,
            Self::Histogram(histogram) => histogram.sum,
        }
    }
}

impl Histogram {
    /// Of buckets in their order, lowest and highest value of each, and their count.
    pub(super) fn of(
        buckets: impl Iterator<Item = (f64, f64, u64)>,
        sum: f64,
        bounds: &Rc<[Bound]>,
        scale: Option<&Scale>,
    ) -> Self {
        let mut native = scale.map(|scale| (Native::new(scale), scale));
        let (mut counts, mut count) = (Vec::with_capacity(bounds.len()), 0);
        for (low, high, number) in buckets {
            // A bucket counts as a whole where its lowest value does.
            while counts.len() < bounds.len() && bounds[counts.len()].value < low {
                counts.push(count);
            }
            count += number;
            if let Some((native, scale)) = &mut native {
                native.record(scale, low.midpoint(high), number);
            }
        }
        counts.resize(bounds.len(), count);
        let native = native.map(|(native, _)| native);
        Self { bounds: bounds.clone(), counts, count, sum, native, exemplars: Vec::new() }
    }

    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.counts.iter_mut().zip(&other.counts).for_each(|(one, other)| *one += other);
        if let (Some(one), Some(other)) = (&mut self.native, &other.native) {
            one.add(other);
        }
        self.exemplars.extend(&other.exemplars);
        self.exemplars.sort_by(|a, b| (a.0, b.1).partial_cmp(&(b.0, a.1)).unwrap_or(std::cmp::Ordering::Equal));
        self.exemplars.dedup_by_key(|exemplar| exemplar.0);
    }
}

impl Scale {
    pub(super) fn new(schema: i8) -> Self {
        Self { schema, known: RefCell::new(vec![(0.0, 0); KNOWN]) }
    }

    /// The number of the bucket that holds a value above zero.
    fn bucket(&self, value: f64) -> i32 {
        // Fibonacci hashing: the high bits of the product depend on all of the factor's.
        let hash = value.to_bits().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - KNOWN.ilog2());
        let known = &mut self.known.borrow_mut()[hash as usize];
        if known.0.to_bits() != value.to_bits() {
            *known = (value, (value.log2() * f64::from(self.schema).exp2()).ceil() as i32);
        }
        known.1
    }
}

impl Native {
    /// Nothing is recorded; what is not more than 2⁻³⁰, a nanosecond, is zero.
    pub(super) fn new(scale: &Scale) -> Self {
        Self { schema: scale.schema, zero_threshold: (-30_f64).exp2(), zero: 0, buckets: Vec::with_capacity(1 << 7) }
    }

    /// So many more of a value that is in no lower bucket than those before.
    pub(super) fn record(&mut self, scale: &Scale, value: f64, count: u64) {
        if value <= self.zero_threshold {
            self.zero += count;
            return;
        }
        let bucket = scale.bucket(value);
        match self.buckets.last_mut() {
            Some((last, before)) if *last >= bucket => *before += count,
            _ => self.buckets.push((bucket, count)),
        }
    }

    fn add(&mut self, other: &Self) {
        self.zero += other.zero;
        self.buckets.extend(&other.buckets);
        self.buckets.sort_unstable();
        self.buckets.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            kept.1 += if is_same { next.1 } else { 0 };
            is_same
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn native_buckets_hold_what_their_numbers_say() {
        for schema in [-1, 0, 3, 7, 8] {
            for value in [1e-8, 0.37, 1.0, 1.000_001, 65.0, 1e9] {
                let scale = Scale::new(schema);
                let mut native = Native::new(&scale);
                native.record(&scale, value, 2);
                let [(bucket, 2)] = native.buckets[..] else { panic!("{native:?}") };
                let end = |n: i32| (f64::from(n) / f64::from(schema).exp2()).exp2();
                let (low, high) = (end(bucket - 1), end(bucket));
                assert!(low < value * (1.0 + 1e-12) && value <= high * (1.0 + 1e-12), "{low} {value} {high}");
            }
        }
    }

    #[test]
    fn what_was_in_two_is_in_one() {
        let (bounds, scale) = (Bound::all([1.0, 2.0, 2.0]), Scale::new(3));
        let mut one = Histogram::of([(0.5, 0.6, 1), (2.0, 2.1, 2)].into_iter(), 5.0, &bounds, Some(&scale));
        let other = Histogram::of([(0.5, 0.6, 4), (9.0, 9.1, 1)].into_iter(), 11.0, &bounds, Some(&scale));
        assert_eq!((one.counts.as_slice(), one.count), ([1, 3, 3].as_slice(), 3));
        one.exemplars = vec![(0, 0.5, 1), (1, 1.9, 2)];
        let other = Histogram { exemplars: vec![(1, 2.0, 3), (2, 9.0, 4)], ..other };
        one.add(&other);
        assert_eq!((one.counts.as_slice(), one.count), ([5, 7, 8].as_slice(), 8));
        assert_eq!(one.exemplars, [(0, 0.5, 1), (1, 2.0, 3), (2, 9.0, 4)]);
        assert_eq!(one.native.unwrap().buckets.iter().map(|bucket| bucket.1).collect::<Vec<_>>(), [5, 2, 1]);
    }
}
