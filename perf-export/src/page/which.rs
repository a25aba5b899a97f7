//! Which function is meant: names alone need not tell.

use perf_core::{FunctionStats, Snapshot};

/// What is known of the function that somebody asks for.
///
/// Its name is enough where no other function has it. Where several do, as functions that were given one name may, their
/// places tell them apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Which<'a> {
    /// The name, or its end after some `::` where nothing else ends so.
    pub name: &'a str,
    /// The module that it is in, where that is known.
    pub module: Option<&'a str>,
    /// `file:line`, where that is known.
    pub location: Option<&'a str>,
}

/// Why a function cannot be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// None of that name was called, or none at that place.
    Unknown,
    /// Several may be meant: `module file:line` of each, those first that took longest.
    Ambiguous(Vec<String>),
}

impl Which<'_> {
    /// The function that is meant.
    ///
    /// # Errors
    ///
    /// Where none is, or several may be.
    pub(super) fn find<'s>(&self, snapshot: &'s Snapshot) -> Result<&'s FunctionStats, Missing> {
        let is_tail = |name: &str| name.strip_suffix(self.name).is_some_and(|head| head.ends_with("::"));
        let mut found = self.those(snapshot, |name| name == self.name);
        if found.is_empty() {
            found = self.those(snapshot, is_tail);
        }
        match found[..] {
            [] => Err(Missing::Unknown),
            [one] => Ok(one),
            // A macro may make many of one name in one module on one line: as in the table, the one that took longest
            // stands for all.
            [first, ..] if found.iter().all(|other| Key::of(other) == Key::of(first)) => Ok(first),
            _ => Err(Missing::Ambiguous(found.into_iter().map(place).collect())),
        }
    }

    fn those<'s>(&self, snapshot: &'s Snapshot, is_name: impl Fn(&str) -> bool) -> Vec<&'s FunctionStats> {
        let is_there = |function: &&FunctionStats| {
            is_name(function.name())
                && self.module.is_none_or(|module| module == function.module())
                && self.location.is_none_or(|wanted| wanted == location(function))
        };
        snapshot.functions().iter().filter(is_there).collect()
    }
}

/// What tells one function from all others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    name: Box<str>,
    module: Box<str>,
    file: Box<str>,
    line: u32,
}

impl Key {
    pub(super) fn of(function: &FunctionStats) -> Self {
        let (file, line) = function.location();
        Self { name: function.name().into(), module: function.module().into(), file: file.into(), line }
    }
}

/// `file:line`.
pub(super) fn location(function: &FunctionStats) -> String {
    let (file, line) = function.location();
    format!("{file}:{line}")
}

fn place(function: &FunctionStats) -> String {
    format!("{} {}", function.module(), location(function))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[perf_runtime::profiled]
    fn measured() {}

    /// Functions by name, module, file and line; the first took longest.
    fn snapshot(functions: &[(&str, &str, &str, u32)]) -> Snapshot {
        measured();
        let mut json = serde_json::to_value(perf_core::snapshot()).unwrap();
        let all = json["functions"].as_array().unwrap();
        let one = all.iter().find(|function| function["name"].as_str().unwrap().ends_with("::measured")).unwrap();
        let made = functions.iter().map(|(name, module, file, line)| {
            let mut function = one.clone();
            (function["name"], function["module"]) = (json!(name), json!(module));
            (function["file"], function["line"]) = (json!(file), json!(line));
            function
        });
        json["functions"] = made.collect();
        serde_json::from_value(json).unwrap()
    }

    fn shop() -> Snapshot {
        snapshot(&[
            ("shop::work", "shop", "src/a.rs", 3),
            ("shop::work", "shop", "src/a.rs", 9),
            ("shop::work", "shop::other", "src/a.rs", 9),
            ("shop::rest", "shop", "src/a.rs", 20),
            ("twice", "shop", "src/m.rs", 1),
            ("twice", "shop", "src/m.rs", 1),
        ])
    }

    fn found(which: Which<'_>) -> Result<String, Missing> {
        which.find(&shop()).map(place)
    }

    #[test]
    fn a_name_is_enough_where_one_function_has_it() {
        for name in ["shop::rest", "rest"] {
            assert_eq!(found(Which { name, ..Which::default() }), Ok("shop src/a.rs:20".to_owned()));
        }
        for name in ["", "est", "shop::", "none"] {
            assert_eq!(found(Which { name, ..Which::default() }), Err(Missing::Unknown), "{name:?}");
        }
    }

    #[test]
    fn places_tell_functions_of_one_name_apart() {
        let work = Which { name: "shop::work", ..Which::default() };
        let all = ["shop src/a.rs:3", "shop src/a.rs:9", "shop::other src/a.rs:9"].map(str::to_owned);
        assert_eq!(found(work), Err(Missing::Ambiguous(all.to_vec())));
        assert_eq!(found(Which { location: Some("src/a.rs:3"), ..work }), Ok(all[0].clone()));
        assert_eq!(found(Which { location: Some("src/a.rs:9"), ..work }), Err(Missing::Ambiguous(all[1..].to_vec())));
        for (module, at) in [("shop", 1), ("shop::other", 2)] {
            let which = Which { location: Some("src/a.rs:9"), module: Some(module), ..work };
            assert_eq!(found(which), Ok(all[at].clone()));
        }
        assert_eq!(found(Which { location: Some("src/a.rs:4"), ..work }), Err(Missing::Unknown));
    }

    #[test]
    fn what_nothing_tells_apart_is_the_one_that_took_longest() {
        assert_eq!(found(Which { name: "twice", ..Which::default() }), Ok("shop src/m.rs:1".to_owned()));
    }
}
