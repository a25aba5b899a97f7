//! Guards: what they are doing, what they let through, what they refused and why.

use std::rc::Rc;

use perf_core::{GuardKind, GuardStats, Snapshot};

use super::collect::{Collector, Fold, Rows};
use super::model::Labels;

/// The states that guards of a kind are known to have, so that the series of one that it has left says 0 and does not just
/// end.
fn states(kind: GuardKind) -> &'static [&'static str] {
    match kind {
        GuardKind::CircuitBreaker => &["closed", "open", "half_open", "forced_open", "forced_closed", "disabled"],
        GuardKind::LoadShedder => &["admitting", "shedding"],
        GuardKind::RateLimiter => &["admitting", "limiting", "full"],
        GuardKind::Bulkhead => &["admitting", "full"],
        _ => &[],
    }
}

pub(super) fn collect(snapshot: &Snapshot, out: &mut Collector<'_>) {
    let guards: Vec<(Rc<Labels>, &GuardStats)> = snapshot
        .guards()
        .iter()
        .map(|guard| (Labels::new([("guard", &*guard.name), ("kind", guard.kind.as_str())]), guard))
        .collect();
    let rows = Rows::new(guards.iter().map(|(labels, guard)| (labels.clone(), *guard)));

    let mut all = Vec::new();
    for (labels, guard) in &guards {
        let known = states(guard.kind);
        let other = (!known.contains(&&*guard.state)).then_some(&*guard.state);
        for state in known.iter().copied().chain(other) {
            all.push((labels.with([("state", state)]), u64::from(state == guard.state)));
        }
    }
    let help = "What a guard is doing: 1 in the state that it is in.";
    let states = Rows::new(all.iter().map(|(labels, is)| (labels.clone(), is)));
    out.gauge(&states, Fold::Max, "guard_state", help, |is| Some(*is));
    let help = "Time since it began to do that.";
    out.gauge(&rows, Fold::Max, "guard_state_age_seconds", help, |guard| guard.since);

    out.counter(&rows, "guard_admitted", "Calls that a guard let through, exact.", |guard| Some(guard.admitted));
    let refused = guards.iter().flat_map(|(labels, guard)| {
        guard.refused.iter().map(|(reason, count)| (labels.with([("reason", &**reason)]), count))
    });
    let help = "Calls that a guard refused, exact.";
    out.counter(&Rows::new(refused), "guard_refused", help, |count| Some(*count));
    out.counter(&rows, "guard_waits", "Calls that had to wait for a guard, exact.", |guard| Some(guard.waits));
    let help = "How long these waited, all together.";
    out.counter(&rows, "guard_waited_seconds", help, |guard| Some(guard.waited));
    let help = "Calls that a guard let through and that have not ended.";
    out.gauge(&rows, Fold::Sum, "guard_in_flight", help, |guard| guard.in_flight);
    let numbers = guards.iter().flat_map(|(labels, guard)| {
        guard.numbers.iter().map(|(name, number)| (labels.with([("number", &**name)]), number))
    });
    let help = "The numbers that a guard goes by, and what it measures: durations in seconds, rates in calls a second.";
    out.gauge(&Rows::new(numbers), Fold::Max, "guard_number", help, |number| Some(*number));
}
