/// How much a call matters when not all of them can run: the lower, the earlier it is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// What can be done later, or not at all: refused first.
    Low,
    /// What most calls are.
    #[default]
    Normal,
    /// What somebody waits for.
    High,
    /// What all else depends on: refused last.
    Critical,
}

impl Priority {
    pub(super) const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Critical];

    /// The priority in a word, as the attribute has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}
