//! The table on stdout, and the same as JSON.

use std::fmt::Write as _;

use crate::rounds::Cost;

/// Whether a promise was kept.
fn verdict(value: f64, target: Option<f64>) -> String {
    match target {
        None => String::new(),
        Some(target) if value <= target => format!("<= {target:.2}  met"),
        Some(target) => format!("<= {target:.2}  MISSED"),
    }
}

/// The table. Multiples are of the fastest rounds.
#[must_use]
pub fn table(costs: &[Cost]) -> String {
    let mut text = format!(
        "{:<46} {:>9} {:>9} {:>8}  {:<16} {:>8} {:>8}  {}\n",
        "one call", "min ns", "median", "x 2clock", "target", "cpu ns", "x 2clock", "target"
    );
    for cost in costs {
        let times = cost.min / cost.unit;
        let (cpu, cpu_times, cpu_verdict) = match cost.cpu {
            None => Default::default(),
            Some(cpu) => {
                (format!("{cpu:.2}"), format!("{:.3}", cpu / cost.unit), verdict(cpu / cost.unit, cost.row.cpu_target))
            }
        };
        let (min, median, verdict) = (cost.min, cost.median, verdict(times, cost.row.target));
        let line = format!(
            "{:<46} {min:>9.2} {median:>9.2} {times:>8.3}  {verdict:<16} {cpu:>8} {cpu_times:>8}  {cpu_verdict}",
            cost.row.name
        );
        _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// The same numbers for a program. Names hold nothing that JSON would have to escape.
#[must_use]
pub fn json(costs: &[Cost]) -> String {
    let number = |value: Option<f64>| value.map_or("null".to_owned(), |value| format!("{value:.4}"));
    let rows: Vec<String> = costs
        .iter()
        .map(|cost| {
            format!(
                "  {{\"name\": \"{}\", \"min_ns\": {:.4}, \"median_ns\": {:.4}, \"unit_ns\": {:.4}, \"target\": {}, \"cpu_ns\": {}, \"cpu_target\": {}}}",
                cost.row.name,
                cost.min,
                cost.median,
                cost.unit,
                number(cost.row.target),
                number(cost.cpu),
                number(cost.row.cpu_target)
            )
        })
        .collect();
    format!("[\n{}\n]\n", rows.join(",\n"))
}
