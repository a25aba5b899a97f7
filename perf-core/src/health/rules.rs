use super::{Cause, Reason, Severity};
use crate::Window;

/// When something takes points off, and how many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Less than this is nothing.
    pub warn: f64,
    /// From here on it is critical.
    pub critical: f64,
    /// Points that are taken off when it is critical, and by all reasons of its cause together; a quarter of them where
    /// it begins, and in between in proportion.
    pub points: u32,
}

/// What takes points off. All can be set; what is never to count gets no points.
///
/// ```
/// use perf_runtime::health::{Rule, Rules};
///
/// let strict = Rules { errors: Rule { warn: 0.001, ..Rules::default().errors }, ..Rules::default() };
/// assert_eq!(perf_runtime::snapshot().health_by(&strict).score, 100);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// The window that errors are looked for in: the last ten seconds, unless configured otherwise.
    pub window: Window,
    /// Functions with fewer calls in the window are not judged: one error of three calls says little. 20.
    pub least_calls: u64,
    /// Failed calls of a function: from 5 % to 50 %, 60 points. The worst function has the points that it comes to, each
    /// other a quarter of them: errors are handed on, and counted at each function on their way.
    pub errors: Rule,
    /// Breakers that are half open (½) or open (1): 40 points.
    pub breakers: Rule,
    /// Load shedders that refuse: 20 points.
    pub shedding: Rule,
    /// Calls that a guard refuses: from 5 % to 50 %, 15 points.
    pub refusals: Rule,
    /// Memory against the control group's limit, or the machine's: from 85 % to 95 %, 40 points.
    pub memory: Rule,
    /// Periods in which the quota of CPU time was used up: from 5 % to 50 %, 25 points.
    pub throttling: Rule,
    /// File descriptors against their limit: from 80 % to 95 %, 40 points.
    pub files: Rule,
    /// Tasks for each processor: from 1.5 to 4, 20 points.
    pub load: Rule,
    /// Time in which some task waits for a processor: from 25 % to 80 %, 10 points.
    pub cpu_pressure: Rule,
    /// The same of memory: from 10 % to 50 %, 25 points.
    pub memory_pressure: Rule,
    /// The same of disks: from 30 % to 80 %, 10 points.
    pub io_pressure: Rule,
    /// What measuring costs, in budgets: from 1.5 to 4, 10 points. Not before the process has had a second of CPU time.
    pub overhead: Rule,
    /// Samples that are dropped: from 1 % to 50 %, 5 points.
    pub dropped: Rule,
    /// Functions that are declared of another class than they are: a point each, 5 in all.
    pub misdeclared: Rule,
}

impl Default for Rules {
    fn default() -> Self {
        let rule = |warn, critical, points| Rule { warn, critical, points };
        Self {
            window: Window::Short,
            least_calls: 20,
            errors: rule(0.05, 0.5, 60),
            breakers: rule(0.5, 1.0, 40),
            shedding: rule(0.5, 1.0, 20),
            refusals: rule(0.05, 0.5, 15),
            memory: rule(0.85, 0.95, 40),
            throttling: rule(0.05, 0.5, 25),
            files: rule(0.8, 0.95, 40),
            load: rule(1.5, 4.0, 20),
            cpu_pressure: rule(0.25, 0.8, 10),
            memory_pressure: rule(0.1, 0.5, 25),
            io_pressure: rule(0.3, 0.8, 10),
            overhead: rule(1.5, 4.0, 10),
            dropped: rule(0.01, 0.5, 5),
            misdeclared: rule(0.0, 0.0, 5),
        }
    }
}

impl Rule {
    /// What `value` comes to; none where it is no number or not too much. At least a point, where there are any.
    pub(super) fn judge(self, cause: Cause, subject: &str, value: f64) -> Option<Reason> {
        if self.points == 0 || value.is_nan() || value < self.warn {
            return None;
        }
        let is_critical = value >= self.critical;
        let part = if is_critical { 1.0 } else { (value - self.warn) / (self.critical - self.warn) };
        let points = f64::from(self.points) * (0.25 + 0.75 * part);
        Some(Reason {
            severity: if is_critical { Severity::Critical } else { Severity::Warning },
            cause,
            subject: subject.to_owned(),
            value,
            limit: self.warn,
            points: (points.round() as u32).clamp(1, self.points),
        })
    }
}
