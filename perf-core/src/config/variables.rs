//! `PERF_*` variables: the strongest voice.

use super::{Config, ConfigError, keys};
use crate::order::sort;

/// Names the file; the one variable of ours that sets no value of a [`Config`].
pub(super) const FILE: &str = "PERF_CONFIG";

/// Lays the variables over `config`. What is wrong is left out and told; the rest counts.
pub(super) fn apply(config: &mut Config, mut variables: Vec<(String, String)>) -> Vec<ConfigError> {
    sort(&mut variables, &mut |all, a, b| all[a].0.cmp(&all[b].0));
    let mut errors = Vec::new();
    let mut waiting = Vec::new();
    for (name, value) in &variables {
        if !name.starts_with("PERF_") {
            continue;
        }
        match keys::find(&|key| key.variable() == *name) {
            Some(key) => waiting.push((key, name, value)),
            None if name == FILE => {}
            None => {
                if let Some(error) = misspelt(name) {
                    errors.push(error);
                }
            }
        }
    }
    sort(&mut waiting, &mut |all, a, b| keys::rank(all[a].0.name).cmp(&keys::rank(all[b].0.name)));
    // One value may only hold once another is there, so what is refused is tried again while others get in.
    loop {
        let before = errors.len();
        let mut refused = Vec::new();
        for &(key, name, value) in &waiting {
            if let Err(error) = apply_one(config, key, value) {
                errors.push(ConfigError::new(format!("{name}: {error}")));
                refused.push((key, name, value));
            }
        }
        if refused.is_empty() || refused.len() == waiting.len() {
            return errors;
        }
        errors.truncate(before);
        waiting = refused;
    }
}

/// Sets one value, unless the whole would not hold with it.
fn apply_one(config: &mut Config, key: &keys::Key, value: &str) -> Result<(), String> {
    let mut changed = config.clone();
    key.set(&mut changed, value)?;
    changed.check().map_err(|error| error.to_string())?;
    *config = changed;
    Ok(())
}

/// Others may have variables of the same beginning: only what is nearly one of ours is told.
fn misspelt(name: &str) -> Option<ConfigError> {
    let near = keys::nearest(name, &keys::Key::variable)?;
    Some(ConfigError::new(format!("{name}: unknown variable; did you mean `{near}`?")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply_to(config: &mut Config, variables: &[(&str, &str)]) -> Vec<String> {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        apply(config, owned).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_environment_sets_all_and_the_others_what_they_name() {
        let mut config = Config::production();
        let errors = apply_to(
            &mut config,
            &[
                ("PERF_BUDGET", "2%"),
                ("PERF_ENVIRONMENT", "development"),
                ("PERF_WINDOWS", "5s,1min,5min,1h"),
                ("HOME", "/"),
            ],
        );
        assert_eq!(errors, [""; 0]);
        let windows = [5, 60, 300, 3600].map(std::time::Duration::from_secs);
        assert_eq!(config, Config { budget: 0.02, windows, ..Config::development() });
    }

    #[test]
    fn who_wants_no_tree_wants_no_traces_unless_it_says_so() {
        let mut config = Config::development();
        assert_eq!(apply_to(&mut config, &[("PERF_TREE", "false")]), [""; 0]);
        assert_eq!(config, Config { tree: false, traces: 0, ..Config::development() });
        let both = [("PERF_TRACES", "7"), ("PERF_TREE", "false"), ("PERF_ENVIRONMENT", "testing")];
        assert_eq!(apply_to(&mut config, &both), [""; 0]);
        assert_eq!(config, Config { tree: false, traces: 7, ..Config::testing() });
        #[cfg(feature = "file")]
        {
            let text = "traces = 7\ntree = false\nenvironment = \"testing\"";
            assert_eq!(Config::development().overlaid("perf.toml", text), Ok(config));
        }
    }

    #[test]
    fn values_that_hold_only_together_are_taken_in_any_order() {
        let mut config = Config::production();
        let variables =
            [("PERF_CEILING", "5"), ("PERF_FLOOR", "1"), ("PERF_LIGHT_BELOW", "200ms"), ("PERF_MEDIUM_BELOW", "500ms")];
        assert_eq!(apply_to(&mut config, &variables), [""; 0]);
        assert_eq!((config.ceiling, config.floor), (5.0, 1.0));
        assert_eq!(config.classes.light.below, std::time::Duration::from_millis(200));
    }

    #[test]
    fn what_is_wrong_is_told_and_the_rest_counts() {
        let mut config = Config::production();
        let errors = apply_to(
            &mut config,
            &[
                ("PERF_BUDGET", "200%"),
                ("PERF_CEILING", "many"),
                ("PERF_LONGEST", "1min"),
                ("PERF_TREND_THRESHOLD", "20%"),
                ("PERF_WINDOWS", "1s,10s,1min,90s"),
                ("PERF_BUDGE", "1"),
                ("PERF_EVENTS", "1"),
            ],
        );
        assert_eq!(
            errors,
            [
                "PERF_BUDGE: unknown variable; did you mean `PERF_BUDGET`?",
                "PERF_BUDGET: `budget` is 2, and must be more than 0 and at most 1: a share of the CPU time",
                "PERF_CEILING: `ceiling` does not take `many`; write a number",
                "PERF_WINDOWS: `windows` has 90s after 60s, and must have a whole multiple of it there, at least 2 times as long",
            ]
        );
        let longest = std::time::Duration::from_secs(60);
        assert_eq!(config, Config { longest, trend_threshold: 0.2, ..Config::production() });
    }
}
