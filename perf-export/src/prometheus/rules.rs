//! Recording and alerting rules.

use std::fmt::Write;

use perf_core::{Aim, Clause, GuardKind, Snapshot};

use super::Options;

/// Windows over which the share of broken promises is recorded.
const WINDOWS: [&str; 7] = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"];

/// An alert of an objective whose error budget burns.
struct Alarm {
    name: &'static str,
    severity: &'static str,
    how: &'static str,
    /// A long window, a short one, and the multiple of the allowed rate at which it burns in both (Google, "The Site
    /// Reliability Workbook", 2018, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts").
    pairs: [(&'static str, &'static str, f64); 2],
}

const ALARMS: [Alarm; 2] = [
    Alarm {
        name: "PerfObjectiveBurning",
        severity: "page",
        how: "fast",
        pairs: [("1h", "5m", 14.4), ("6h", "30m", 6.0)],
    },
    Alarm {
        name: "PerfObjectiveBurningSlowly",
        severity: "ticket",
        how: "slowly",
        pairs: [("1d", "2h", 3.0), ("3d", "6h", 1.0)],
    },
];

/// Rules for Prometheus, as YAML: rates, shares of failures and quantiles of all functions, recorded, and alerts: for each
/// objective of the snapshot's functions, for breakers, load shedders, panics and measuring itself.
///
/// They are written anew when objectives or guards change in the program; what else they are of, they find by its labels. An
/// objective pages somebody where its error budget burns 14.4 times as fast as it may in the last hour and still in the last
/// five minutes, or 6 times, in six hours and still in half an hour; and it makes a ticket at 3 times, in a day and two hours,
/// or at all, in three days and six hours. Where no call could be so bad, half way there is enough, as in
/// [`Clause::is_burning`](perf_core::Clause::is_burning).
///
/// ```
/// use perf_runtime::profiled;
///
/// #[profiled(slo(p95 = "200ms"))]
/// fn order() {}
///
/// order();
/// let rules = perf_export::prometheus::rules(&perf_runtime::snapshot());
/// assert!(rules.contains("alert: PerfObjectiveBurning"));
/// ```
#[must_use]
pub fn rules(snapshot: &Snapshot) -> String {
    rules_with(snapshot, &Options::default())
}

/// The same for what is [rendered](super::render_with) with such options.
#[must_use]
pub fn rules_with(snapshot: &Snapshot, options: &Options) -> String {
    let mut yaml = Yaml { out: String::from("groups:\n"), prefix: options.prefix() };
    functions(&mut yaml);
    objectives(snapshot, &mut yaml);
    alerts(snapshot, &mut yaml);
    yaml.out
}

fn functions(yaml: &mut Yaml) {
    yaml.group("functions");
    yaml.record("function:perf_function_calls:rate5m", "sum by (job, function) (rate(perf_function_calls_total[5m]))");
    yaml.record(
        "function:perf_function_failures:ratio_rate5m",
        "(sum by (job, function) (rate(perf_function_errors_total[5m])) \
         + sum by (job, function) (rate(perf_function_panics_total[5m]))) \
         / (sum by (job, function) (rate(perf_function_calls_total[5m])) > 0)",
    );
    yaml.record(
        "function:perf_function_duration_seconds:mean5m",
        "sum by (job, function) (rate(perf_function_duration_seconds_sum[5m])) \
         / (sum by (job, function) (rate(perf_function_duration_seconds_count[5m])) > 0)",
    );
    for (name, q) in [("p50", "0.5"), ("p95", "0.95"), ("p99", "0.99")] {
        yaml.record(
            &format!("function:perf_function_duration_seconds:{name}_5m"),
            &format!(
                "histogram_quantile({q}, sum by (job, function, le) (rate(perf_function_duration_seconds_bucket[5m])) \
                 and on (job, function) sum by (job, function) (rate(perf_function_duration_seconds_count[5m])) > 0)"
            ),
        );
    }
}

fn objectives(snapshot: &Snapshot, yaml: &mut Yaml) {
    let functions = snapshot.by_name().into_iter();
    let mut clauses: Vec<(&str, &Clause)> = functions
        .filter_map(|function| Some((function.name(), function.objective()?)))
        .flat_map(|(name, objective)| objective.clauses().iter().map(move |clause| (name, clause)))
        .collect();
    clauses.dedup_by_key(|(name, clause)| (*name, clause.name()));
    if clauses.is_empty() {
        return;
    }
    yaml.group("objectives");
    for window in WINDOWS {
        yaml.record(
            &format!("objective:perf_objective_broken_calls:ratio_rate{window}"),
            &format!(
                "sum by (job, function, objective) (rate(perf_objective_broken_calls_total[{window}])) \
                 / (sum by (job, function, objective) (rate(perf_objective_calls_total[{window}])) > 0)"
            ),
        );
    }
    for (function, clause) in clauses {
        for alarm in &ALARMS {
            burning(function, clause, alarm, yaml);
        }
    }
}

/// An alert for one promise.
fn burning(function: &str, clause: &Clause, alarm: &Alarm, yaml: &mut Yaml) {
    let (allowed, promise) = match clause.aim() {
        Aim::Percentile { share, below } => (1.0 - share, format!("{} < {below:?}", clause.name())),
        Aim::ErrorRate { share } => (share, format!("errors <= {share}")),
        _ => (1.0 - clause.target(), clause.name().to_owned()),
    };
    let series = format!("{{function={},objective=\"{}\"}}", quoted(function), clause.name());
    let pairs = alarm.pairs.map(|(long, short, rate)| {
        let share = rate.min(f64::midpoint(1.0, 1.0 / allowed)) * allowed;
        // Six digits are enough, and all of them would be mostly rounding.
        let share = format!("{share:.6}");
        let name = yaml.named("objective:perf_objective_broken_calls:ratio_rate");
        format!("({name}{long}{series} > {share} and {name}{short}{series} > {share})")
    });
    let summary = format!("{{{{ $labels.function }}}} uses up its error budget {}: {promise}.", alarm.how);
    // Two rules of the same name and labels would be one too many for those who check rules; names of functions may look
    // like templates, so they are given as a template's text.
    let more = format!(
        "      function: {}\n      objective: {}\n",
        single(&format!("{{{{ {} }}}}", quoted(function))),
        clause.name()
    );
    yaml.alert_as_it_is(alarm.name, &pairs.join(" or "), "2m", (alarm.severity, &more), &summary);
}

fn alerts(snapshot: &Snapshot, yaml: &mut Yaml) {
    yaml.group("alerts");
    yaml.alert(
        "PerfFunctionPanics",
        "sum by (job, function) (increase(perf_function_panics_total[5m])) > 0",
        "0m",
        "ticket",
        "Calls of {{ $labels.function }} panic.",
    );
    let has = |kind: GuardKind| snapshot.guards().iter().any(|guard| guard.kind == kind);
    if has(GuardKind::CircuitBreaker) {
        yaml.alert(
            "PerfBreakerOpen",
            "max by (job, instance, guard) \
             (perf_guard_state{kind=\"circuit_breaker\",state=~\"open|forced_open\"}) == 1",
            "1m",
            "page",
            "The circuit breaker {{ $labels.guard }} refuses calls.",
        );
    }
    if has(GuardKind::LoadShedder) {
        yaml.alert(
            "PerfLoadShedding",
            "max by (job, instance, guard) (perf_guard_state{kind=\"load_shed\",state=\"shedding\"}) == 1",
            "1m",
            "page",
            "{{ $labels.guard }} refuses calls because the system is overloaded.",
        );
    }
    yaml.alert(
        "PerfOverBudget",
        "perf_overhead_budgeted_ratio > on (job, instance) perf_overhead_budget_ratio and perf_uptime_seconds > 600",
        "15m",
        "ticket",
        "Measuring costs more than its budget: {{ $value | humanizePercentage }} of the CPU time.",
    );
    yaml.alert(
        "PerfSamplesDropped",
        "sum by (job, function) (rate(perf_function_dropped_samples_total[5m])) \
         > 0.01 * sum by (job, function) (rate(perf_function_samples_total[5m]))",
        "5m",
        "ticket",
        "More than one timing in a hundred of {{ $labels.function }} is lost.",
    );
}

/// What is written so far.
struct Yaml {
    out: String,
    prefix: String,
}

impl Yaml {
    /// With our prefix where `perf_` is.
    fn named(&self, text: &str) -> String {
        text.replace("perf_", &self.prefix)
    }

    fn group(&mut self, name: &str) {
        let name = self.named(&format!("perf_{name}"));
        let _ = write!(self.out, "- name: {name}\n  rules:\n");
    }

    fn record(&mut self, name: &str, expression: &str) {
        let (name, expression) = (self.named(name), self.named(expression));
        let _ = write!(self.out, "  - record: {name}\n    expr: {}\n", single(&expression));
    }

    fn alert(&mut self, name: &str, expression: &str, wait: &str, severity: &str, summary: &str) {
        let expression = self.named(expression);
        self.alert_as_it_is(name, &expression, wait, (severity, ""), summary);
    }

    /// An alert whose expression is not ours alone; `more` are lines of labels.
    fn alert_as_it_is(
        &mut self,
        name: &str,
        expression: &str,
        wait: &str,
        (severity, more): (&str, &str),
        summary: &str,
    ) {
        let (expression, summary) = (single(expression), single(summary));
        let _ = write!(
            self.out,
            "  - alert: {name}\n    expr: {expression}\n    for: {wait}\n    labels:\n      severity: {severity}\n{more}    \
             annotations:\n      summary: {summary}\n"
        );
    }
}

/// In single quotes, between which YAML escapes nothing else. `text` is one printable line.
fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// As a string of Prometheus' query language, in printable ASCII, so that nothing in it means anything to YAML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            _ => {
                let _ = write!(quoted, "\\U{:08x}", u32::from(c));
            }
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_for_queries() {
        assert_eq!(quoted("a::b<\"x\\\">"), r#""a::b<\"x\\\">""#);
        assert_eq!(quoted("\n'ü"), r#""\U0000000a'\U000000fc""#);
        assert_eq!(single("it's"), "'it''s'");
    }
}
