//! One number that all threads set.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use metrics::GaugeFn;

/// See the module. Its reference count is shared too: who sets one number from many threads has them wait for it anyway.
#[derive(Debug, Default)]
pub(crate) struct Gauge(Arc<Value>);

#[derive(Debug, Default)]
struct Value(AtomicU64);

impl Gauge {
    pub(crate) fn handle(&self) -> metrics::Gauge {
        metrics::Gauge::from_arc(self.0.clone())
    }

    pub(crate) fn get(&self) -> f64 {
        f64::from_bits(self.0.0.load(Relaxed))
    }
}

impl GaugeFn for Value {
    fn increment(&self, value: f64) {
        let raised = |bits| Some((f64::from_bits(bits) + value).to_bits());
        // It never refuses.
        let _ = self.0.fetch_update(Relaxed, Relaxed, raised);
    }

    fn decrement(&self, value: f64) {
        self.increment(-value);
    }

    fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Relaxed);
    }
}
