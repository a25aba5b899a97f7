use std::time::Duration;

use super::{Durations, Window};

/// What kind of lock it is, and whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum LockKind {
    /// `std::sync::Mutex`.
    StdMutex,
    /// `std::sync::RwLock`.
    StdRwLock,
    /// `parking_lot::Mutex`.
    ParkingLotMutex,
    /// `parking_lot::RwLock`.
    ParkingLotRwLock,
    /// `tokio::sync::Mutex`.
    TokioMutex,
    /// `tokio::sync::RwLock`.
    TokioRwLock,
}

impl LockKind {
    /// In a word or two.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StdMutex => "std Mutex",
            Self::StdRwLock => "std RwLock",
            Self::ParkingLotMutex => "parking_lot Mutex",
            Self::ParkingLotRwLock => "parking_lot RwLock",
            Self::TokioMutex => "tokio Mutex",
            Self::TokioRwLock => "tokio RwLock",
        }
    }
}

/// The locks of one name and kind, added up.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LockStats {
    /// As it was given; `(other)`, where there were too many names.
    pub name: String,
    /// What they are.
    pub kind: LockKind,
    /// Locks that there are.
    pub locks: u64,
    /// How often one was taken by one alone, exact, as all counts are.
    pub exclusive: u64,
    /// How often one was taken to be shared.
    pub shared: u64,
    /// How often somebody had to wait for one, or began to.
    pub contended: u64,
    /// How often one could not be had at once, or in time, and was not waited for.
    pub refused: u64,
    /// How long those who had to wait did, every one of them.
    pub wait: Durations,
    /// How long locks were held. Estimated, so that its count need not be that of all: a thread times its first 64, then one
    /// in 64 at random, which stands for as many, and all that were waited for.
    pub hold: Durations,
    /// How many were timed for that.
    pub timed: u64,
    /// How many hold one at this moment. While threads take and leave them, it is right to what they are just doing.
    pub held: u64,
    /// How many wait for one at this moment, likewise.
    pub waiting: u64,
    pub(crate) windows: [LockWindow; 4],
}

/// What happened to locks in one of the rolling windows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LockWindow {
    /// The time that the window covers.
    pub span: Duration,
    /// How often one was taken, exact.
    pub acquired: u64,
    /// The same a second.
    pub rate: f64,
    /// How often somebody had to wait, exact.
    pub contended: u64,
}

impl LockWindow {
    /// So many in so much time.
    #[doc(hidden)]
    #[must_use]
    pub fn of(acquired: u64, contended: u64, span: Duration) -> Self {
        Self { span, acquired, rate: super::rate(acquired, span), contended }
    }
}

impl LockStats {
    /// Locks to which nothing has happened.
    #[doc(hidden)]
    #[must_use]
    pub fn new(name: String, kind: LockKind, windows: [LockWindow; 4]) -> Self {
        Self {
            name,
            kind,
            locks: 0,
            exclusive: 0,
            shared: 0,
            contended: 0,
            refused: 0,
            wait: Durations::default(),
            hold: Durations::default(),
            timed: 0,
            held: 0,
            waiting: 0,
            windows,
        }
    }

    /// How often one was taken, in whatever way, exact.
    #[must_use]
    pub fn acquired(&self) -> u64 {
        self.exclusive.saturating_add(self.shared)
    }

    /// What happened in one of the rolling windows.
    #[must_use]
    pub fn window(&self, window: Window) -> LockWindow {
        self.windows[window as usize]
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.name, self.kind) == (&other.name, other.kind)
    }

    /// What has happened since; what there is stays as it is now.
    pub(super) fn since(&self, then: &Self) -> Self {
        Self {
            exclusive: self.exclusive.saturating_sub(then.exclusive),
            shared: self.shared.saturating_sub(then.shared),
            contended: self.contended.saturating_sub(then.contended),
            refused: self.refused.saturating_sub(then.refused),
            timed: self.timed.saturating_sub(then.timed),
            wait: self.wait.since(&then.wait),
            hold: self.hold.since(&then.hold),
            ..self.clone()
        }
    }
}
