//! All guards that have a name: what snapshots show, and what can be changed while it runs.

use std::any::Any;
use std::sync::{Arc, Weak};

use once_cell::sync::Lazy;
use perf_core::__guard::Hooks;
use perf_core::{GuardKind, GuardSettings, GuardStats};

use crate::error::GuardError;
use crate::name::Name;
use crate::primitive::lock;
use crate::steer::Steer;

/// A guard that has a handle: clones of it share what it knows.
pub(crate) trait Handle: Steer + Clone + Any {
    /// What it is.
    const KIND: GuardKind;

    /// What it is called.
    fn name(&self) -> Name;
}

/// One that is known, whatever it is.
#[derive(Clone)]
struct Entry {
    kind: GuardKind,
    name: Name,
    guard: Arc<dyn AnyGuard>,
}

trait AnyGuard: Steer {
    fn as_any(&self) -> &dyn Any;
}

impl<H: Handle> AnyGuard for H {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

static KNOWN: Lazy<std::sync::Mutex<Vec<Entry>>> = Lazy::new(|| {
    perf_core::__guard::connect(Hooks { read, reconfigure, tick });
    std::sync::Mutex::default()
});

/// Makes a guard known, if it has a name. Where one of its kind was given the same name, that one is
/// given back: whoever asks for a name asks to share. Functions' paths are no names in that sense.
pub(crate) fn known<H: Handle>(guard: H) -> H {
    let name = guard.name();
    if name.get().is_empty() {
        return guard;
    }
    let mut known = lock(&KNOWN);
    if let Some(same) = name.is_given().then(|| find(&known, name)).flatten() {
        return same;
    }
    let entry = Entry { kind: H::KIND, name, guard: Arc::new(guard.clone()) };
    known.push(entry.clone());
    drop(known);
    Guard(entry).configure(&perf_core::current_config().guards);
    guard
}

fn find<H: Handle>(known: &[Entry], name: Name) -> Option<H> {
    // Caches of one name may have several types.
    let mut named = known.iter().filter(|entry| entry.kind == H::KIND && entry.name == name);
    named.find_map(|entry| entry.guard.as_any().downcast_ref()).cloned()
}

/// A guard that has something to do now and then.
pub(crate) trait Tick: Send + Sync {
    /// Does it. About ten times a second, where there is a background thread.
    fn tick(&self);
}

static TICKING: std::sync::Mutex<Vec<Weak<dyn Tick>>> = std::sync::Mutex::new(Vec::new());

/// Lets the background thread call on a guard for as long as it is there.
pub(crate) fn tick_along(guard: Weak<dyn Tick>) {
    Lazy::force(&KNOWN);
    let mut ticking = lock(&TICKING);
    // The same guard may be asked for by several names' sakes.
    if !ticking.iter().any(|known| known.ptr_eq(&guard)) {
        ticking.push(guard);
    }
}

fn tick() {
    let ticking: Vec<_> = {
        let mut ticking = lock(&TICKING);
        ticking.retain(|guard| guard.strong_count() > 0);
        ticking.iter().filter_map(Weak::upgrade).collect()
    };
    for guard in ticking {
        guard.tick();
    }
}

/// Sets what the configuration says of guards, now that it says something else.
fn reconfigure() {
    let config = perf_core::current_config();
    guards().all.iter().for_each(|guard| guard.configure(&config.guards));
}

fn read() -> Vec<GuardStats> {
    let mut stats: Vec<GuardStats> = guards().all.iter().map(Guard::stats).collect();
    stats.sort_by(|a, b| a.name.cmp(&b.name).then(a.kind.cmp(&b.kind)));
    stats
}

/// All guards that have a name and were used: those of attributes from their functions' first calls on.
///
/// ```
/// use perf_runtime::{GuardKind, RateLimiter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let limiter = RateLimiter::builder().rate("100/s".parse()?).name("mail").build()?;
/// perf_runtime::guards().find(GuardKind::RateLimiter, "mail").unwrap().set("rate", "200/s")?;
/// assert_eq!(limiter.rate(), "200/s".parse()?);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn guards() -> Guards {
    Guards { all: lock(&KNOWN).iter().cloned().map(Guard).collect() }
}

/// The guards there are. Made by [`guards`].
#[derive(Clone, Debug)]
pub struct Guards {
    all: Vec<Guard>,
}

impl Guards {
    /// All of them, in the order in which they were first used.
    #[must_use]
    pub fn all(&self) -> &[Guard] {
        &self.all
    }

    /// A guard by its kind and its name, or a tail of that (`"quote"` for `shop::quote`) that no other of its
    /// kind ends with.
    #[must_use]
    pub fn find(&self, kind: GuardKind, name: &str) -> Option<&Guard> {
        let mut of_kind = self.all.iter().filter(|guard| guard.kind() == kind);
        if let Some(exact) = of_kind.clone().find(|guard| guard.name() == name) {
            return Some(exact);
        }
        let is_tail = |guard: &&Guard| guard.name().strip_suffix(name).is_some_and(|head| head.ends_with("::"));
        let found = of_kind.by_ref().find(is_tail)?;
        of_kind.find(is_tail).is_none().then_some(found)
    }

    /// The guards of this name, whatever they are.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Guard> {
        self.all.iter().filter(move |guard| guard.name() == name)
    }
}

/// One guard, whatever it is.
#[derive(Clone)]
pub struct Guard(Entry);

impl Guard {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> GuardKind {
        self.0.kind
    }

    /// The name it was given, or the path of the function whose attribute made it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.name.get()
    }

    /// What it is doing, and what it has done.
    #[must_use]
    pub fn stats(&self) -> GuardStats {
        GuardStats { name: self.name().into(), kind: self.kind(), ..self.0.guard.stats() }
    }

    /// Its own type, with all that only it can do: `guard.handle::<CircuitBreaker>()`.
    #[must_use]
    pub fn handle<T: Clone + 'static>(&self) -> Option<T> {
        self.0.guard.as_any().downcast_ref().cloned()
    }

    /// Changes one of its numbers, by the name of the attribute's option; it keeps its state.
    ///
    /// # Errors
    ///
    /// There is no such number, or the value cannot be: says what can, and has changed nothing.
    pub fn set(&self, key: &str, value: &str) -> Result<(), GuardError> {
        let keys = perf_core::__guard::keys_of(self.kind());
        if keys.iter().any(|(known, _)| *known == key) {
            return self.0.guard.set(key, value);
        }
        let known: Vec<String> = keys.iter().map(|(key, form)| format!("`{key}` ({form})")).collect();
        let (kind, name) = (self.kind().as_str(), self.name());
        Err(GuardError::new(format!("`{name}` has no `{key}`; what can be set of a `{kind}`: {}", known.join(", "))))
    }
}

impl Guard {
    /// Sets what the configuration says of it. What it cannot be is told: the value was in order, but not
    /// beside the others that this guard has.
    fn configure(&self, settings: &GuardSettings) {
        for (key, value) in settings.of(self.kind(), self.name()) {
            if let Err(error) = self.set(key, value) {
                let (kind, name) = (self.kind().as_str(), self.name());
                tracing::warn!(target: "perf_runtime", "`{name}` ({kind}): {error}; what was in force before stays so");
            }
        }
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").field("kind", &self.kind()).field("name", &self.name()).finish_non_exhaustive()
    }
}
