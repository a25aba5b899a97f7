//! Every value that can be set from outside, by one name, wherever it comes from: `micro.below` in
//! the file is `PERF_MICRO_BELOW` among the variables.

use std::time::Duration;

use super::{Class, Config, Environment, filter};

/// One value of a [`Config`].
pub(super) struct Key {
    /// Its path in the file.
    pub(super) name: &'static str,
    /// What may be written for it.
    pub(super) form: &'static str,
    set: fn(&mut Config, &str) -> Option<()>,
}

pub(super) const RATE: &str = "a rate such as \"100/s\", \"5/min\" or \"10/250ms\"";
pub(super) const COUNT: &str = "a whole number of at least 1";
pub(super) const COUNT_OR_ADAPTIVE: &str = "a whole number of at least 1, or \"adaptive\"";
pub(super) const DURATION_OR_ADAPTIVE: &str = "a duration such as \"250ms\", or \"adaptive\"";
pub(super) const FACTOR: &str = "a number of at least 1";
pub(super) const TRUTH: &str = "true or false";
pub(super) const DURATION: &str = "a duration such as \"250ms\", \"1.5s\" or \"2min\"";
pub(super) const SHARE: &str = "a share such as 0.01 or \"1%\"";
const NUMBER: &str = "a number";
const PATH: &str = "the path of a file";
const WHOLE: &str = "a whole number";
const LENGTHS: &str = "four durations such as \"1s, 10s, 1min, 5min\", or a list of them";

macro_rules! class_keys {
    ($($class:ident),*) => {
        &[$(
            Key { name: concat!(stringify!($class), ".below"), form: DURATION, set: |c, v| below(&mut c.classes.$class, v) },
            Key { name: concat!(stringify!($class), ".first_interval"), form: WHOLE, set: |c, v| first(&mut c.classes.$class, v) },
            Key { name: concat!(stringify!($class), ".priority"), form: NUMBER, set: |c, v| priority(&mut c.classes.$class, v) },
        )*]
    };
}

/// Sets all others.
const ENVIRONMENT: &str = "environment";

/// Who says that there is to be none wants no calls to be traced: so it keeps no traces either, unless somebody says so too.
const TREE: &str = "tree";

/// In which order values are taken: those that set others first.
pub(super) fn rank(name: &str) -> u8 {
    match name {
        ENVIRONMENT => 0,
        TREE => 1,
        _ => 2,
    }
}

/// The one whose value may be a list.
pub(super) const WINDOWS: &str = "windows";

const GENERAL: &[Key] = &[
    Key {
        name: ENVIRONMENT,
        form: "\"production\", \"development\", \"testing\" or \"benchmark\"",
        // What is said of guards by name is nothing that a preset knows of.
        set: |c, v| {
            environment(v).map(|environment| {
                let guards = std::mem::take(&mut c.guards);
                *c = Config { guards, ..Config::of(environment) };
            })
        },
    },
    Key {
        name: "sampling",
        form: "\"adaptive\", \"always\", \"off\", or a share of the calls such as 0.1 or \"10%\"",
        set: |c, v| filter::sampling(v).ok().map(|sampling| c.sampling = sampling),
    },
    Key { name: "budget", form: SHARE, set: |c, v| share(v).map(|share| c.budget = share) },
    Key { name: "floor", form: NUMBER, set: |c, v| v.parse().ok().map(|floor| c.floor = floor) },
    Key { name: "ceiling", form: NUMBER, set: |c, v| v.parse().ok().map(|ceiling| c.ceiling = ceiling) },
    Key { name: "ring_slots", form: WHOLE, set: |c, v| whole(v).map(|slots| c.ring_slots = slots) },
    Key {
        name: TREE,
        form: TRUTH,
        set: |c, v| {
            c.tree = truth(v)?;
            c.traces = if c.tree { c.traces } else { 0 };
            Some(())
        },
    },
    Key { name: "cpu_time", form: TRUTH, set: |c, v| truth(v).map(|truth| c.cpu_time = truth) },
    Key { name: "tree_nodes", form: WHOLE, set: |c, v| whole(v).map(|nodes| c.tree_nodes = nodes) },
    Key { name: "traces", form: WHOLE, set: |c, v| whole(v).map(|traces| c.traces = traces) },
    Key { name: "drain_every", form: DURATION, set: |c, v| duration(v).map(|every| c.drain_every = every) },
    Key { name: "longest", form: DURATION, set: |c, v| duration(v).map(|longest| c.longest = longest) },
    Key { name: WINDOWS, form: LENGTHS, set: |c, v| lengths(v).map(|lengths| c.windows = lengths) },
    Key { name: "trend_threshold", form: SHARE, set: |c, v| share(v).map(|share| c.trend_threshold = share) },
    Key { name: "tail", form: WHOLE, set: |c, v| whole(v).map(|calls| c.tail = calls) },
    Key { name: "process_every", form: DURATION, set: |c, v| duration(v).map(|every| c.process_every = every) },
    Key { name: "snapshot_file", form: PATH, set: |c, v| path(v).map(|path| c.snapshot_file = Some(path)) },
    Key {
        name: "filter",
        form: "\"path::*=always,other::*=off\", or a table of such pairs",
        set: |c, v| v.parse().ok().map(|filter| c.filter = filter),
    },
];

/// What guards go by where nothing else is said: a section of its own.
const GUARD_DEFAULTS: &[Key] = &[
    Key { name: "guards.shadow", form: TRUTH, set: |c, v| truth(v).map(|truth| c.guard_defaults.shadow = truth) },
    Key { name: "guards.adapt", form: TRUTH, set: |c, v| truth(v).map(|truth| c.guard_defaults.adapt = truth) },
    Key { name: "guards.max_load", form: SHARE, set: |c, v| share(v).map(|share| c.guard_defaults.max_load = share) },
    Key { name: "guards.backoff", form: DURATION, set: |c, v| duration(v).map(|time| c.guard_defaults.backoff = time) },
];

fn path(value: &str) -> Option<std::path::PathBuf> {
    (!value.is_empty()).then(|| value.into())
}

fn truth(value: &str) -> Option<bool> {
    value.parse().ok()
}

const CLASSES: &[Key] = class_keys!(micro, light, medium, heavy);

/// All of them.
const ALL: [&[Key]; 3] = [GENERAL, GUARD_DEFAULTS, CLASSES];

/// The first that `fits`.
pub(super) fn find(fits: &dyn Fn(&Key) -> bool) -> Option<&'static Key> {
    ALL.into_iter().flatten().find(|key| fits(key))
}

impl Key {
    /// Sets the value; says what it should have been otherwise.
    pub(super) fn set(&self, config: &mut Config, value: &str) -> Result<(), String> {
        (self.set)(config, value.trim())
            .ok_or_else(|| format!("`{}` does not take `{value}`; write {}", self.name, self.form))
    }

    /// The variable that sets it.
    pub(super) fn variable(&self) -> String {
        let mut variable = "PERF_".to_owned();
        for c in self.name.chars() {
            variable.push(if c == '.' { '_' } else { c.to_ascii_uppercase() });
        }
        variable
    }
}

/// The key of this name, or what to say where there is none.
#[cfg(any(feature = "file", test))]
pub(super) fn named(name: &str) -> Result<&'static Key, String> {
    if let Some(key) = find(&|key| key.name == name) {
        return Ok(key);
    }
    if let Some(near) = nearest(name, &|key| key.name.to_owned()) {
        return Err(format!("unknown key `{name}`; did you mean `{near}`?"));
    }
    let names: Vec<&str> = ALL.into_iter().flatten().map(|key| key.name).collect();
    Err(format!("unknown key `{name}`; there are {}", names.join(", ")))
}

/// Whether a text is what a form says, for values that somebody else keeps.
pub(super) fn is_of(form: &str, value: &str) -> bool {
    let value = value.trim();
    match form {
        COUNT_OR_ADAPTIVE => value == "adaptive" || is_of(COUNT, value),
        DURATION_OR_ADAPTIVE => value == "adaptive" || is_of(DURATION, value),
        DURATION => duration(value).is_some_and(|duration| !duration.is_zero()),
        SHARE => share(value).is_some_and(|share| share > 0.0 && share <= 1.0),
        RATE => rate(value).is_some(),
        COUNT => value.replace('_', "").parse().is_ok_and(|count: u64| count > 0),
        FACTOR => value.parse().is_ok_and(|factor: f64| factor >= 1.0 && factor.is_finite()),
        _ => matches!(value, "true" | "false"),
    }
}

/// Calls and the time in which so many are meant: `10_000/s`, `5/min`, `10/250ms`.
#[must_use]
pub fn rate(text: &str) -> Option<(u64, Duration)> {
    let (count, per) = text.split_once('/')?;
    let count = count.trim().replace('_', "").parse().ok().filter(|count: &u64| *count > 0)?;
    let per = per.trim();
    let per = if per.starts_with(|c: char| c.is_ascii_digit()) { duration(per) } else { duration(&format!("1{per}")) };
    Some((count, per.filter(|per| !per.is_zero())?))
}

fn environment(value: &str) -> Option<Environment> {
    match value {
        "production" => Some(Environment::Production),
        "development" => Some(Environment::Development),
        "testing" => Some(Environment::Testing),
        "benchmark" => Some(Environment::Benchmark),
        _ => None,
    }
}

fn below(class: &mut Class, value: &str) -> Option<()> {
    duration(value).map(|below| class.below = below)
}

fn first(class: &mut Class, value: &str) -> Option<()> {
    whole(value).map(|first| class.first_interval = first)
}

fn priority(class: &mut Class, value: &str) -> Option<()> {
    value.parse().ok().map(|priority| class.priority = priority)
}

fn whole(value: &str) -> Option<u32> {
    value.replace('_', "").parse().ok()
}

/// A share: `0.2`, `20%`.
#[must_use]
pub fn share(value: &str) -> Option<f64> {
    match value.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok().map(|percent| percent / 100.0),
        None => value.parse().ok(),
    }
}

/// `250ms`, `1.5s`, `2min`.
#[must_use]
pub fn duration(value: &str) -> Option<Duration> {
    let unit_at = value.find(|c: char| c.is_alphabetic() || c == 'µ')?;
    let (number, unit) = value.split_at(unit_at);
    let seconds = match unit {
        "ns" => 1e-9,
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number.trim().parse::<f64>().ok()? * seconds).ok()
}

/// `1s, 10s, 1min, 5min`.
fn lengths(value: &str) -> Option<[Duration; 4]> {
    let mut texts = value.split(',');
    let mut lengths = [Duration::ZERO; 4];
    for length in &mut lengths {
        *length = duration(texts.next()?.trim())?;
    }
    texts.next().is_none().then_some(lengths)
}

/// The word, of those that keys go by, that is no more than two or three edits away.
pub(super) fn nearest(word: &str, name: &dyn Fn(&Key) -> String) -> Option<String> {
    let mut known = Vec::new();
    for key in ALL.into_iter().flatten() {
        known.push(name(key));
    }
    let mut words = Vec::new();
    for name in &known {
        words.push(name.as_str());
    }
    nearest_of(word, &words).map(str::to_owned)
}

/// The same of other words.
pub(super) fn nearest_of<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let mut nearest = None;
    let mut least = 4;
    for name in known {
        let distance = edits(word, name);
        if distance < least && distance <= name.len() / 2 {
            (nearest, least) = (Some(*name), distance);
        }
    }
    nearest
}

/// Levenshtein distance to a `known` word, which is ASCII.
fn edits(word: &str, known: &str) -> usize {
    let known = known.as_bytes();
    let columns = known.len() + 1;
    let mut row: Vec<usize> = (0..columns).collect();
    for (i, x) in word.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in known.iter().enumerate() {
            let replaced = diagonal + usize::from(x != char::from(*y));
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[known.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_can_be_set_and_refuses_garbage() {
        for key in ALL.into_iter().flatten() {
            let value = match key.form {
                DURATION => "5ms",
                SHARE => "3%",
                NUMBER => "7.5",
                WHOLE => "64",
                LENGTHS => "2s, 20s, 1min, 5min",
                form if form.contains("production") => "testing",
                form if form.contains("path::") => "a::*=off",
                _ => "always",
            };
            let preset = Config::production();
            let value = match key.name {
                "guards.adapt" => "false",
                "guards.shadow" | "tree" | "cpu_time" => "true",
                _ => value,
            };
            let mut config = preset.clone();
            key.set(&mut config, value).unwrap();
            assert_ne!(config, preset, "{} changes something", key.name);
            // Any text is a path, but none.
            let garbage = if key.form == PATH { "" } else { "garbage" };
            assert!(key.set(&mut config, garbage).is_err(), "{}", key.name);
        }
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(duration("1.5s"), Some(Duration::from_millis(1500)));
        assert_eq!(duration("2min"), Some(Duration::from_secs(120)));
        assert_eq!(duration("3µs"), Some(Duration::from_micros(3)));
        for wrong in ["250", "ms", "-1s", "1y", "", "1e400s", "NaNs"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn there_are_four_windows() {
        let seconds = |lengths: [u64; 4]| Some(lengths.map(Duration::from_secs));
        assert_eq!(lengths("1s,10s,1min,5min"), seconds([1, 10, 60, 300]));
        assert_eq!(lengths(" 5s , 1min, 5min, 1h"), seconds([5, 60, 300, 3600]));
        for wrong in ["1s", "1s,2s,3s", "1s,2s,3s,4s,5s", "1s,2s,3s,", "1,2,3,4", "1s 2s 3s 4s"] {
            assert_eq!(lengths(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_unknown_key_is_told_the_nearest() {
        assert_eq!(named("budgt").err().unwrap(), "unknown key `budgt`; did you mean `budget`?");
        assert_eq!(named("micro.belw").err().unwrap(), "unknown key `micro.belw`; did you mean `micro.below`?");
        assert!(named("colour").err().unwrap().starts_with("unknown key `colour`; there are environment, sampling"));
    }

    #[test]
    fn variables_are_named_after_the_keys() {
        assert_eq!(named("micro.below").unwrap().variable(), "PERF_MICRO_BELOW");
    }
}
