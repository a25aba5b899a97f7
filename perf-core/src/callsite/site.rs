use std::panic::Location;
use std::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use super::cpu::CpuWish;
use super::keep::{Keep, Standing};
use super::{Labels, Slo};
use crate::alloc::totals::Totals;
use crate::call::{Flight, Here, Key, Lane, Tail, home};

/// How long one call of a function is expected to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Workload {
    /// Less than a millisecond.
    Micro,
    /// Less than ten milliseconds.
    Light,
    /// Less than a hundred milliseconds.
    Medium,
    /// Longer.
    Heavy,
}

/// One annotated function. Expanded attributes make these, and [`found`](Self::found) for what has no attribute.
#[derive(Debug)]
pub struct Site {
    /// `type_name` of an item inside the function, which ends with the item's own name.
    inside: fn() -> &'static str,
    given: Option<&'static str>,
    pub(crate) module: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    pub(crate) workload: Option<Workload>,
    /// One call in so many is timed, as the attribute says; 0 where it leaves that open.
    pub(crate) every: u32,
    /// None where it was made while the program ran: its lanes are the strands'.
    lane: Option<&'static Key>,
    /// Whether it is a part of a function, which another site stands for.
    is_part: bool,
    /// What its calls are broken down by.
    pub(crate) labels: &'static [&'static Labels],
    pub(crate) flight: Option<&'static Flight>,
    pub(crate) slo: Option<Slo>,
    /// What its calls allocate, where that is asked for.
    totals: Option<&'static Totals>,
    /// Place in the registry, counted from one; 0 until the first call.
    pub(super) index: AtomicU32,
    /// Mean interval between samples; 0 while nobody steers it.
    interval: AtomicU32,
    /// The longest that the interval grows by itself, while nobody steers it.
    ramp_limit: AtomicU32,
    /// Calls made where a thread has no lanes any more.
    pub(crate) stray: Stray,
    health: Published,
    standing: Standing,
    pub(crate) tail: Tail,
    pub(super) cpu: CpuWish,
}

/// How a function was in the last finished slice of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Health {
    /// Slices that were finished so far, as far as they fit.
    pub slices: u32,
    /// In seconds; 0 where nothing was timed.
    pub p99: f32,
    /// The share of calls that failed, exact; 0 where there were none.
    pub failed: f32,
}

/// Health, for those who want to know.
#[derive(Debug)]
struct Published {
    is_wanted: AtomicU32,
    slices: AtomicU32,
    /// Both numbers' bits.
    numbers: AtomicU64,
}

/// Counts of calls made in a thread's last destructors. Shared, so these are added to atomically.
#[derive(Debug)]
pub(crate) struct Stray {
    pub(crate) calls: AtomicU64,
    pub(crate) errors: AtomicU64,
    pub(crate) panics: AtomicU64,
    pub(crate) cancelled: AtomicU64,
}

impl Site {
    /// A site that is not registered yet.
    #[track_caller]
    #[must_use]
    pub const fn new(inside: fn() -> &'static str, module: &'static str, lane: &'static Key) -> Self {
        let place = Location::caller();
        Self::with(inside, module, (place.file(), place.line()), Some(lane))
    }

    const fn with(
        inside: fn() -> &'static str,
        module: &'static str,
        place: (&'static str, u32),
        lane: Option<&'static Key>,
    ) -> Self {
        Self {
            inside,
            given: None,
            module,
            file: place.0,
            line: place.1,
            workload: None,
            every: 0,
            lane,
            is_part: false,
            labels: &[],
            flight: None,
            slo: None,
            totals: None,
            index: AtomicU32::new(0),
            interval: AtomicU32::new(0),
            ramp_limit: AtomicU32::new(1),
            stray: Stray {
                calls: AtomicU64::new(0),
                errors: AtomicU64::new(0),
                panics: AtomicU64::new(0),
                cancelled: AtomicU64::new(0),
            },
            health: Published { is_wanted: AtomicU32::new(0), slices: AtomicU32::new(0), numbers: AtomicU64::new(0) },
            standing: Standing::new(),
            tail: Tail::new(),
            cpu: CpuWish::new(false),
        }
    }

    /// A function that was found out about while the program runs: its lanes are the strands'.
    #[must_use]
    pub const fn found(name: &'static str, module: &'static str, place: (&'static str, u32)) -> Self {
        Self::with(|| "", module, place, None).named(name)
    }

    /// With a name of the user's choice.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.given = Some(name);
        self
    }

    /// With a declared workload class.
    #[must_use]
    pub const fn workload(mut self, workload: Workload) -> Self {
        self.workload = Some(workload);
        self
    }

    /// With a fixed share of timed calls: one in `every`, on average.
    #[must_use]
    pub const fn every(mut self, every: u32) -> Self {
        self.every = every;
        self
    }

    /// Broken down by these.
    #[must_use]
    pub const fn labels(mut self, labels: &'static [&'static Labels]) -> Self {
        self.labels = labels;
        self
    }

    /// With calls in flight counted there.
    #[must_use]
    pub const fn in_flight(mut self, flight: &'static Flight) -> Self {
        self.flight = Some(flight);
        self
    }

    /// With an objective.
    #[must_use]
    pub const fn slo(mut self, slo: Slo) -> Self {
        self.slo = Some(slo);
        self
    }

    /// Not the function itself, but calls of it that have a label in common. It is sampled as the function is.
    #[must_use]
    pub const fn part(mut self) -> Self {
        self.lane = None;
        self.is_part = true;
        self
    }

    /// Another part of the same function.
    pub(super) fn another_part(&self) -> Self {
        let &Self { inside, given, module, file, line, workload, every, .. } = self;
        Self { given, workload, every, is_part: true, ..Self::with(inside, module, (file, line), None) }
    }

    /// Whether it was [found](Self::found).
    pub(crate) fn is_found(&self) -> bool {
        self.lane.is_none() && !self.is_part
    }

    /// Whether it is a part of a function, which another site stands for.
    pub(crate) fn is_part(&self) -> bool {
        self.is_part
    }

    /// With its allocations counted.
    #[must_use]
    pub const fn allocations(mut self, totals: &'static Totals) -> Self {
        self.totals = Some(totals);
        self
    }

    /// What its calls allocated, where that is asked for.
    pub(crate) fn totals(&self) -> Option<&'static Totals> {
        self.totals
    }

    /// Its calls say what their arguments were, where they are among the slowest.
    #[must_use]
    pub const fn capturing(mut self) -> Self {
        self.tail.captures = true;
        self
    }

    /// The function's full path, as the compiler knows it, or the name it was given.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.given.unwrap_or_else(|| {
            let path = (self.inside)();
            let path = path.strip_suffix("::Here").unwrap_or(path);
            path.strip_suffix("::{{closure}}").unwrap_or(path)
        })
    }

    /// Lets it be known before the first call, which may be one that a thread makes when it is too late for that.
    pub fn register(&'static self) {
        self.index();
    }

    /// Place in the registry. Registers the site the first time.
    pub(crate) fn index(&'static self) -> u32 {
        match self.index.load(Acquire) {
            0 => super::registry::register(self),
            index => index - 1,
        }
    }

    /// Place in the registry, if it has one.
    #[inline]
    pub(crate) fn known_index(&self) -> Option<u32> {
        self.index.load(Acquire).checked_sub(1)
    }

    /// The running thread's lane.
    #[inline]
    #[must_use]
    pub fn lane(&'static self) -> Here {
        self.lane.map_or_else(|| home::here(self), |lane| lane.with(Lane::here))
    }

    /// The mean interval between samples in force; 0 while nobody steers it.
    #[inline(always)]
    pub(crate) fn interval(&self) -> u32 {
        self.interval.load(Relaxed)
    }

    /// Sets the mean interval between samples.
    pub(crate) fn steer(&self, interval: u32) {
        self.interval.store(interval, Relaxed);
    }

    /// The longest that the interval grows by itself, while nobody steers it.
    pub(crate) fn ramp_limit(&self) -> u32 {
        self.ramp_limit.load(Relaxed)
    }

    /// Sets the longest that the interval grows by itself.
    pub(crate) fn limit_ramp(&self, longest: u32) {
        self.ramp_limit.store(longest, Relaxed);
    }

    /// Whether its calls keep frames for those below them.
    pub(crate) fn keep(&self) -> Keep {
        self.standing.keep()
    }

    pub(crate) fn set_keep(&self, keep: Keep) {
        self.standing.set_keep(keep);
    }

    /// Whether its calls were found too long to be traced as a whole.
    pub(crate) fn is_long(&self) -> bool {
        self.standing.is_long()
    }

    pub(crate) fn set_long(&self) {
        if !self.is_long() {
            self.standing.set_long();
        }
    }

    /// It may have been too long only once.
    pub(crate) fn forget_long(&self) {
        if self.is_long() {
            self.standing.forget_long();
        }
    }

    /// Whether what its body makes is a future, whose polls are what there is to be traced.
    pub(crate) fn makes_futures(&self) -> bool {
        self.standing.makes_futures()
    }

    pub(crate) fn set_makes_futures(&self) {
        self.standing.set_makes_futures();
    }

    /// How the function was in the last finished slice; none while nobody has published that. It is published
    /// from the first time on that somebody asks.
    pub fn health(&self) -> Option<Health> {
        self.health.is_wanted.store(1, Relaxed);
        let slices = self.health.slices.load(Acquire);
        let numbers = self.health.numbers.load(Relaxed);
        let [p99, failed] = [(numbers >> 32) as u32, numbers as u32].map(f32::from_bits);
        (slices != 0).then_some(Health { slices, p99, failed })
    }

    /// Whether somebody has asked for the health.
    pub(crate) fn is_watched(&self) -> bool {
        self.health.is_wanted.load(Relaxed) != 0
    }

    /// Says how it was in the slice that is just over.
    pub(crate) fn publish(&self, p99: f32, failed: f32) {
        self.health.numbers.store(u64::from(p99.to_bits()) << 32 | u64::from(failed.to_bits()), Relaxed);
        self.health.slices.store(self.health.slices.load(Relaxed).wrapping_add(1).max(1), Release);
    }
}
