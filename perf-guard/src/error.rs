use std::fmt;

use crate::steer::Key;

/// A number that a guard cannot go by: says which, what it is, and what it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardError(String);

impl GuardError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What is written for a key is not of its form, or there is no such key.
    pub(crate) fn wrong(keys: &[Key], key: &str, value: &str) -> Self {
        if let Some(known) = keys.iter().find(|known| known.name == key) {
            return Self(format!("{key} = {value:?}: expected {}", known.form));
        }
        let known: Vec<_> = keys.iter().map(|known| known.name).collect();
        Self(format!("there is no {key:?} to be set, only {}", known.join(", ")))
    }
}

impl fmt::Display for GuardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for GuardError {}
