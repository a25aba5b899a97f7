use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use super::format::{duration, percent};
use crate::aggregate::{Held, Outcomes};
use crate::callsite::Promise;

/// How what the attribute promises of a function, `slo(p95 = "200ms", errors = 0.01)`, is kept.
///
/// ```
/// use perf_runtime::profiled;
///
/// #[profiled(slo(p95 = "200ms", errors = 0.25))]
/// fn order(count: u32) -> Result<u32, ()> {
///     if count == 0 { Err(()) } else { Ok(count) }
/// }
///
/// for count in 0..8 {
///     let _ = order(count);
/// }
/// let snapshot = perf_runtime::snapshot();
/// let objective = snapshot.function("order").unwrap().objective().unwrap();
/// let errors = objective.clause("errors").unwrap();
/// assert_eq!((errors.attained(), errors.budget_left()), (Some(0.875), 0.5));
/// assert!(!objective.is_burning());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Objective {
    clauses: Vec<Clause>,
}

/// What is promised of the calls.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Aim {
    /// A percentile is short enough.
    Percentile {
        /// This share of the calls …
        share: f64,
        /// … takes less than that.
        below: Duration,
    },
    /// At most this share of the calls ends with an error or a panic.
    ErrorRate {
        /// 0.01 is a percent.
        share: f64,
    },
}

/// One promise, and how it is kept.
///
/// Errors are exact. Durations are those of the calls that were timed, each held against the promised one itself.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Clause {
    aim: Aim,
    calls: f64,
    broken: f64,
    windows: [Burn; 4],
    is_burning: bool,
}

/// How a promise was kept over the last minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Burn {
    /// The time that it covers: whole minutes and the running one, as far back as it takes to cover the window, or
    /// to the start.
    pub span: Duration,
    /// The share of calls that kept the promise; none where there were no calls.
    pub attained: Option<f64>,
    /// The share that broke it, as a multiple of what is allowed: at 1 the error budget is just used up. 0 where
    /// there were no calls.
    pub rate: f64,
}

/// The windows of a [`Clause`], by their places.
const FIVE_MINUTES: usize = 0;
const HALF_AN_HOUR: usize = 1;
const HOUR: usize = 2;
const SIX_HOURS: usize = 3;

/// A long window, a short one, and the rate at which a promise burns if both burn so: by them a thirtieth part of a
/// month's budget goes in an hour or so, or in a quarter of a day (Google, "The Site Reliability Workbook", 2018,
/// chapter 5, "Multiwindow, Multi-Burn-Rate Alerts").
const PAIRS: [(usize, usize, f64); 2] = [(HOUR, FIVE_MINUTES, 14.4), (SIX_HOURS, HALF_AN_HOUR, 6.0)];

/// The one-sided 95 % point of the normal distribution.
const Z: f64 = 1.645;

impl Objective {
    pub(super) fn new(held: &[Held]) -> Self {
        Self { clauses: held.iter().map(Clause::new).collect() }
    }

    /// All that is promised: durations first, in the order of their percentiles.
    #[must_use]
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// A promise by its name: `p50`, `p90`, `p95`, `p99`, `p999` or `errors`.
    #[must_use]
    pub fn clause(&self, name: &str) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.name() == name)
    }

    /// Whether any promise is [burning](Clause::is_burning).
    #[must_use]
    pub fn is_burning(&self) -> bool {
        self.clauses.iter().any(Clause::is_burning)
    }

    /// Whether each promise has been kept so far.
    #[must_use]
    pub fn is_attained(&self) -> bool {
        self.clauses.iter().all(|clause| clause.budget_left() >= 0.0)
    }

    pub(super) fn count_from(&mut self, then: &Self) {
        for now in &mut self.clauses {
            if let Some(then) = then.clauses.iter().find(|then| then.aim == now.aim) {
                now.calls = (now.calls - then.calls).max(0.0);
                now.broken = (now.broken - then.broken).clamp(0.0, now.calls);
            }
        }
    }
}

impl Clause {
    fn new(held: &Held) -> Self {
        let aim = match held.promise {
            Promise::Latency { share, below } => Aim::Percentile { share, below: Duration::from_nanos(below) },
            Promise::Errors { share } => Aim::ErrorRate { share },
        };
        let allowed = held.promise.allowed();
        let windows = held.windows.map(|(span, sum)| Burn::new(span, &sum, allowed));
        let surely = held.windows.map(|(_, sum)| lowest_share(&sum) / allowed);
        let is_burning = PAIRS.iter().any(|&(long, short, rate)| {
            let rate = reachable(rate, allowed);
            surely[long] >= rate && surely[short] >= rate
        });
        Self { aim, calls: held.all.calls, broken: held.all.broken, windows, is_burning }
    }

    /// What is promised.
    #[must_use]
    pub fn aim(&self) -> Aim {
        self.aim
    }

    /// `p50`, `p90`, `p95`, `p99`, `p999` or `errors`, as the attribute calls it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        let Aim::Percentile { share: percentile, .. } = self.aim else { return "errors" };
        let known = crate::callsite::PERCENTILES.iter().find(|(share, _)| (share - percentile).abs() < 1e-9);
        known.map_or("latency", |(_, name)| name)
    }

    /// Calls that the promise was held against, and those of them that broke it, since the start or the last
    /// [`reset`](crate::reset), or between two snapshots. Neither falls. Of errors they are exact; of durations they are
    /// the calls that samples stand for.
    #[must_use]
    pub fn calls(&self) -> (f64, f64) {
        (self.calls, self.broken)
    }

    /// The share of calls that are to keep the promise.
    #[must_use]
    pub fn target(&self) -> f64 {
        1.0 - self.allowed()
    }

    /// The share of calls that kept it, since the start or the last [`reset`](crate::reset), or between two
    /// snapshots; none where there were no calls.
    #[must_use]
    pub fn attained(&self) -> Option<f64> {
        (self.calls > 0.0).then(|| 1.0 - self.broken / self.calls)
    }

    /// The share of the error budget that is left over the same time: 1 where no call broke the promise, 0 where as
    /// many did as are allowed, less where more did.
    #[must_use]
    pub fn budget_left(&self) -> f64 {
        if self.calls > 0.0 { 1.0 - self.broken / self.calls / self.allowed() } else { 1.0 }
    }

    /// The last five and thirty minutes, hour and six hours. They stay what they are between two snapshots.
    #[must_use]
    pub fn windows(&self) -> &[Burn; 4] {
        &self.windows
    }

    /// How fast the error budget was used up in the last hour: at 1 it lasts as long as it has to.
    #[must_use]
    pub fn burn_fast(&self) -> f64 {
        self.windows[HOUR].rate
    }

    /// The same of the last six hours.
    #[must_use]
    pub fn burn_slow(&self) -> f64 {
        self.windows[SIX_HOURS].rate
    }

    /// Whether somebody should look: the budget burns 14.4 times as fast as it may, in the last hour and still in the
    /// last five minutes, or 6 times, in the last six hours and still in the last half; and that is 95 % sure, so
    /// that a few bad calls among few are no alarm.
    ///
    /// So Google's SRE workbook has it (chapter 5, "Multiwindow, Multi-Burn-Rate Alerts"). Where that rate cannot be
    /// reached, because even if all calls were bad it would be less, half way there is enough: of `p90`, 5.5.
    #[must_use]
    pub fn is_burning(&self) -> bool {
        self.is_burning
    }

    fn allowed(&self) -> f64 {
        match self.aim {
            Aim::Percentile { share, .. } => 1.0 - share,
            Aim::ErrorRate { share } => share,
        }
    }
}

impl Burn {
    fn new(span: Duration, sum: &Outcomes, allowed: f64) -> Self {
        if sum.calls <= 0.0 {
            return Self { span, attained: None, rate: 0.0 };
        }
        let share = sum.broken / sum.calls;
        Self { span, attained: Some(1.0 - share), rate: share / allowed }
    }
}

/// A rate that is half way between keeping a promise just so and breaking it always, where `rate` is more.
fn reachable(rate: f64, allowed: f64) -> f64 {
    rate.min(f64::midpoint(1.0, 1.0 / allowed))
}

/// The share that broke the promise is surely no less than this: the score interval with its correction for
/// continuity (Newcombe, "Two-sided confidence intervals for the single proportion", 1998, method 4), by as many
/// calls as the weighted ones are worth. One bad call alone makes nothing sure.
fn lowest_share(sum: &Outcomes) -> f64 {
    if sum.calls <= 0.0 || sum.squares <= 0.0 {
        return 0.0;
    }
    let (share, n) = (sum.broken / sum.calls, sum.calls * sum.calls / sum.squares);
    if share * n < 1.5 {
        return 0.0;
    }
    let root = Z * Z - 2.0 - 1.0 / n + 4.0 * share * (n * (1.0 - share) + 1.0);
    ((2.0 * n * share + Z * Z - 1.0 - Z * root.max(0.0).sqrt()) / (2.0 * (n + Z * Z))).max(0.0)
}

impl Display for Clause {
    /// As `p95 < 200 ms: 97.30 % of 95.00 %, 46 % of the budget left, burning 0.5 × (1 h) and 0.2 × (6 h)`.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.aim {
            Aim::Percentile { below, .. } => write!(f, "{} < {}: ", self.name(), duration(below))?,
            Aim::ErrorRate { share } => write!(f, "errors <= {}: ", percent(share))?,
        }
        let Some(attained) = self.attained() else { return f.write_str("no calls yet") };
        let left = self.budget_left() * 100.0;
        write!(f, "{} good of {}, ", percent(attained), percent(self.target()))?;
        write!(f, "{left:.0} % of the budget left, burning ")?;
        write!(f, "{:.1} x (1 h), {:.1} x (6 h)", self.burn_fast(), self.burn_slow())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clause(promise: Promise, sums: [(f64, f64); 4]) -> Clause {
        let windows = sums.map(|(calls, broken)| (Duration::from_secs(60), Outcomes { calls, squares: calls, broken }));
        Clause::new(&Held { promise, all: windows[3].1, windows })
    }

    #[test]
    fn both_windows_of_a_pair_have_to_burn() {
        let errors = Promise::Errors { share: 0.01 };
        let (good, bad, slowly) = ((10_000.0, 0.0), (10_000.0, 2_000.0), (10_000.0, 700.0));
        for (sums, is_burning) in [
            ([bad; 4], true),
            ([bad, good, bad, good], true),
            ([good, good, bad, good], false),
            ([bad, good, good, good], false),
            ([slowly, slowly, slowly, slowly], true),
            ([slowly, good, slowly, slowly], false),
            ([good, slowly, good, slowly], true),
            ([(0.0, 0.0); 4], false),
        ] {
            assert_eq!(clause(errors, sums).is_burning(), is_burning, "{sums:?}");
        }
    }

    #[test]
    fn a_few_bad_calls_among_few_are_no_alarm() {
        let errors = Promise::Errors { share: 0.01 };
        assert!(!clause(errors, [(1.0, 1.0); 4]).is_burning());
        assert!(!clause(errors, [(3.0, 1.0); 4]).is_burning());
        assert!(!clause(errors, [(30.0, 3.0); 4]).is_burning());
        assert!(clause(errors, [(300.0, 100.0); 4]).is_burning());
        let weighted = Outcomes { calls: 300.0, squares: 30_000.0, broken: 100.0 };
        assert!(lowest_share(&weighted) < 0.144, "three samples that stand for a hundred each are three");
    }

    #[test]
    fn the_lowest_share_is_missed_one_time_in_twenty_or_little_more() {
        // How likely so many bad calls or more are, if the share were the lowest that is thought possible.
        let at_least = |n: u32, bad: u32, share: f64| {
            let mut term = (1.0 - share).powi(n as i32);
            let mut below = 0.0;
            for k in 0..bad {
                below += term;
                term *= f64::from(n - k) / f64::from(k + 1) * share / (1.0 - share);
            }
            1.0 - below
        };
        for n in [2_u32, 3, 5, 10, 50, 100] {
            for bad in 2..=n {
                let sum = Outcomes { calls: n.into(), squares: n.into(), broken: bad.into() };
                let likely = at_least(n, bad, lowest_share(&sum));
                assert!(likely < 0.08, "{bad} of {n}: {likely}");
            }
        }
    }

    #[test]
    fn a_promise_of_a_median_can_burn() {
        let median = Promise::Latency { share: 0.5, below: 1 };
        assert!(clause(median, [(1_000.0, 900.0); 4]).is_burning());
        assert!(!clause(median, [(1_000.0, 600.0); 4]).is_burning());
    }

    #[test]
    fn a_budget_may_be_overspent() {
        let clause = clause(Promise::Errors { share: 0.1 }, [(10.0, 2.0); 4]);
        assert!((clause.budget_left() + 1.0).abs() < 1e-9, "{clause:?}");
        assert!((clause.burn_fast() - 2.0).abs() < 1e-9 && (clause.burn_slow() - 2.0).abs() < 1e-9);
        assert_eq!(
            clause.to_string(),
            "errors <= 10.00 %: 80.00 % good of 90.00 %, -100 % of the budget left, burning 2.0 x (1 h), 2.0 x (6 h)"
        );
    }
}
