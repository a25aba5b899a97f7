//! Interleaved rounds: each round runs every row once, beginning with another one each time, so
//! that what disturbs the machine disturbs all alike.

use std::panic::resume_unwind;
use std::time::{Duration, Instant};

use crate::cpu;

/// Calls of a row that are timed together: the samples of so many fit in anybody's buffers.
pub const BURST: u64 = 2_000;

/// One way to make a call.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// As the table shows it.
    pub name: &'static str,
    /// Makes so many calls.
    pub run: fn(u64),
    /// What empties the buffers that other rows have left something in; on no clock.
    pub before: fn(),
    /// What empties the buffers after a burst; not on the caller's clock.
    pub after: fn(),
    /// Waits until nobody has work left from these calls; on no clock but that of all CPU time.
    pub settle: fn(),
    /// Whether somebody else works for these calls too, so that all CPU time counts.
    pub is_recorded: bool,
    /// Threads that make the calls, each as many.
    pub threads: u32,
    /// At most so many times the cost of [`UNIT`], where something was promised.
    pub target: Option<f64>,
    /// The same for all CPU time.
    pub cpu_target: Option<f64>,
}

/// In which background threads that work every 100 ms have worked.
const SETTLED: Duration = Duration::from_millis(120);

/// The row that all others are multiples of.
pub const UNIT: &str = "2x clock";

/// What a row cost, in nanoseconds a call.
#[derive(Clone, Debug)]
pub struct Cost {
    /// Which.
    pub row: Row,
    /// The fastest round.
    pub min: f64,
    /// The middle one.
    pub median: f64,
    /// All CPU time of the process, of rows that somebody else works for too.
    pub cpu: Option<f64>,
    /// The fastest round of [`UNIT`] in the same rounds.
    pub unit: f64,
}

impl Row {
    /// A row that leaves nothing behind.
    #[must_use]
    pub const fn new(name: &'static str, run: fn(u64)) -> Self {
        Self {
            name,
            run,
            before: || (),
            after: || (),
            settle: || std::thread::sleep(SETTLED),
            is_recorded: false,
            threads: 1,
            target: None,
            cpu_target: None,
        }
    }

    /// At most so many times the cost of [`UNIT`].
    #[must_use]
    pub const fn at_most(self, target: f64) -> Self {
        Self { target: Some(target), ..self }
    }

    /// Leaves samples behind, which `after` takes in.
    #[must_use]
    pub const fn recorded(self, after: fn()) -> Self {
        Self { after, is_recorded: true, ..self }
    }

    /// Time a call, over some bursts.
    fn time(&self, bursts: u64) -> f64 {
        (self.before)();
        let mut spent = Duration::ZERO;
        for _ in 0..bursts {
            spent += if self.threads == 1 { timed(self.run) } else { timed_on_threads(self.run, self.threads) };
            (self.after)();
        }
        spent.as_secs_f64() * 1e9 / (bursts * BURST) as f64
    }

    /// CPU time a call, whoever spends it.
    fn cpu(&self, bursts: u64) -> f64 {
        (self.before)();
        let before = cpu::process();
        for _ in 0..bursts {
            (self.run)(BURST);
            (self.after)();
        }
        (self.settle)();
        cpu::process().saturating_sub(before).as_secs_f64() * 1e9 / (bursts * BURST) as f64
    }
}

fn timed(run: fn(u64)) -> Duration {
    let start = Instant::now();
    run(BURST);
    start.elapsed()
}

/// The mean time of the threads, which begin together. Each makes more calls than [`BURST`], so that
/// they really run side by side, and is timed by itself.
fn timed_on_threads(run: fn(u64), threads: u32) -> Duration {
    const LONGER: u32 = 50;
    let barrier = std::sync::Barrier::new(threads as usize);
    let each = || {
        run(BURST);
        barrier.wait();
        let start = Instant::now();
        run(BURST * u64::from(LONGER));
        start.elapsed()
    };
    let spent: Duration = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(each)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).sum()
    });
    spent / threads / LONGER
}

/// Rounds in which CPU time is taken too, which takes longer.
const CPU_ROUNDS: usize = 5;

/// Runs all rows, `rounds` times each.
#[must_use]
pub fn run(rows: &[Row], rounds: usize) -> Vec<Cost> {
    let mut times = vec![Vec::with_capacity(rounds); rows.len()];
    let mut cpus = vec![Vec::with_capacity(rounds); rows.len()];
    for row in rows {
        row.time(2);
    }
    for round in 0..rounds {
        for at in 0..rows.len() {
            let at = (at + round) % rows.len();
            times[at].push(rows[at].time(if rows[at].threads == 1 { 80 } else { 1 }));
            if rows[at].is_recorded && round < CPU_ROUNDS {
                cpus[at].push(rows[at].cpu(200));
            }
        }
    }
    let unit = rows.iter().position(|row| row.name == UNIT).map_or(f64::NAN, |at| min(&times[at]));
    let cost = |((row, mut times), cpus): ((&Row, Vec<f64>), Vec<f64>)| {
        times.sort_by(f64::total_cmp);
        let cpu = row.is_recorded.then(|| min(&cpus));
        Cost { row: *row, min: times[0], median: times[times.len() / 2], cpu, unit }
    };
    rows.iter().zip(times).zip(cpus).map(cost).collect()
}

fn min(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}
