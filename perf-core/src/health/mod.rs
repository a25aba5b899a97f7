//! How well the program is, as one number and the reasons for it: arithmetic over a snapshot, and nothing else.

mod judge;
mod rules;

#[cfg(test)]
mod tests;

use std::fmt::{self, Display, Formatter};

pub use rules::{Rule, Rules};

use crate::Snapshot;
use crate::snapshot::percent;

/// How well the program is. Made by [`health`](crate::health()) or [`Snapshot::health`].
///
/// The score begins at 100, and every reason takes its points off; reasons of one [cause](Cause) together no more than
/// the most that its [rule](Rules) allows. Printed, it says all of that, a line a reason.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Health {
    /// From 0, to 100 where all is well.
    pub score: u32,
    /// What that means.
    pub status: Status,
    /// What took points off, most first.
    pub reasons: Vec<Reason>,
}

/// What a score means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Status {
    /// 80 or more, and no reason is critical.
    Healthy,
    /// Less than 80, or some reason is critical.
    Degraded,
    /// Less than 50.
    Unhealthy,
}

/// How bad a reason is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Beyond where its rule begins.
    Warning,
    /// Beyond where its rule ends.
    Critical,
}

/// What a reason is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Cause {
    /// Calls of a function that ended with an error or a panic, as a share of all in the window.
    ErrorRate,
    /// A breaker that refuses, or that tries whether it may stop that: 1 or ½.
    Breaker,
    /// A load shedder that refuses.
    Shedding,
    /// Calls that guards refused, as a share of those that wanted in.
    Refusals,
    /// Memory in use, as a share of the limit.
    Memory,
    /// Periods in which the quota of CPU time was used up, as a share of all.
    Throttling,
    /// Open file descriptors, as a share of the limit.
    Files,
    /// Tasks of the machine that run or want to, for each processor, on average over a minute.
    Load,
    /// The share of time in which some task waited for a processor.
    CpuPressure,
    /// The share of time in which some task waited for memory.
    MemoryPressure,
    /// The share of time in which some task waited for a disk.
    IoPressure,
    /// What measuring cost, as a multiple of its budget.
    Overhead,
    /// Timed calls whose timings were lost, as a share of all.
    Dropped,
    /// A function that is declared of another class than it is.
    Misdeclared,
}

/// Why points are missing.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Reason {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub cause: Cause,
    /// The function or guard; empty where it is the process or the machine.
    pub subject: String,
    /// What was measured; the [cause](Cause) says what.
    pub value: f64,
    /// What it should have stayed under.
    pub limit: f64,
    /// The points that it took off.
    pub points: u32,
}

impl Health {
    /// From all that was found.
    fn of(mut reasons: Vec<Reason>) -> Self {
        crate::order::sort(&mut reasons, &mut |all, a, b| {
            let key = |at: usize| (all[at].points, all[at].severity);
            key(b).cmp(&key(a))
        });
        let taken: u32 = reasons.iter().map(|reason| reason.points).sum();
        let score = 100_u32.saturating_sub(taken);
        let is_critical = reasons.iter().any(|reason| reason.severity == Severity::Critical);
        let status = match score {
            0..50 => Status::Unhealthy,
            80.. if !is_critical => Status::Healthy,
            _ => Status::Degraded,
        };
        Self { score, status, reasons }
    }

    /// Whether there is nothing to worry about: what a readiness probe asks.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.status == Status::Healthy
    }
}

impl Snapshot {
    /// How well the program is, by the [rules](Rules) that are usual.
    ///
    /// Errors are those of a [window](Rules::window). Refusals, overhead and dropped samples are those of the time
    /// that the snapshot covers: [`since`](Self::since) narrows it. What is said of memory, files, load and the like is
    /// known where the process is sampled (`perf_runtime::process`).
    #[must_use]
    pub fn health(&self) -> Health {
        self.health_by(&Rules::default())
    }

    /// The same by other rules.
    #[must_use]
    pub fn health_by(&self, rules: &Rules) -> Health {
        Health::of(judge::all(self, rules))
    }
}

impl Status {
    /// The status in a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

impl Display for Status {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Display for Severity {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        })
    }
}

impl Display for Health {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} of 100", self.status, self.score)?;
        for reason in &self.reasons {
            write!(f, "\n{:>4}  {:8}  {reason}", -i64::from(reason.points), reason.severity.to_string())?;
        }
        Ok(())
    }
}

impl Display for Reason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { subject, .. } = self;
        let [value, limit] = [self.value, self.limit].map(percent);
        match self.cause {
            Cause::ErrorRate => write!(f, "{value} of the calls of {subject} fail; {limit} is too many"),
            Cause::Breaker if self.value < 1.0 => write!(f, "the breaker of {subject} is half open"),
            Cause::Breaker => write!(f, "the breaker of {subject} is open"),
            Cause::Shedding => write!(f, "load is shed at {subject}"),
            Cause::Refusals => write!(f, "{value} of the calls of {subject} are refused; {limit} is too many"),
            Cause::Memory => write!(f, "{value} of the memory is in use; {limit} is too much"),
            Cause::Throttling => write!(f, "the CPU quota was used up in {value} of its periods; {limit} is too often"),
            Cause::Files => write!(f, "{value} of the file descriptors are open; {limit} is too many"),
            Cause::Load => {
                write!(f, "{:.1} tasks want each processor; {:.1} is too many", self.value, self.limit)
            }
            Cause::CpuPressure => waited(f, "a processor", &value, &limit),
            Cause::MemoryPressure => waited(f, "memory", &value, &limit),
            Cause::IoPressure => waited(f, "a disk", &value, &limit),
            Cause::Overhead => {
                write!(f, "measuring costs {:.1} times its budget; {:.1} is too much", self.value, self.limit)
            }
            Cause::Dropped => write!(f, "{value} of the samples were dropped; {limit} is too many"),
            Cause::Misdeclared => write!(f, "{subject} is declared of another class than it is"),
        }
    }
}

fn waited(f: &mut Formatter<'_>, resource: &str, value: &str, limit: &str) -> fmt::Result {
    write!(f, "tasks wait for {resource} {value} of the time; {limit} is too much")
}
