//! What metrics came to in the last slices of time, and what a snapshot says of them.

use std::time::Duration;

use perf_core::__guard::{Layout, Metrics, Rings, Timeline, nanos};
use perf_core::{Distribution, MetricStats, MetricValue, MetricWindow};

use crate::counter::Counter;
use crate::gauge::Gauge;
use crate::histogram::Histogram;
use crate::recorder::Registry;
use crate::table::{Found, Table};

/// See the module. The background thread has it, and whoever takes a snapshot.
pub(crate) struct History {
    registry: &'static Registry,
    timeline: Timeline,
    counters: Kept,
    gauges: Kept,
    histograms: Kept,
}

/// What is kept of the metrics of a table, by their numbers.
type Kept = Vec<Option<Box<Slices>>>;

/// The last slices of one metric.
struct Slices {
    /// What it had come to at the end of the last slice.
    seen: Distribution,
    rings: Rings<Distribution>,
    /// What it came to since, where it says so itself.
    running: Distribution,
    /// Of all slices.
    is_idle: bool,
}

/// What a metric says of itself.
trait Metric: Default {
    /// Everything so far; nothing, where only what it is at a moment is known.
    fn total(&self) -> Distribution;

    /// What it is at this moment.
    fn look(&self) -> Option<f64> {
        None
    }

    fn value(&self, total: Distribution) -> MetricValue;
}

impl Metric for Counter {
    fn total(&self) -> Distribution {
        Distribution::counted(self.get())
    }

    fn value(&self, total: Distribution) -> MetricValue {
        MetricValue::Counter(total.count)
    }
}

impl Metric for Gauge {
    fn total(&self) -> Distribution {
        Distribution::default()
    }

    fn look(&self) -> Option<f64> {
        Some(self.get()).filter(|value| value.is_finite())
    }

    fn value(&self, _: Distribution) -> MetricValue {
        MetricValue::Gauge(self.get())
    }
}

impl Metric for Histogram {
    fn total(&self) -> Distribution {
        self.get()
    }

    fn value(&self, total: Distribution) -> MetricValue {
        MetricValue::Histogram(total)
    }
}

impl Slices {
    fn new(layout: Layout, seen: Distribution) -> Self {
        let rings = Rings::new(layout, Distribution::default());
        Self { seen, rings, running: Distribution::default(), is_idle: true }
    }

    /// What it has come to in the running slice.
    fn running(&self, total: &Distribution) -> Distribution {
        let mut running = total.since(&self.seen);
        running.add(&self.running);
        running
    }

    fn finish(&mut self, number: u64, total: Distribution) {
        let slice = self.running(&total);
        self.seen = total;
        self.running = Distribution::default();
        if self.is_idle && slice.count == 0 {
            return;
        }
        self.rings.finish(number, slice, &mut |slices| {
            let mut sum = Distribution::default();
            for slice in slices {
                sum.add(slice);
            }
            sum
        });
        self.is_idle = self.rings.all().iter().all(|slice| slice.count == 0);
    }
}

impl History {
    pub(crate) fn new(registry: &'static Registry) -> Self {
        let timeline = Timeline::new(layout(), nanos());
        let mut history = Self { registry, timeline, counters: Vec::new(), gauges: Vec::new(), histograms: Vec::new() };
        history.forget();
        history
    }

    /// Windows begin anew.
    fn forget(&mut self) {
        let empty = |numbers| (0..numbers).map(|_| None).collect();
        self.counters = empty(self.registry.counters.numbers());
        self.gauges = empty(self.registry.gauges.numbers());
        self.histograms = empty(self.registry.histograms.numbers());
    }

    /// Ends the slices that are over, under the configuration in force.
    fn turn(&mut self) {
        let now = nanos();
        let layout = layout();
        if layout != self.timeline.layout() {
            self.timeline = Timeline::new(layout, now);
            self.forget();
            self.begin(layout);
        }
        for number in self.timeline.finish(now) {
            finish(&self.registry.counters, &mut self.counters, number);
            finish(&self.registry.gauges, &mut self.gauges, number);
            finish(&self.registry.histograms, &mut self.histograms, number);
        }
    }

    /// What was counted before windows began anew is in none.
    fn begin(&mut self, layout: Layout) {
        begin(&self.registry.counters, &mut self.counters, layout);
        begin(&self.registry.histograms, &mut self.histograms, layout);
    }
}

impl Metrics for History {
    fn tick(&mut self) {
        let layout = self.timeline.layout();
        look(&self.registry.gauges, &mut self.gauges, layout);
        look(&self.registry.counters, &mut self.counters, layout);
        look(&self.registry.histograms, &mut self.histograms, layout);
        self.turn();
    }

    fn read(&mut self) -> Vec<MetricStats> {
        self.tick();
        let mut all = Vec::new();
        let age = self.timeline.age(nanos());
        let finished = self.timeline.finished();
        read(&self.registry.counters, &self.counters, finished, age, &mut all);
        read(&self.registry.gauges, &self.gauges, finished, age, &mut all);
        read(&self.registry.histograms, &self.histograms, finished, age, &mut all);
        all.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.labels.cmp(&b.labels)));
        all
    }
}

fn layout() -> Layout {
    Layout::of(&perf_core::current_config().windows)
}

fn begin<M: Metric>(table: &Table<M>, kept: &mut Kept, layout: Layout) {
    for (number, found) in table.all() {
        kept[number] = Some(Box::new(Slices::new(layout, found.metric.total())));
    }
}

/// Learns of new metrics, and looks at those that are only what they are at a moment.
fn look<M: Metric>(table: &Table<M>, kept: &mut Kept, layout: Layout) {
    for (number, found) in table.all() {
        let slices = kept[number].get_or_insert_with(|| Box::new(Slices::new(layout, Distribution::default())));
        if let Some(value) = found.metric.look() {
            slices.running.note(value);
        }
    }
}

fn finish<M: Metric>(table: &Table<M>, kept: &mut Kept, number: u64) {
    for (at, found) in table.all() {
        if let Some(slices) = &mut kept[at] {
            slices.finish(number, found.metric.total());
        }
    }
}

fn read<M: Metric>(table: &Table<M>, kept: &Kept, finished: u64, age: Duration, all: &mut Vec<MetricStats>) {
    for (number, found) in table.all() {
        let total = found.metric.total();
        let windows = kept[number].as_ref().map(|slices| windows(slices, &total, finished, age)).unwrap_or_default();
        all.push(stats(table, &found, total, &windows));
    }
}

/// Before there is a finished slice, all windows are the running one.
fn windows(slices: &Slices, total: &Distribution, finished: u64, age: Duration) -> [MetricWindow; 4] {
    if finished == 0 {
        return [MetricWindow::of(&slices.running(total), age); 4];
    }
    std::array::from_fn(|window| {
        let mut sum = Distribution::default();
        let covered = slices.rings.window(window, finished, &mut |slice| sum.add(slice));
        MetricWindow::of(&sum, Duration::from_nanos(covered))
    })
}

fn stats<M: Metric>(
    table: &Table<M>,
    found: &Found<'_, M>,
    total: Distribution,
    windows: &[MetricWindow; 4],
) -> MetricStats {
    let labels = found.key.into_iter().flat_map(|key| key.labels());
    let labels = labels.map(|label| (label.key().to_owned(), label.value().to_owned())).collect();
    let said = table.said(found.name);
    let unit = said.and_then(|said| said.unit).map(|unit| unit.as_str().to_owned());
    let description = said.map(|said| said.description.clone()).filter(|text| !text.is_empty());
    let value = found.metric.value(total);
    let mut stats = MetricStats::new(found.name.to_owned(), labels, value, *windows);
    (stats.is_overflow, stats.unit, stats.description) = (found.key.is_none(), unit, description);
    stats
}
