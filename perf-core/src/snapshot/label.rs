use std::borrow::Cow;
use std::ops::Deref;

use super::{FunctionStats, sort_longest_first};
use crate::aggregate::{Overview, Reading};
use crate::callsite::{Labels, OTHER};
use crate::config::Classes;

/// The calls of a function that have a value of a label in common.
///
/// All that is known of a function is known of them, and asked in the same way: `label.calls()`,
/// `label.latency().p99()`, `label.window(…)`.
///
/// ```
/// use perf_runtime::profiled;
///
/// #[profiled(label(kind = kind))]
/// fn search(kind: &str) -> Result<(), ()> {
///     if kind == "prefix" { Err(()) } else { Ok(()) }
/// }
///
/// let _ = (search("word"), search("prefix"), search("word"));
/// let snapshot = perf_runtime::snapshot();
/// let search = snapshot.function("search").unwrap();
/// assert_eq!(search.label("kind", "word").unwrap().calls(), 2);
/// assert_eq!(search.label("kind", "prefix").unwrap().errors(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct LabelStats {
    pub(super) key: Cow<'static, str>,
    pub(super) value: Cow<'static, str>,
    pub(super) is_other: bool,
    pub(super) stats: FunctionStats,
}

impl LabelStats {
    /// The name of the label, as the attribute gives it; of `by_type`, the type's parameter.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The value that these calls have in common, its first 128 bytes; `(other)` where they [do not](Self::is_other).
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether these are all calls whose values have no place of their own, because others came first.
    #[must_use]
    pub fn is_other(&self) -> bool {
        self.is_other
    }

    fn is_same(&self, other: &Self) -> bool {
        self.key == other.key && self.value == other.value && self.is_other == other.is_other
    }
}

impl Deref for LabelStats {
    type Target = FunctionStats;

    fn deref(&self) -> &FunctionStats {
        &self.stats
    }
}

/// All functions, each with its labels.
pub(super) fn functions(readings: Vec<Reading>, overview: &Overview, classes: &Classes) -> Vec<FunctionStats> {
    let (parts, functions): (Vec<_>, Vec<_>) = readings.into_iter().partition(|reading| reading.site.is_part());
    let place = |reading: &Reading| reading.site.known_index().map_or(0, |index| index as usize);
    let mut by_index: Vec<Option<Reading>> = Vec::new();
    by_index.resize_with(parts.iter().map(place).max().map_or(0, |last| last + 1), || None);
    for part in parts {
        let at = place(&part);
        by_index[at] = Some(part);
    }
    let mut all = Vec::with_capacity(functions.len());
    // What was found is known before it is called, if only to have room for what finds none.
    let is_called = |reading: &Reading| !reading.site.is_found() || reading.counts.calls != 0;
    for reading in functions.into_iter().filter(is_called) {
        let labels = reading.site.labels;
        let mut function = FunctionStats::new(reading, overview, classes);
        for label in labels {
            function.labels.extend(values(label, &mut by_index, overview, classes));
        }
        all.push(function);
    }
    all
}

/// The values of one label that had calls.
fn values(
    label: &'static Labels,
    parts: &mut [Option<Reading>],
    overview: &Overview,
    classes: &Classes,
) -> Vec<LabelStats> {
    let mut values = Vec::new();
    label.each(|value, site| {
        let Some(reading) = site.known_index().and_then(|index| parts.get_mut(index as usize)?.take()) else { return };
        // Of a future that was made and not polled only the value is known.
        if reading.counts.calls == 0 {
            return;
        }
        let (value, is_other) = value.map_or((OTHER, true), |value| (value, false));
        let stats = FunctionStats::new(reading, overview, classes);
        values.push(LabelStats { key: label.key().into(), value: value.into(), is_other, stats });
    });
    longest_first(&mut values);
    values
}

/// What has no place of its own goes last.
fn longest_first(values: &mut Vec<LabelStats>) {
    sort_longest_first(values, &|label| &label.stats, &|label| &label.value);
    if let Some(at) = values.iter().position(LabelStats::is_other) {
        let other = values.remove(at);
        values.push(other);
    }
}

/// Leaves what has happened since `then`.
pub(super) fn count_from(labels: &mut Vec<LabelStats>, then: &[LabelStats]) {
    for now in &mut *labels {
        if let Some(then) = then.iter().find(|then| then.is_same(now)) {
            now.stats.count_from(&then.stats);
        }
    }
    labels.retain(|label| label.calls() != 0 || label.samples() != 0);
    let mut rest = std::mem::take(labels);
    while let Some(key) = rest.first().map(|label| label.key.clone()) {
        let (mut values, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|label| label.key == key);
        longest_first(&mut values);
        labels.extend(values);
        rest = others;
    }
}
