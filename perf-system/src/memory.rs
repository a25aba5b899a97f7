//! Memory against its limit, and pressure.

use std::path::{Path, PathBuf};

use crate::Files;
use crate::parse::{keyed, number, pressure};
use crate::places::{Controlled, Places};

/// Memory in use, and how much there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Bytes in use, without what the kernel can drop at once.
    pub used: u64,
    /// Bytes that there may be.
    pub limit: u64,
}

impl Usage {
    /// What is in use, as a share of what there may be.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.used as f64 / self.limit.max(1) as f64
    }
}

/// Of the control group that has used most of its limit; without a limit, of the machine.
#[must_use]
pub fn memory(files: &Files, places: &Places) -> Option<Usage> {
    limited(files, places, total(files)).or_else(|| machine(files))
}

/// Of the machine.
#[must_use]
pub fn machine(files: &Files) -> Option<Usage> {
    let available = of_machine(files, "MemAvailable")?;
    let limit = total(files)?;
    Some(Usage { used: limit.saturating_sub(available), limit })
}

/// All memory of the machine, in bytes.
#[must_use]
pub fn total(files: &Files) -> Option<u64> {
    of_machine(files, "MemTotal")
}

fn of_machine(files: &Files, key: &str) -> Option<u64> {
    keyed(&files.read("/proc/meminfo")?, key).map(|kilobytes| kilobytes.saturating_mul(1024))
}

/// Of the control group that has used most of its limit. What is not less than the machine's `total` is no limit: the
/// first version has a number for that.
#[must_use]
pub fn limited(files: &Files, places: &Places, total: Option<u64>) -> Option<Usage> {
    let groups = groups(files, places).filter(|group| group.limit < total.unwrap_or(u64::MAX));
    groups.max_by(|one, other| one.share().total_cmp(&other.share()))
}

fn groups(files: &Files, places: &Places) -> impl Iterator<Item = Usage> {
    let (dirs, [limit, current, inactive]) = match &places.memory {
        Controlled::First(memory) => {
            (&memory.dirs, ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"])
        }
        Controlled::Second(memory) => (&memory.dirs, ["memory.max", "memory.current", "inactive_file"]),
    };
    dirs.iter().filter_map(move |dir| {
        let limit = number(&files.read(dir.join(limit))?)?;
        let current = number(&files.read(dir.join(current))?)?;
        let stat = files.read(dir.join("memory.stat"));
        let inactive = stat.and_then(|stat| keyed(&stat, inactive)).unwrap_or(0);
        Some(Usage { used: current.saturating_sub(inactive), limit })
    })
}

/// The share of time in which some task of this control group waited for a `resource`; where that cannot be read,
/// some task of the machine, of which this process has this part.
#[must_use]
pub fn waiting_for(resource: &str, files: &Files, places: &Places, part: f64) -> Option<f64> {
    let read = |file: PathBuf| pressure(&files.read(file)?);
    let own = places.unified.dirs.first().and_then(|dir| read(dir.join(format!("{resource}.pressure"))));
    own.or_else(|| Some(part * read(Path::new("/proc/pressure").join(resource))?))
}
