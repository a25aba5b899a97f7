//! Memory against its limit, and pressure.

use std::path::{Path, PathBuf};

use super::Files;
use super::parse::{keyed, number, pressure};
use super::places::{Controlled, Places};

/// The share of the limit of the control group that has used most of its own, without what the kernel can drop at once;
/// without a limit, of the machine's memory.
pub(super) fn memory(files: &Files, places: &Places) -> Option<f64> {
    let meminfo = files.read("/proc/meminfo");
    let of_machine = |key| keyed(meminfo.as_deref()?, key).map(|kilobytes| kilobytes.saturating_mul(1024));
    let total = of_machine("MemTotal");
    let limited = |group: &Group| group.limit < total.unwrap_or(u64::MAX);
    let groups = groups(files, places).filter(limited).map(|group| share(group.used, group.limit));
    groups.max_by(f64::total_cmp).or_else(|| {
        let (total, available) = (total?, of_machine("MemAvailable")?);
        Some(share(total.saturating_sub(available), total))
    })
}

/// A control group with a limit, or with one that is none: the first version has a number for that.
struct Group {
    used: u64,
    limit: u64,
}

fn groups(files: &Files, places: &Places) -> impl Iterator<Item = Group> {
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
        Some(Group { used: current.saturating_sub(inactive), limit })
    })
}

fn share(used: u64, limit: u64) -> f64 {
    used as f64 / limit.max(1) as f64
}

/// The share of time in which some task of this control group waited for a `resource`; where that cannot be read,
/// some task of the machine, of which this process has this part.
pub(super) fn waiting_for(resource: &str, files: &Files, places: &Places, part: f64) -> Option<f64> {
    let read = |file: PathBuf| pressure(&files.read(file)?);
    let own = places.unified.dirs.first().and_then(|dir| read(dir.join(format!("{resource}.pressure"))));
    own.or_else(|| Some(part * read(Path::new("/proc/pressure").join(resource))?))
}
