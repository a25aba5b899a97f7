//! The tables of queues and of locks.

use std::fmt::{self, Formatter};

use super::columns::{length, padded, visible};
use super::format::{count, duration};
use super::table::{NAME, Style, shortened};
use super::{Durations, LockStats, QueueStats, Window};

/// Rows of a table that are printed; the snapshot has more.
const PRINTED: usize = 40;

const QUEUES: [&str; 6] = ["queue", "depth", "sent", "a second", "under way", "now"];
const LOCKS: [&str; 6] = ["lock", "taken", "a second", "waited for", "waited", "held"];

/// Writes a line for each queue, and their heads, each after a line break.
pub(super) fn write_queues(f: &mut Formatter<'_>, queues: &[QueueStats], width: usize, style: &Style) -> fmt::Result {
    write_rows(f, QUEUES, queues, queue_cells, width, style)
}

/// Writes a line for each lock, and their heads, each after a line break.
pub(super) fn write_locks(f: &mut Formatter<'_>, locks: &[LockStats], width: usize, style: &Style) -> fmt::Result {
    write_rows(f, LOCKS, locks, lock_cells, width, style)
}

/// What the table says of a queue, under its heads.
#[must_use]
pub fn queue_cells(queue: &QueueStats) -> [String; 6] {
    let many = if queue.queues > 1 { format!(" ×{}", queue.queues) } else { String::new() };
    let room = queue.capacity.map_or(String::new(), |capacity| format!("/{}", count(capacity)));
    let rate = queue.window(Window::Short).sent_rate;
    [
        format!("{} {}{many}", visible(&queue.name), queue.kind.as_str()),
        format!("{}, peak {}{room}", count(queue.depth), count(queue.peak)),
        count(queue.sent),
        count(rate.round() as u64),
        spread(&queue.wait),
        said_of(queue).join(", "),
    ]
}

/// What went wrong with a queue, or could have.
fn said_of(queue: &QueueStats) -> Vec<String> {
    let mut said = Vec::new();
    if queue.send_wait.count() > 0 {
        said.push(format!("senders waited {}", duration(queue.send_wait.total())));
    }
    for (number, word) in [
        (queue.senders_waiting, "senders wait"),
        (queue.refused, "refused"),
        (queue.discarded, "discarded"),
        (queue.closed_by_receivers, "closed by receivers"),
        (queue.closed_by_senders, "closed by senders"),
    ] {
        if number > 0 {
            said.push(format!("{} {word}", count(number)));
        }
    }
    said
}

/// What the table says of a lock, under its heads.
#[must_use]
pub fn lock_cells(lock: &LockStats) -> [String; 6] {
    let many = if lock.locks > 1 { format!(" ×{}", lock.locks) } else { String::new() };
    let waited = match lock.contended {
        0 => String::new(),
        contended => {
            format!("{} ({:.1} %)", count(contended), 100.0 * contended as f64 / lock.acquired().max(1) as f64)
        }
    };
    let mut held = vec![spread(&lock.hold)];
    // Held for the first time, it is not known for how long.
    held.retain(|text| !text.is_empty());
    for (number, word) in [(lock.held, "held now"), (lock.waiting, "waiting now")] {
        if number > 0 {
            held.push(format!("{} {word}", count(number)));
        }
    }
    [
        format!("{} {}{many}", visible(&lock.name), lock.kind.as_str()),
        count(lock.acquired()),
        count(lock.window(Window::Short).rate.round() as u64),
        waited,
        spread(&lock.wait),
        held.join(", "),
    ]
}

fn spread(durations: &Durations) -> String {
    match durations.count() {
        0 => String::new(),
        _ => format!("p50 {}, p99 {}", duration(durations.p50()), duration(durations.p99())),
    }
}

fn write_rows<T>(
    f: &mut Formatter<'_>,
    heads: [&str; 6],
    all: &[T],
    cells: fn(&T) -> [String; 6],
    width: usize,
    style: &Style,
) -> fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = all.iter().take(PRINTED).map(cells).collect();
    let mut widths = heads.map(length);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(length(cell));
        }
    }
    let taken: usize = widths[1..].iter().map(|width| width + 2).sum();
    widths[0] = width.saturating_sub(taken).clamp(NAME.min(widths[0]), widths[0]);
    f.write_str("\n")?;
    style.paint(f, "1", &line(&heads.map(str::to_owned), widths))?;
    for row in &rows {
        write!(f, "\n{}", line(row, widths))?;
    }
    if all.len() > PRINTED {
        write!(f, "\nand {} more {}s", all.len() - PRINTED, heads[0])?;
    }
    Ok(())
}

/// Words to the left of their columns, numbers to the right.
fn line([name, a, b, c, d, rest]: &[String; 6], [w0, w1, w2, w3, w4, _]: [usize; 6]) -> String {
    let line = format!("{}  {a:>w1$}  {b:>w2$}  {c:>w3$}  {d:>w4$}  {rest}", padded(&shortened(name, w0), w0));
    line.trim_end().to_owned()
}
