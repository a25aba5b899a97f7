//! What a snapshot prints of the process and its threads.

use std::fmt::{self, Formatter};

use super::columns::{length, padded, visible};
use super::format::{bytes, count, duration};
use super::table::Style;
use super::{ProcessStats, ThreadStats};

/// Threads that are printed; the snapshot has more.
const PRINTED: usize = 8;

/// Those with less of a processor are not worth a line.
const IDLE: f64 = 0.001;

const HEADS: [&str; 6] = ["thread", "CPU", "user", "system", "state", "switches"];

/// Writes a line or two of the process, and one for each of its busiest threads, each after a line break.
pub(super) fn write_process(f: &mut Formatter<'_>, process: Option<&ProcessStats>, style: &Style) -> fmt::Result {
    let Some(process) = process else { return Ok(()) };
    let is_busy = |thread: &&ThreadStats| thread.cpu_share.is_some_and(|share| share.total() >= IDLE);
    let busy: Vec<_> = process.threads.iter().filter(is_busy).take(PRINTED).collect();
    f.write_str("\n")?;
    if !busy.is_empty() {
        write_threads(f, &busy, style)?;
    }
    style.paint(f, "2", &said(process).join(", "))
}

fn write_threads(f: &mut Formatter<'_>, threads: &[&ThreadStats], style: &Style) -> fmt::Result {
    let rows: Vec<_> = threads.iter().map(|thread| cells(thread)).collect();
    let mut widths = HEADS.map(length);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(length(cell));
        }
    }
    style.paint(f, "1", &line(&HEADS.map(str::to_owned), widths))?;
    for row in &rows {
        write!(f, "\n{}", line(row, widths))?;
    }
    f.write_str("\n")
}

fn cells(thread: &ThreadStats) -> [String; 6] {
    let share = thread.cpu_share.unwrap_or_default();
    let switches = thread.voluntary_switches.zip(thread.involuntary_switches);
    [
        visible(&thread.name).into_owned(),
        percent(share.total()),
        percent(share.user),
        percent(share.system),
        thread.state.as_str().to_owned(),
        switches.map_or(String::new(), |(asked, taken)| format!("{} + {} taken", count(asked), count(taken))),
    ]
}

/// Words to the left of their columns, numbers to the right.
fn line([name, cpu, user, system, state, switches]: &[String; 6], [w0, w1, w2, w3, w4, _]: [usize; 6]) -> String {
    let line = format!("{}  {cpu:>w1$}  {user:>w2$}  {system:>w3$}  {state:w4$}  {switches}", padded(name, w0));
    line.trim_end().to_owned()
}

/// Whole percents are enough of what changes from second to second.
fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// All that is known, in a few words each.
fn said(process: &ProcessStats) -> Vec<String> {
    let mut said = vec![format!("process {}", process.id)];
    if let (Some(share), Some(period)) = (process.cpu_share, process.period) {
        let of = process.cgroup.and_then(|cgroup| cgroup.cpus).or(process.processors);
        let of = of.map_or(String::new(), |cpus| format!(" of {} %", cpus * 100.0));
        said.push(format!("CPU {}{of} in the last {}", percent(share.total()), duration(period)));
    }
    if let Some(resident) = process.resident {
        let limit = process.cgroup.and_then(|cgroup| cgroup.memory).map(|memory| memory.limit);
        let of = limit.map_or(String::new(), |limit| format!(" of {}", bytes(limit as f64)));
        said.push(format!("{} resident{of}", bytes(resident as f64)));
    }
    if let Some(threads) = process.thread_count {
        said.push(format!("{threads} threads"));
    }
    if let Some(open) = process.open_files {
        let of = process.open_files_limit.map_or(String::new(), |limit| format!(" of {limit}"));
        said.push(format!("{open}{of} files"));
    }
    if let Some(faults) = process.major_faults.filter(|faults| *faults > 0) {
        said.push(format!("{} major faults", count(faults)));
    }
    if let Some([load, ..]) = process.machine.load {
        let of = process.machine.processors.map_or(String::new(), |of| format!(" on {of} processors"));
        said.push(format!("load {load:.2}{of}"));
    }
    let throttled = process.cgroup.and_then(|cgroup| cgroup.throttling?.share).filter(|share| *share > 0.0);
    if let Some(share) = throttled {
        said.push(format!("throttled in {} of the quota's periods", percent(share)));
    }
    said
}
