use std::fmt;

/// A number that a guard cannot go by: says which, what it is, and what it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardError(String);

impl GuardError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for GuardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for GuardError {}
