//! The CPU time that control groups may have.

use std::path::{Path, PathBuf};

use crate::Files;
use crate::parse::{keyed, number, quota, quota_of};
use crate::places::{Controlled, Places};

/// Where a control group that may have a quota says so.
#[derive(Debug)]
pub struct Group {
    dir: PathBuf,
    /// Where the first version counts what was used; none in the second, which has all in one place.
    usage: Option<PathBuf>,
}

/// How a control group's quota has held it up since it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttling {
    /// Periods in which some of its threads wanted to run.
    pub periods: u64,
    /// Those of them in which the quota was used up.
    pub throttled: u64,
    /// Nanoseconds in which threads were kept from running.
    pub nanos: u64,
}

impl Group {
    /// The control groups of `places`, the innermost first.
    #[must_use]
    pub fn all(places: &Places) -> Vec<Self> {
        match &places.cpu {
            Controlled::First(cpu) => {
                let both = cpu.dirs.iter().zip(&places.cpu_usage.dirs);
                both.map(|(dir, usage)| Self { dir: dir.clone(), usage: Some(usage.clone()) }).collect()
            }
            Controlled::Second(cpu) => cpu.dirs.iter().map(|dir| Self { dir: dir.clone(), usage: None }).collect(),
        }
    }

    /// The quota in processors; none where there is none.
    #[must_use]
    pub fn quota(&self, files: &Files) -> Option<f64> {
        let read = |file: &str| files.read(self.dir.join(file));
        match self.usage {
            Some(_) => quota_of(&read("cpu.cfs_quota_us")?, &read("cpu.cfs_period_us")?),
            None => quota(&read("cpu.max")?),
        }
    }

    /// The CPU time that was used, in nanoseconds.
    #[must_use]
    pub fn used(&self, files: &Files) -> Option<u64> {
        match &self.usage {
            Some(usage) => number(&files.read(usage.join("cpuacct.usage"))?),
            None => Some(keyed(&files.read(self.stat())?, "usage_usec")?.saturating_mul(1000)),
        }
    }

    /// How its quota has held it up.
    #[must_use]
    pub fn throttling(&self, files: &Files) -> Option<Throttling> {
        let stat = files.read(self.stat())?;
        let of = |key| keyed(&stat, key);
        let nanos = match self.usage {
            Some(_) => of("throttled_time")?,
            None => of("throttled_usec")?.saturating_mul(1000),
        };
        Some(Throttling { periods: of("nr_periods")?, throttled: of("nr_throttled")?, nanos })
    }

    fn stat(&self) -> impl AsRef<Path> + use<> {
        self.dir.join("cpu.stat")
    }
}
