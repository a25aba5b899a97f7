use std::fmt::{self, Display, Formatter};

/// What went wrong and where, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    what: String,
    way_out: String,
    is_usage: bool,
    /// What a program answered instead of what it was asked for; 0 where it was no answer.
    status: u16,
}

impl Error {
    pub(crate) fn new(what: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self { what: what.into(), way_out: way_out.into(), is_usage: false, status: 0 }
    }

    /// Of what was typed.
    pub(crate) fn usage(what: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self { is_usage: true, ..Self::new(what, way_out) }
    }

    /// Without the way out: a line.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// Of what a program answered.
    pub(crate) fn answered(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// What the process ends with: 2 where it was not understood, as is usual.
    pub(crate) fn code(&self) -> u8 {
        if self.is_usage { 2 } else { 1 }
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        for line in self.way_out.lines() {
            write!(f, "\n  {line}")?;
        }
        Ok(())
    }
}
