//! What was measured.

use std::fmt;

/// Where load shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoadSource {
    /// CPU time against what there is to be had, averaged over about a second.
    ///
    /// On Linux, of each control group around this process that has a quota, its time against that. Without one, this
    /// process' time against what others (and the hypervisor) leave of the processors that it may run on, but at least
    /// against half of them: those who take all make room, and nothing that this process refuses would make them take
    /// less. (Where others take more than half for long, it is queueing that tells of an overload.)
    /// Elsewhere on Unix, this process' time against the available parallelism.
    Cpu,
    /// Memory against the limit, without what the kernel can drop at once (inactive pages of files).
    ///
    /// On Linux, of each control group around this process that has a limit; without one, what of the machine's
    /// memory is not available.
    Memory,
    /// The share of the last ten seconds in which some task waited for a processor. (Linux; of this process' control
    /// group where the kernel counts for it, else of the machine, as much as this process has part in its work.)
    CpuPressure,
    /// The same of memory: tasks that waited for pages to be reclaimed or read back. (Of the machine, all of it.)
    MemoryPressure,
    /// The same of disks. It tells of a single thread that does nothing but write, too: where that is as it should
    /// be, [ignore](super::LoadShedderBuilder::ignore) it.
    IoPressure,
    /// The shortest time that any work waited, of those [reported](super::LoadShedder::record_queueing) in a tenth
    /// of a second, against [`max_queueing`](super::LoadShedderBuilder::max_queueing); averaged over about a second.
    Queueing,
}

impl LoadSource {
    pub(super) const ALL: [Self; 6] =
        [Self::Cpu, Self::Memory, Self::CpuPressure, Self::MemoryPressure, Self::IoPressure, Self::Queueing];

    /// The source in a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::CpuPressure => "cpu_pressure",
            Self::MemoryPressure => "memory_pressure",
            Self::IoPressure => "io_pressure",
            Self::Queueing => "queueing",
        }
    }
}

/// The load as it was last measured, by its sources: 0 is none, 1 is all that there is. Made by
/// [`LoadShedder::load`](super::LoadShedder::load).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    of: [Option<f64>; LoadSource::ALL.len()],
}

impl Load {
    /// The worst of the sources; 0 where there are none.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.worst().map_or(0.0, |(_, load)| load)
    }

    /// The source of which there is most, and how much.
    #[must_use]
    pub fn worst(&self) -> Option<(LoadSource, f64)> {
        self.sources().max_by(|(_, one), (_, other)| one.total_cmp(other))
    }

    /// The load by one source; none where there is nothing to measure it by, or nothing was measured yet.
    ///
    /// From 0 to 1, but for queueing, which goes up to 2.
    #[must_use]
    pub fn of(&self, source: LoadSource) -> Option<f64> {
        self.of[source as usize]
    }

    /// All sources that there are.
    pub fn sources(&self) -> impl Iterator<Item = (LoadSource, f64)> + use<> {
        let of = self.of;
        LoadSource::ALL.into_iter().filter_map(move |source| Some((source, of[source as usize]?)))
    }

    /// With this of a source, or without it. What is no number, or less than nothing, nobody has measured.
    #[must_use]
    pub(super) fn with(mut self, source: LoadSource, load: Option<f64>) -> Self {
        let most = if source == LoadSource::Queueing { super::queueing::MOST } else { 1.0 };
        self.of[source as usize] = load.filter(|load| *load >= 0.0).map(|load| load.min(most));
        self
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.worst() {
            Some((source, load)) => write!(f, "{load:.2} ({})", source.as_str()),
            None => f.write_str("unknown"),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_load_is_that_of_the_worst_source_and_those_missing_have_no_part_in_it() {
        let none = Load::default();
        assert_eq!((none.value(), none.worst(), none.to_string()), (0.0, None, "unknown".to_owned()));
        let load = none.with(LoadSource::Memory, Some(0.9)).with(LoadSource::Cpu, Some(0.25));
        assert_eq!(load.worst(), Some((LoadSource::Memory, 0.9)));
        assert_eq!(load.to_string(), "0.90 (memory)");
        assert_eq!(load.with(LoadSource::Memory, None).worst(), Some((LoadSource::Cpu, 0.25)));
        assert_eq!(load.of(LoadSource::IoPressure), None);
    }

    #[test]
    fn what_cannot_be_was_not_measured_and_more_than_all_is_all() {
        let with = |source, load| Load::default().with(source, Some(load)).of(source);
        for cannot_be in [f64::NAN, -1.0, f64::NEG_INFINITY] {
            assert_eq!(with(LoadSource::Cpu, cannot_be), None);
        }
        assert_eq!(with(LoadSource::Cpu, f64::INFINITY), Some(1.0));
        assert_eq!(with(LoadSource::Queueing, 1.5), Some(1.5));
    }
}
