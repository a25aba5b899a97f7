use crate::call::Flight;
use crate::callsite::registered;

/// Calls that have begun and not ended. A future is one from its first poll until it ends or is dropped.
///
/// ```
/// use perf_runtime::profiled;
///
/// #[profiled(in_flight)]
/// fn nested(depth: u32) -> u32 {
///     if depth == 0 { 0 } else { nested(depth - 1) + 1 }
/// }
///
/// nested(2);
/// let in_flight = perf_runtime::snapshot().function("nested").unwrap().in_flight().unwrap();
/// assert_eq!((in_flight.now, in_flight.peak), (0, 3));
/// ```
///
/// In the child of a fork, what the parent's other threads had in flight stays so: nobody ends it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct InFlight {
    /// At the moment of the snapshot, exact.
    pub now: u64,
    /// The most that there ever were at a time, exact: since the start, or the last [`reset`](crate::reset). What
    /// happened [between two snapshots](super::Snapshot::since) does not change it.
    pub peak: u64,
}

impl InFlight {
    pub(super) fn of(flight: &Flight) -> Self {
        let (now, peak) = flight.read();
        Self { now, peak }
    }
}

/// Peaks begin anew.
pub(super) fn reset() {
    registered(0).iter().filter_map(|site| site.flight).for_each(Flight::reset);
}
