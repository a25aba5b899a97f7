//! What the macros talk to.

use metrics::{Key, KeyName, Metadata, SharedString, Unit};
use once_cell::sync::OnceCell;
use perf_core::__guard::set_metrics;

use crate::InstallError;
use crate::counter::Counter;
use crate::gauge::Gauge;
use crate::histogram::Histogram;
use crate::history::History;
use crate::table::{Limits, Table};

/// All metrics of the process.
#[derive(Debug)]
pub(crate) struct Registry {
    pub(crate) counters: Table<Counter>,
    pub(crate) gauges: Table<Gauge>,
    pub(crate) histograms: Table<Histogram>,
}

static REGISTRY: OnceCell<Registry> = OnceCell::new();

/// How much room there is for metrics. Made by [`builder`](crate::builder).
#[derive(Clone, Copy, Debug)]
#[must_use = "nothing happens before `install`"]
pub struct RecorderBuilder {
    limits: Limits,
}

/// As many as a metrics server is glad to take of one process.
const DEFAULT: Limits = Limits { all: 4096, of_a_name: 1024 };

/// More would take more memory than a table is worth.
const MOST: usize = 1 << 20;

impl Default for RecorderBuilder {
    fn default() -> Self {
        Self { limits: DEFAULT }
    }
}

impl RecorderBuilder {
    /// How many metrics of a kind there may be, names and labels told apart: 4096 unless set, from 1 to a million.
    pub fn max_metrics(mut self, count: usize) -> Self {
        self.limits.all = count.clamp(1, MOST);
        self
    }

    /// How many of them may have the same name: 1024 unless set, at least 1.
    pub fn max_labels(mut self, count: usize) -> Self {
        self.limits.of_a_name = count.max(1);
        self
    }

    /// Lets the macros' numbers go to snapshots from now on.
    ///
    /// # Errors
    ///
    /// Another recorder is installed already, this one or somebody else's; nothing has changed then.
    pub fn install(self) -> Result<(), InstallError> {
        let recorder = Recorder { registry: self.registry() };
        metrics::set_global_recorder(recorder).map_err(|_| InstallError(()))?;
        connect(recorder.registry);
        Ok(())
    }

    /// The recorder alone, for one that is installed and hands on to several. There is one in a process: the limits of
    /// the first hold.
    #[must_use]
    pub fn recorder(self) -> Recorder {
        let recorder = Recorder { registry: self.registry() };
        connect(recorder.registry);
        recorder
    }

    fn registry(self) -> &'static Registry {
        REGISTRY.get_or_init(|| Registry {
            counters: Table::new(self.limits),
            gauges: Table::new(self.limits),
            histograms: Table::new(self.limits),
        })
    }
}

/// Lets snapshots show the metrics.
fn connect(registry: &'static Registry) {
    static CONNECTED: OnceCell<()> = OnceCell::new();
    CONNECTED.get_or_init(|| set_metrics(Box::new(History::new(registry))));
}

/// Takes what the macros say. Made by [`RecorderBuilder::recorder`].
#[derive(Clone, Copy, Debug)]
pub struct Recorder {
    registry: &'static Registry,
}

impl metrics::Recorder for Recorder {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, description: SharedString) {
        self.registry.counters.describe(name.as_str(), unit, &description);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, description: SharedString) {
        self.registry.gauges.describe(name.as_str(), unit, &description);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, description: SharedString) {
        self.registry.histograms.describe(name.as_str(), unit, &description);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> metrics::Counter {
        self.registry.counters.find(key).handle()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> metrics::Gauge {
        self.registry.gauges.find(key).handle()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> metrics::Histogram {
        self.registry.histograms.find(key).handle()
    }
}
