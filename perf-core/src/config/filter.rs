use std::fmt;
use std::str::FromStr;

use super::Sampling;

/// Sampling by name: `shop::*=always,util::*=off`.
///
/// A list of `pattern=sampling`, separated by commas. A pattern is a function's full path, in which
/// `*` stands for anything; without a `*` it also stands for all below it, so that `shop` covers
/// `shop::cart::price`. The sampling is `always`, `off`, `adaptive`, or a share of the calls such as
/// `0.1` or `10%`. The last pattern that fits counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    rules: Vec<(String, Sampling)>,
}

/// What is wrong with a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError(String);

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FilterError {}

impl Filter {
    /// How the function of this name is to be sampled, where the filter has an opinion.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Sampling> {
        self.rules.iter().rev().find(|(pattern, _)| matches(pattern, name)).map(|(_, sampling)| *sampling)
    }

    /// Adds a rule, which goes before those that are there.
    #[must_use]
    pub fn with(mut self, pattern: &str, sampling: Sampling) -> Self {
        self.rules.push((pattern.to_owned(), sampling));
        self
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let mut filter = Self::default();
        for rule in text.split(',').map(str::trim).filter(|rule| !rule.is_empty()) {
            // Paths hold no `=`, but bounds in the names of impls may: the last one counts.
            let Some((pattern, value)) = rule.rsplit_once('=') else {
                return Err(FilterError(format!(
                    "`{rule}` says not how; write `{rule}=always`, `{rule}=off` or `{rule}=0.1`"
                )));
            };
            let (pattern, value) = (pattern.trim(), value.trim());
            if pattern.is_empty() {
                return Err(FilterError(format!("`{rule}` names no function; write `*={value}` for all")));
            }
            filter = filter.with(pattern, sampling(value)?);
        }
        Ok(filter)
    }
}

pub(super) fn sampling(value: &str) -> Result<Sampling, FilterError> {
    let wrong = || {
        FilterError(format!(
            "`{value}` is no sampling; write `always`, `off`, `adaptive`, or a share such as `0.1` or `10%`"
        ))
    };
    match value {
        "always" => Ok(Sampling::Always),
        "off" => Ok(Sampling::Off),
        "adaptive" => Ok(Sampling::Adaptive),
        _ => {
            let (number, scale) = value.strip_suffix('%').map_or((value, 1.0), |number| (number, 100.0));
            let share: f64 = number.trim().parse().map_err(|_| wrong())?;
            let share = share / scale;
            if share > 0.0 && share <= 1.0 {
                Ok(Sampling::Every((1.0 / share).round().min(1e9) as u32))
            } else {
                Err(wrong())
            }
        }
    }
}

pub(super) fn matches(pattern: &str, name: &str) -> bool {
    if !pattern.as_bytes().contains(&b'*') {
        return name.strip_prefix(pattern).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    }
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    // What comes after the last star so far, and after all that it stands for.
    let mut star = None;
    while n < name.len() {
        if pattern.get(p) == Some(&b'*') {
            p += 1;
            star = Some((p, n));
        } else if pattern.get(p) == Some(&name[n]) {
            p += 1;
            n += 1;
        } else if let Some((after, until)) = star {
            star = Some((after, until + 1));
            (p, n) = (after, until + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rule_that_fits_counts() {
        let filter: Filter = "shop::*=always, util::*=off, shop::slow = 10%".parse().unwrap();
        assert_eq!(filter.find("shop::quote"), Some(Sampling::Always));
        assert_eq!(filter.find("shop::slow"), Some(Sampling::Every(10)));
        assert_eq!(filter.find("util::hash"), Some(Sampling::Off));
        assert_eq!(filter.find("other"), None);
    }

    #[test]
    fn a_pattern_without_a_star_covers_all_below_it_and_nothing_beside_it() {
        let filter: Filter = "shop=off".parse().unwrap();
        assert_eq!(filter.find("shop::cart::price"), Some(Sampling::Off));
        assert_eq!(filter.find("shop"), Some(Sampling::Off));
        assert_eq!(filter.find("shopping::list"), None);
    }

    #[test]
    fn stars_stand_for_anything_anywhere() {
        for (pattern, name, fits) in [
            ("*", "anything", true),
            ("*::price", "shop::cart::price", true),
            ("*::price", "shop::cart::priced", false),
            ("<* as shop::Priced>::*", "<shop::Cart as shop::Priced>::price", true),
            ("a*b*a", "aba", true),
            ("a*b*a", "ab", false),
            ("ab*ba", "aba", false),
            ("a*bc*d", "abbcbcbd", true),
            ("a*bc*d", "abbcbcbde", false),
            ("price*", "price", true),
            ("**", "", true),
            ("*é", "prié", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} on {name}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_what_to_write() {
        let error = |text: &str| text.parse::<Filter>().unwrap_err().to_string();
        assert_eq!(error("shop"), "`shop` says not how; write `shop=always`, `shop=off` or `shop=0.1`");
        assert_eq!(error("=off"), "`=off` names no function; write `*=off` for all");
        assert!(error("shop=2").starts_with("`2` is no sampling"));
        assert!(error("shop=-1%").starts_with("`-1%` is no sampling"));
    }
}
