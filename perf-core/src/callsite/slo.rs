/// What is promised of a function's calls, as its attribute says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Slo {
    /// Nanoseconds that each of [`PERCENTILES`] is to stay below; 0 where nothing is said.
    below: [u64; PERCENTILES.len()],
    /// The share of calls that may fail; 0 where nothing is said.
    errors: f64,
}

/// Percentiles that can be promised, and their names.
pub(crate) const PERCENTILES: [(f64, &str); 5] =
    [(0.5, "p50"), (0.9, "p90"), (0.95, "p95"), (0.99, "p99"), (0.999, "p999")];

/// One thing that is promised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Promise {
    /// This share of the calls takes less than so many nanoseconds.
    Latency { share: f64, below: u64 },
    /// At most this share of the calls fails.
    Errors { share: f64 },
}

macro_rules! percentile {
    ($name:ident, $at:literal) => {
        /// That percentile is to be less than so many nanoseconds.
        #[must_use]
        pub const fn $name(mut self, nanos: u64) -> Self {
            self.below[$at] = nanos;
            self
        }
    };
}

impl Slo {
    /// Nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { below: [0; PERCENTILES.len()], errors: 0.0 }
    }

    percentile!(p50, 0);
    percentile!(p90, 1);
    percentile!(p95, 2);
    percentile!(p99, 3);
    percentile!(p999, 4);

    /// At most this share of the calls may fail.
    #[must_use]
    pub const fn errors(mut self, share: f64) -> Self {
        self.errors = share;
        self
    }

    /// All that is promised.
    pub(crate) fn promises(&self) -> Vec<Promise> {
        let latency = PERCENTILES.iter().zip(self.below).filter(|(_, below)| *below != 0);
        let latency = latency.map(|(&(share, _), below)| Promise::Latency { share, below });
        latency.chain((self.errors > 0.0).then_some(Promise::Errors { share: self.errors })).collect()
    }
}

impl Promise {
    /// The share of calls that may break it.
    pub(crate) fn allowed(self) -> f64 {
        match self {
            Self::Latency { share, .. } => 1.0 - share,
            Self::Errors { share } => share,
        }
    }
}
