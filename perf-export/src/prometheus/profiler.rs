//! What is known of measuring itself.

use perf_core::Snapshot;

use super::collect::{Collector, Fold, Rows};
use super::model::{Kind, Labels};

pub(super) fn collect(snapshot: &Snapshot, out: &mut Collector<'_>) {
    let labels = Labels::new([("version", env!("CARGO_PKG_VERSION")), ("clock", snapshot.clock())]);
    out.info(&Rows::new([(labels, &())]), "build", "The version of the profiler and its clock.");
    out.single(Kind::Gauge, "uptime_seconds", "Time since measuring began.", Some(snapshot.uptime()));
    let overhead = snapshot.overhead();
    let help = "The share of the CPU time that sampling and aggregating may cost.";
    out.single(Kind::Gauge, "overhead_budget_ratio", help, overhead.budget());
    let help = "The share of the CPU time that sampling and aggregating have cost, which is held to the budget.";
    out.single(Kind::Gauge, "overhead_budgeted_ratio", help, overhead.spent_of_budget());
    let help = "The share of the CPU time that measuring has cost, counting and exporting included.";
    out.single(Kind::Gauge, "overhead_ratio", help, overhead.spent());
    let parts = [
        ("counting", overhead.counting()),
        ("sampling", overhead.sampling()),
        ("aggregating", overhead.aggregating()),
        ("exporting", overhead.exporting()),
    ];
    // No counter: what a call costs is estimated, and estimated anew.
    let rows = Rows::new(parts.iter().map(|(part, spent)| (Labels::new([("part", *part)]), spent)));
    let help = "CPU time that measuring has cost.";
    out.gauge(&rows, Fold::Sum, "overhead_seconds", help, |spent| Some(*spent));
}
