//! The configuration file, in TOML.

use toml::de::{DeArray, DeTable, DeValue};

use super::{Config, ConfigError, Filter, guards, keys};

/// Lays the values of a file over `config`.
///
/// # Errors
///
/// All that is wrong with it, each with the file's name and the line. Then nothing of it counts:
/// half a file may be half a thought.
pub(super) fn parse(name: &str, text: &str, mut config: Config) -> Result<Config, Vec<ConfigError>> {
    let (table, broken) = DeTable::parse_recoverable(text);
    let at = |offset: usize, what: &str| ConfigError::new(format!("{name}:{}: {what}", line(text, offset)));
    if !broken.is_empty() {
        return Err(broken
            .iter()
            .map(|error| at(error.span().map_or(0, |span| span.start), error.message()))
            .collect());
    }
    let mut values = Vec::new();
    let mut errors = Vec::new();
    flatten("", table.get_ref(), &mut values, &mut errors);
    let (guards, values): (Vec<_>, Vec<_>) = values.into_iter().partition(|value| value.key.starts_with(GUARD));
    let mut values = values;
    for value in in_order(guards) {
        if let Err(error) = guard(&mut config, &value) {
            errors.push((value.offset, error));
        }
    }
    values.sort_by_key(|value| keys::rank(&value.key));
    for value in &values {
        let done = keys::named(&value.key).and_then(|key| key.set(&mut config, &value.text));
        if let Err(error) = done {
            errors.push((value.offset, error));
        }
    }
    if errors.is_empty()
        && let Err(error) = config.check()
    {
        let error = error.to_string();
        errors.push((blame(&values, &error), error));
    }
    if errors.is_empty() {
        return Ok(config);
    }
    errors.sort();
    Err(errors.iter().map(|(offset, error)| at(*offset, error)).collect())
}

/// A value of the file under its full path.
struct Value {
    key: String,
    text: String,
    offset: usize,
}

/// What all keys about guards begin with: `[guard."shop::quote".rate_limited]`.
const GUARD: &str = "guard.";

/// As they stand in the file: the last that fits counts.
fn in_order(mut values: Vec<Value>) -> Vec<Value> {
    values.sort_by_key(|value| value.offset);
    values
}

/// `guard.shop::quote.rate_limited.rate`
fn guard(config: &mut Config, value: &Value) -> Result<(), String> {
    let mut path = value.key[GUARD.len()..].rsplitn(3, '.');
    let (Some(key), Some(kind), Some(name)) = (path.next(), path.next(), path.next()) else {
        return Err(format!(
            "`{}` names no guard; write `[guard.\"shop::quote\".rate_limited]` above its numbers",
            value.key
        ));
    };
    config.guards.set(name, guards::kind(kind)?, key, &value.text)
}

fn flatten(prefix: &str, table: &DeTable<'_>, values: &mut Vec<Value>, errors: &mut Vec<(usize, String)>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
        let offset = name.span().start;
        let text = match value.get_ref() {
            DeValue::Table(inner) if key == "filter" => Some(filter(inner, errors)),
            DeValue::Table(inner) => {
                flatten(&key, inner, values, errors);
                continue;
            }
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) => Some(number.to_string()),
            DeValue::Float(number) => Some(number.to_string()),
            DeValue::Boolean(truth) => Some(truth.to_string()),
            DeValue::Array(items) if key == keys::WINDOWS => list(items),
            _ => None,
        };
        match text {
            Some(text) => values.push(Value { key, text, offset }),
            None => errors.push((
                offset,
                keys::named(&key).map_or_else(|error| error, |known| format!("`{key}` takes {}", known.form)),
            )),
        }
    }
}

/// A list of texts, as the variables write it.
fn list(items: &DeArray<'_>) -> Option<String> {
    let texts: Option<Vec<&str>> = items.iter().map(|item| item.get_ref().as_str()).collect();
    texts.map(|texts| texts.join(", "))
}

/// A table of patterns, as the text that a filter is parsed from. What is wrong with one is told where it stands.
fn filter(table: &DeTable<'_>, errors: &mut Vec<(usize, String)>) -> String {
    // In the order of the file: the last that fits counts.
    let mut rules: Vec<_> = table.iter().collect();
    rules.sort_by_key(|(name, _)| name.span().start);
    let mut texts = Vec::with_capacity(rules.len());
    for (pattern, value) in rules {
        let pattern_text = pattern.get_ref();
        let rule = match value.get_ref() {
            DeValue::String(text) => format!("{pattern_text}={text}"),
            DeValue::Integer(number) => format!("{pattern_text}={number}"),
            DeValue::Float(number) => format!("{pattern_text}={number}"),
            other => format!("{pattern_text}={}", other.type_str()),
        };
        match rule.parse::<Filter>() {
            Ok(_) => texts.push(rule),
            Err(error) => errors.push((pattern.span().start, format!("`filter`: {error}"))),
        }
    }
    texts.join(",")
}

/// Where the value stands that a complaint about the whole names first.
fn blame(values: &[Value], error: &str) -> usize {
    values.iter().find(|value| error.contains(&format!("`{}`", value.key))).map_or(0, |value| value.offset)
}

fn line(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or(text).matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::Sampling;
    use crate::snapshot::GuardKind;

    fn errors(text: &str) -> Vec<String> {
        parse("perf.toml", text, Config::production()).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_file_sets_what_it_names_and_leaves_the_rest() {
        let config = parse(
            "perf.toml",
            "budget = \"2%\"\nenvironment = \"development\"\nring_slots = 1_024\n\n[micro]\nbelow = \"2ms\"\n\n[filter]\n\"shop::*\" = \"always\"\n\"shop::slow\" = 0.5\n",
            Config::production(),
        )
        .unwrap();
        let mut expected = Config { budget: 0.02, ring_slots: 1024, ..Config::development() };
        expected.classes.micro.below = Duration::from_millis(2);
        expected.filter = expected.filter.with("shop::*", Sampling::Always).with("shop::slow", Sampling::Every(2));
        assert_eq!(config, expected);
    }

    #[test]
    fn true_and_false_are_as_toml_writes_them() {
        let config = parse("perf.toml", "tree = true\ncpu_time = \"true\"", Config::production()).unwrap();
        assert_eq!(config, Config { tree: true, cpu_time: true, ..Config::production() });
        assert_eq!(
            errors("budget = true"),
            ["perf.toml:1: `budget` does not take `true`; write a share such as 0.01 or \"1%\""]
        );
    }

    #[test]
    fn an_unknown_key_is_told_with_its_line_and_the_nearest() {
        assert_eq!(errors("\n\nbudgt = 0.1\n"), ["perf.toml:3: unknown key `budgt`; did you mean `budget`?"]);
        assert_eq!(
            errors("[micro]\nbelo = \"1s\"\n"),
            ["perf.toml:2: unknown key `micro.belo`; did you mean `micro.below`?"]
        );
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        assert_eq!(
            errors("budget = \"lots\"\nlongest = [1]\n[heavy]\npriority = \"high\"\n"),
            [
                "perf.toml:1: `budget` does not take `lots`; write a share such as 0.01 or \"1%\"",
                "perf.toml:2: `longest` takes a duration such as \"250ms\", \"1.5s\" or \"2min\"",
                "perf.toml:4: `heavy.priority` does not take `high`; write a number",
            ]
        );
    }

    #[test]
    fn each_rule_of_a_filter_that_is_wrong_is_told_with_its_line() {
        let wrong = |value: &str, line: u32| {
            format!(
                "perf.toml:{line}: `filter`: `{value}` is no sampling; write `always`, `off`, `adaptive`, or a share such as `0.1` or `10%`"
            )
        };
        assert_eq!(
            errors("[filter]\n\"a::*\" = \"off\"\nb = \"sometimes\"\nc = 2\nd = [1]\n"),
            [wrong("sometimes", 3), wrong("2", 4), wrong("array", 5)]
        );
        assert!(
            errors("[filter]\n\n\"\" = \"off\"\n")[0].starts_with("perf.toml:3: `filter`: `=off` names no function")
        );
    }

    #[test]
    fn windows_are_a_list_or_a_text_and_what_is_wrong_with_them_is_told_with_its_line() {
        let seconds = |lengths: [u64; 4]| lengths.map(Duration::from_secs);
        for text in ["windows = [\n\"5s\", \"1min\",\n\"5min\", \"1h\"]", "windows = '5s, 1min, 5min, 1h'"] {
            let config = parse("perf.toml", text, Config::production()).unwrap();
            assert_eq!(config, Config { windows: seconds([5, 60, 300, 3600]), ..Config::production() });
        }
        let form = "four durations such as \"1s, 10s, 1min, 5min\", or a list of them";
        for (text, error) in [
            ("windows = [\"1s\", 10]", format!("`windows` takes {form}")),
            ("windows = [\"1s\", \"10s\"]", format!("`windows` does not take `1s, 10s`; write {form}")),
            (
                "windows = '10ms, 1s, 10s, 1min'",
                "`windows` begins with 10ms, and must begin with 100ms to 1min".to_owned(),
            ),
            (
                "windows = '1s, 10s, 25s, 5min'",
                "`windows` has 25s after 10s, and must have a whole multiple of it there, at least 2 times as long"
                    .to_owned(),
            ),
            (
                "windows = '1s, 1min, 1h, 24h'",
                "`windows` has lengths whose multiples of the one before add up to 144, and must have such that add up to at most 32"
                    .to_owned(),
            ),
            (
                "trend_threshold = 100",
                "`trend_threshold` is 100, and must be at least 0 and less than 1: a share of the larger value"
                    .to_owned(),
            ),
        ] {
            assert_eq!(errors(&format!("ceiling = 50\n\n{text}\n")), [format!("perf.toml:3: {error}")]);
        }
        assert_eq!(
            errors("longest = [\"1s\"]"),
            ["perf.toml:1: `longest` takes a duration such as \"250ms\", \"1.5s\" or \"2min\""],
            "one value is no list"
        );
    }

    #[test]
    fn a_value_out_of_range_is_told_with_its_line() {
        assert_eq!(
            errors("ceiling = 5\nbudget = 2\n"),
            ["perf.toml:2: `budget` is 2, and must be more than 0 and at most 1: a share of the CPU time"]
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_taken_that_leaves_a_value_out_of_range_and_no_error_is_silent(
            text in "([a-z_.]{1,9}|budget|ceiling|windows|micro\\.below|\\[filter\\])?( ?= ?)?(-?[0-9]{1,30}(\\.[0-9]+)?|\"[^\"\n]{0,12}\"|\\[\\])?\n?.{0,20}"
        ) {
            match parse("perf.toml", &text, Config::production()) {
                Ok(config) => assert_eq!(config.check(), Ok(())),
                Err(errors) => {
                    assert!(!errors.is_empty());
                    assert!(errors.iter().all(|error| error.to_string().starts_with("perf.toml:")), "{errors:?}");
                }
            }
        }
    }

    #[test]
    fn numbers_of_guards_are_kept_by_name_and_what_is_wrong_with_them_is_told() {
        let text = "[guard.\"shop::quote\".rate_limited]\nrate = \"200/s\"\nburst = 10\n[guard.\"*\".circuit_breaker]\nshadow = true\n";
        let config = parse("perf.toml", text, Config::production()).unwrap();
        let limiter: Vec<_> = config.guards.of(GuardKind::RateLimiter, "shop::quote").collect();
        assert_eq!(limiter, [("rate", "200/s"), ("burst", "10")]);
        assert_eq!(config.guards.of(GuardKind::CircuitBreaker, "any").collect::<Vec<_>>(), [("shadow", "true")]);
        assert_eq!(
            errors(
                "[guard.mail.rate_limitd]\nrate = \"1/s\"\n[guard.mail.bulkhead]\nmax_wait = 3\nfast = true\n[guard]\nrate = 1\n"
            ),
            [
                "perf.toml:2: unknown guard `rate_limitd`; did you mean `rate_limited`?",
                "perf.toml:4: `max_wait` does not take `3`; write a duration such as \"250ms\", \"1.5s\" or \"2min\"",
                "perf.toml:5: unknown key `fast` of a `bulkhead`; there are max_concurrent, min_limit, max_limit, max_wait, max_waiting",
                "perf.toml:7: `guard.rate` names no guard; write `[guard.\"shop::quote\".rate_limited]` above its numbers",
            ]
        );
    }

    #[test]
    fn what_is_said_of_guards_stays_whatever_the_environment() {
        let text = "environment = \"benchmark\"\n[guard.mail.bulkhead]\nmax_waiting = 3\n[guards]\nshadow = false\n";
        let config = parse("perf.toml", text, Config::production()).unwrap();
        assert_eq!(config.guards.of(GuardKind::Bulkhead, "mail").collect::<Vec<_>>(), [("max_waiting", "3")]);
        let expected = crate::GuardDefaults { shadow: false, ..Config::benchmark().guard_defaults };
        assert_eq!(config.guard_defaults, expected);
    }

    #[test]
    fn a_half_written_file_is_no_file() {
        let text = errors("budget = 0.1\n[mic");
        assert!(text[0].starts_with("perf.toml:2: "), "{text:?}");
    }
}
