use std::fmt;

use perf_core::__private::Site;

/// What a guard is called: by its user, or as the function whose attribute made it.
#[derive(Clone, Copy)]
pub struct Name(Kind);

#[derive(Clone, Copy)]
enum Kind {
    Given(&'static str),
    /// Found out only when somebody wants to read it.
    Of(&'static Site),
}

impl Name {
    /// A guard that nobody has named.
    pub(crate) const NONE: Self = Self(Kind::Given(""));

    /// A name given by the user.
    #[must_use]
    pub const fn given(name: &'static str) -> Self {
        Self(Kind::Given(name))
    }

    /// The name of an annotated function.
    #[doc(hidden)]
    #[must_use]
    pub const fn of(site: &'static Site) -> Self {
        Self(Kind::Of(site))
    }

    /// Whether its user named it; who does so again asks for the same guard.
    pub(crate) fn is_given(&self) -> bool {
        matches!(self.0, Kind::Given(name) if !name.is_empty())
    }

    /// The function that it is the name of.
    pub(crate) fn site(&self) -> Option<&'static Site> {
        match self.0 {
            Kind::Given(_) => None,
            Kind::Of(site) => Some(site),
        }
    }

    /// The name as text; empty where there is none.
    #[must_use]
    pub fn get(&self) -> &'static str {
        match self.0 {
            Kind::Given(name) => name,
            Kind::Of(site) => site.name(),
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        match (self.0, other.0) {
            (Kind::Given(one), Kind::Given(other)) => one == other,
            // Two functions may have one path.
            (Kind::Of(one), Kind::Of(other)) => std::ptr::eq(one, other),
            _ => false,
        }
    }
}

impl Eq for Name {}

impl From<&'static str> for Name {
    fn from(name: &'static str) -> Self {
        Self::given(name)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.get(), f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.get())
    }
}
