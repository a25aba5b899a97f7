/// How a call counts with the guard that let it run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It did what it should.
    Success,
    /// What it depends on is not well.
    Failure,
    /// It says nothing either way, as a call that was cancelled does: what it took is given back.
    Ignored,
}

impl From<bool> for Verdict {
    /// True is a failure: what predicates ask is whether a call failed.
    fn from(is_failure: bool) -> Self {
        if is_failure { Self::Failure } else { Self::Success }
    }
}
