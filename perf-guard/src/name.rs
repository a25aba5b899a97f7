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
        self.get() == other.get()
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
