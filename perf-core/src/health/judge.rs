//! What a snapshot has that takes points off.

use std::time::Duration;

use super::rules::{Rule, Rules};
use super::{Cause, Reason, Severity};
use crate::order::sort;
use crate::{GuardKind, ProcessStats, Snapshot};

/// CPU time before which the share that measuring has of it says nothing: the calibration alone is a millisecond.
const SETTLED: Duration = Duration::from_secs(1);

/// Everything.
pub(super) fn all(snapshot: &Snapshot, rules: &Rules) -> Vec<Reason> {
    let mut reasons = errors(snapshot, rules);
    reasons.extend(objectives(snapshot, rules));
    reasons.extend(misdeclared(snapshot, rules));
    reasons.extend(guards(snapshot, rules));
    reasons.extend(measuring(snapshot, rules));
    reasons.extend(snapshot.process().map(|process| of_process(process, rules)).unwrap_or_default());
    reasons
}

/// Of one cause: the worst have their points, and the others what is left. Those that it is not enough for are left out.
pub(super) fn capped(mut reasons: Vec<Reason>, rule: Rule) -> Vec<Reason> {
    sort(&mut reasons, &mut |all, a, b| all[b].points.cmp(&all[a].points));
    let mut left = rule.points;
    for reason in &mut reasons {
        reason.points = reason.points.min(left);
        left -= reason.points;
    }
    reasons.retain(|reason| reason.points > 0);
    reasons
}

/// The worst has its points and each other a quarter of its own, because it may well be the same errors on their way up.
pub(super) fn worst_first(mut reasons: Vec<Reason>) -> Vec<Reason> {
    sort(&mut reasons, &mut |all, a, b| all[b].points.cmp(&all[a].points));
    for reason in reasons.iter_mut().skip(1) {
        reason.points = (reason.points / 4).max(1);
    }
    reasons
}

fn errors(snapshot: &Snapshot, rules: &Rules) -> Vec<Reason> {
    let mut found = Vec::new();
    for function in snapshot.functions() {
        let window = function.window(rules.window);
        if window.calls >= rules.least_calls.max(1) {
            let failed = window.errors as f64 / window.calls as f64;
            found.extend(rules.errors.judge(Cause::ErrorRate, function.name(), failed));
        }
    }
    capped(worst_first(found), rules.errors)
}

/// What burns, by how fast: a promise that is surely not kept counts at least as one that burns just so.
fn objectives(snapshot: &Snapshot, rules: &Rules) -> Vec<Reason> {
    let rule = rules.objectives;
    let mut found = Vec::new();
    for function in snapshot.functions() {
        let clauses = function.objective().map_or(&[][..], |objective| objective.clauses());
        for clause in clauses.iter().filter(|clause| clause.is_burning()) {
            let rate = clause.burn_fast().max(clause.burn_slow()).max(rule.warn);
            found.extend(rule.judge(Cause::Objective, &format!("{} of {}", clause.name(), function.name()), rate));
        }
    }
    capped(worst_first(found), rule)
}

fn misdeclared(snapshot: &Snapshot, rules: &Rules) -> Vec<Reason> {
    let mut found = Vec::new();
    for function in snapshot.functions() {
        if function.is_misdeclared() && rules.misdeclared.points > 0 {
            found.push(Reason {
                severity: Severity::Info,
                cause: Cause::Misdeclared,
                subject: function.name().to_owned(),
                value: 1.0,
                limit: 0.0,
                points: 1,
            });
        }
    }
    capped(found, rules.misdeclared)
}

fn guards(snapshot: &Snapshot, rules: &Rules) -> Vec<Reason> {
    let (mut breakers, mut shedding, mut refusals) = (Vec::new(), Vec::new(), Vec::new());
    for guard in snapshot.guards() {
        let name = &*guard.name;
        let doing = match (guard.kind, &*guard.state) {
            (GuardKind::CircuitBreaker, "open" | "forced_open") | (GuardKind::LoadShedder, "shedding") => 1.0,
            (GuardKind::CircuitBreaker, "half_open") => 0.5,
            _ => 0.0,
        };
        match guard.kind {
            GuardKind::CircuitBreaker => breakers.extend(rules.breakers.judge(Cause::Breaker, name, doing)),
            GuardKind::LoadShedder => shedding.extend(rules.shedding.judge(Cause::Shedding, name, doing)),
            _ => {}
        }
        let (refused, all) = (guard.refusals(), guard.admitted.saturating_add(guard.refusals()));
        if all >= rules.least_calls.max(1) {
            refusals.extend(rules.refusals.judge(Cause::Refusals, name, refused as f64 / all as f64));
        }
    }
    [capped(breakers, rules.breakers), capped(shedding, rules.shedding), capped(refusals, rules.refusals)].concat()
}

fn measuring(snapshot: &Snapshot, rules: &Rules) -> Vec<Reason> {
    let (mut samples, mut dropped) = (0_u64, 0_u64);
    for function in snapshot.functions() {
        samples = samples.saturating_add(function.samples()).saturating_add(function.dropped());
        dropped = dropped.saturating_add(function.dropped());
    }
    let overhead = snapshot.overhead();
    let is_settled = overhead.process_cpu().is_some_and(|cpu| cpu >= SETTLED);
    let budgets = overhead.spent_of_budget().zip(overhead.budget()).filter(|_| is_settled);
    let budgets = budgets.and_then(|(spent, budget)| rules.overhead.judge(Cause::Overhead, "", spent / budget));
    let lost = (samples > 0).then(|| dropped as f64 / samples as f64);
    let lost = lost.and_then(|lost| rules.dropped.judge(Cause::Dropped, "", lost));
    budgets.into_iter().chain(lost).collect()
}

fn of_process(process: &ProcessStats, rules: &Rules) -> Vec<Reason> {
    let cgroup = process.cgroup.unwrap_or_default();
    let memory = cgroup.memory.or(process.machine.memory).map(|memory| memory.share());
    let files = process.open_files.zip(process.open_files_limit).filter(|(_, limit)| *limit > 0);
    let load = process.machine.load.zip(process.machine.processors).filter(|(_, of)| *of > 0.0);
    let pressure = process.pressure;
    let measured = [
        (rules.memory, Cause::Memory, memory),
        (rules.throttling, Cause::Throttling, cgroup.throttling.and_then(|throttling| throttling.share)),
        (rules.files, Cause::Files, files.map(|(open, limit)| open as f64 / limit as f64)),
        (rules.load, Cause::Load, load.map(|([load, ..], processors)| load / processors)),
        (rules.cpu_pressure, Cause::CpuPressure, pressure.cpu),
        (rules.memory_pressure, Cause::MemoryPressure, pressure.memory),
        (rules.io_pressure, Cause::IoPressure, pressure.io),
    ];
    let judged = measured.into_iter().filter_map(|(rule, cause, value)| rule.judge(cause, "", value?));
    judged.collect()
}
