use proptest::prelude::*;

use super::*;

const CAUSES: [Cause; 4] = [Cause::ErrorRate, Cause::Memory, Cause::Load, Cause::Files];

fn rule() -> impl Strategy<Value = Rule> {
    (0.0..2.0, 0.0..2.0, 0..60_u32).prop_map(|(warn, more, points)| Rule { warn, critical: warn + more, points })
}

/// What a rule finds in these values.
fn judged(rule: Rule, values: &[f64]) -> Vec<Reason> {
    let found = values.iter().zip(CAUSES.iter().cycle());
    found.filter_map(|(value, cause)| rule.judge(*cause, "shop::quote", *value)).collect()
}

proptest! {
    #[test]
    fn more_reasons_never_raise_the_score(rule in rule(), values in prop::collection::vec(0.0..5.0, 0..9), more in 0.0..5.0) {
        let mut reasons = judged(rule, &values);
        let before = Health::of(reasons.clone());
        reasons.extend(judged(rule, &[more]));
        let after = Health::of(reasons);
        prop_assert!(after.score <= before.score && after.status >= before.status);
    }

    #[test]
    fn what_reasons_of_one_cause_take_never_falls_with_one_more_and_stays_within_their_rule(
        rule in rule(), values in prop::collection::vec(0.0..5.0, 0..9), more in 0.0..5.0
    ) {
        let points = |values: &[f64], are_errors: bool| {
            let found = judged(rule, values);
            let found = if are_errors { judge::worst_first(found) } else { found };
            judge::capped(found, rule).iter().map(|reason| reason.points).sum::<u32>()
        };
        for are_errors in [false, true] {
            let before = points(&values, are_errors);
            let with_more = points(&[&values[..], &[more]].concat(), are_errors);
            prop_assert!(before <= with_more && with_more <= rule.points);
        }
    }

    #[test]
    fn a_worse_value_never_costs_fewer_points(rule in rule(), a in 0.0..5.0, b in 0.0..5.0) {
        let points = |value| rule.judge(Cause::Memory, "", value).map_or(0, |reason| reason.points);
        let (better, worse) = if a < b { (a, b) } else { (b, a) };
        prop_assert!(points(better) <= points(worse) && points(worse) <= rule.points);
    }

    #[test]
    fn the_score_is_a_hundred_less_all_points_and_never_less_than_nothing(
        rule in rule(), values in prop::collection::vec(-1.0..1e9, 0..9)
    ) {
        let health = Health::of(judged(rule, &values));
        let points: u32 = health.reasons.iter().map(|reason| reason.points).sum();
        prop_assert_eq!(health.score, 100_u32.saturating_sub(points));
        prop_assert!(health.reasons.is_sorted_by(|a, b| a.points >= b.points));
        prop_assert_eq!(health.reasons.is_empty(), health.score == 100);
        prop_assert!(health.is_healthy() == (health.score >= 80
            && health.reasons.iter().all(|reason| reason.severity < Severity::Critical)));
    }
}

#[test]
fn a_rule_takes_a_quarter_where_it_begins_and_all_where_it_ends() {
    let rule = Rule { warn: 0.8, critical: 1.0, points: 40 };
    let judged = |value| rule.judge(Cause::Files, "", value).map(|reason| (reason.points, reason.severity));
    assert_eq!(judged(0.79), None);
    assert_eq!(judged(0.8), Some((10, Severity::Warning)));
    assert_eq!(judged(0.9), Some((25, Severity::Warning)));
    assert_eq!(judged(1.0), Some((40, Severity::Critical)));
    assert_eq!(judged(f64::NAN), None);
    assert_eq!(judged(f64::INFINITY), Some((40, Severity::Critical)));
}

#[test]
fn it_reads_as_one_would_say_it() {
    let rules = Rules::default();
    let health = Health::of(
        [
            rules.memory.judge(Cause::Memory, "", 0.9),
            rules.errors.judge(Cause::ErrorRate, "shop::quote", 0.6),
            rules.breakers.judge(Cause::Breaker, "mail", 0.5),
        ]
        .into_iter()
        .flatten()
        .collect(),
    );
    assert_eq!(
        health.to_string(),
        "unhealthy, 5 of 100\n \
         -60  critical  60.00 % of the calls of shop::quote fail; 5.00 % is too many\n \
         -25  warning   90.00 % of the memory is in use; 85.00 % is too much\n \
         -10  warning   the breaker of mail is half open"
    );
    assert_eq!(Health::of(Vec::new()).to_string(), "healthy, 100 of 100");
}
