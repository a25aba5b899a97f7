//! The process, what it runs on, and how well it is.

use perf_core::__text::{bytes, count, duration, percent};
use perf_core::{ProcessStats, Snapshot};
use ratatui::style::Style;
use ratatui::text::Line;

use super::grid::grid;
use super::{BOLD, DIM, colour_of};
use crate::top::app::App;
use crate::top::columns::share;

pub(super) fn lines(app: &App) -> Vec<Line<'static>> {
    let Some(snapshot) = &app.snapshot else { return Vec::new() };
    let health = snapshot.health();
    let style = colour_of(health.status);
    let mut lines: Vec<Line<'_>> =
        health.to_string().lines().map(|line| Line::styled(line.to_owned(), style)).collect();
    lines.push(Line::raw(""));
    lines.push(Line::raw(cost(snapshot)));
    match snapshot.process() {
        Some(process) => {
            lines.push(Line::raw(""));
            lines.extend(facts(process));
            lines.push(Line::raw(""));
            lines.extend(threads(process));
        }
        None => lines.push(Line::styled(
            "of the process itself nothing is known: `perf_runtime::process`, the feature `process`, asks for it",
            DIM,
        )),
    }
    lines
}

fn cost(snapshot: &Snapshot) -> String {
    let overhead = snapshot.overhead();
    let Some(spent) = overhead.spent() else { return "what measuring costs is not known here".to_owned() };
    let budget = overhead.budget().map_or(String::new(), |budget| format!(" of {} budgeted", percent(budget)));
    let timing = overhead.spent_of_budget().unwrap_or_default();
    format!("measuring took {} of the CPU time, timing alone {}{budget}", percent(spent), percent(timing))
}

/// What is known, a line each.
fn facts(process: &ProcessStats) -> Vec<Line<'static>> {
    let mut rows: Vec<(&str, String)> = Vec::new();
    let of = |limit: Option<String>| limit.map_or(String::new(), |limit| format!(" of {limit}"));
    let cgroup = process.cgroup.unwrap_or_default();
    if let Some(cpu) = process.cpu_share {
        let processors = cgroup.cpus.or(process.processors).map(share);
        let parts = format!(", {} of it in the kernel", share(cpu.system));
        rows.push(("CPU", format!("{}{}{parts}", share(cpu.total()), of(processors))));
    }
    if let Some(throttled) = cgroup.throttling.and_then(|throttling| throttling.share) {
        rows.push(("throttled", format!("in {} of the quota's periods", percent(throttled))));
    }
    if let Some(resident) = process.resident {
        let limit = cgroup.memory.map(|memory| bytes(memory.limit as f64));
        let peak = process.peak_resident.map_or(String::new(), |peak| format!(", {} at most", bytes(peak as f64)));
        rows.push(("resident", format!("{}{}{peak}", bytes(resident as f64), of(limit))));
    }
    if let Some(files) = process.open_files {
        rows.push(("files", format!("{}{}", count(files), of(process.open_files_limit.map(count)))));
    }
    if let (Some(minor), Some(major)) = (process.minor_faults, process.major_faults) {
        rows.push(("faults", format!("{} minor, {} major", count(minor), count(major))));
    }
    if let (Some(own), Some(taken)) = (process.voluntary_switches, process.involuntary_switches) {
        rows.push(("switches", format!("{} of its own will, {} not", count(own), count(taken))));
    }
    for (name, pressure) in [
        ("CPU pressure", process.pressure.cpu),
        ("memory pressure", process.pressure.memory),
        ("disk pressure", process.pressure.io),
    ] {
        rows.extend(pressure.map(|pressure| (name, percent(pressure))));
    }
    if let Some([one, five, fifteen]) = process.machine.load {
        let processors = process.machine.processors.map_or(String::new(), |number| format!(" on {number} processors"));
        rows.push(("load", format!("{one:.2} {five:.2} {fifteen:.2}{processors}")));
    }
    let line = |(name, said): (&str, String)| Line::raw(format!("{name:15}  {said}"));
    let mut lines = vec![Line::styled(format!("process {}", process.id), BOLD)];
    lines.extend(rows.into_iter().map(line));
    lines
}

fn threads(process: &ProcessStats) -> Vec<Line<'static>> {
    let mut rows = Vec::new();
    for thread in &process.threads {
        let switches = thread.voluntary_switches.zip(thread.involuntary_switches);
        rows.push(vec![
            thread.name.clone(),
            thread.cpu_share.map_or_else(String::new, |cpu| share(cpu.total())),
            duration(thread.cpu.total()),
            thread.state.as_str().to_owned(),
            switches.map_or(String::new(), |(own, taken)| format!("{} + {} taken", count(own), count(taken))),
        ]);
    }
    let mut lines = grid(&["thread", ">CPU", ">CPU time", "state", "switches"], &rows, |_| Style::new());
    if process.other_threads.count > 0 {
        lines.push(Line::styled(format!("{} more threads", count(process.other_threads.count)), DIM));
    }
    lines
}
