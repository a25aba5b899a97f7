//! What the system says at one moment.

use perf_core::__guard::{ResourceUse, resource_use};
use perf_core::{CgroupStats, MachineStats, Pressure, ThreadState};

use crate::surroundings::Surroundings;

/// See the module. Times are in nanoseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    pub(crate) at: u64,
    pub(crate) id: u32,
    pub(crate) used: Option<ResourceUse>,
    pub(crate) memory: Option<Memory>,
    pub(crate) open_files: Option<u64>,
    pub(crate) open_files_limit: Option<u64>,
    pub(crate) thread_count: Option<u64>,
    pub(crate) threads: Vec<Thread>,
    pub(crate) processors: Option<f64>,
    pub(crate) cgroup: Option<CgroupStats>,
    pub(crate) pressure: Pressure,
    pub(crate) machine: MachineStats,
}

/// In bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) resident: u64,
    pub(crate) virtual_size: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Thread {
    pub(crate) id: u64,
    /// When it began: ids are used again.
    pub(crate) begun: u64,
    pub(crate) name: String,
    pub(crate) state: ThreadState,
    /// CPU time in the program and in the kernel, to the system's ticks.
    pub(crate) user: u64,
    pub(crate) system: u64,
    /// All of it, exactly, and time that it waited for a processor, where the kernel tells.
    pub(crate) ran: Option<u64>,
    pub(crate) waited: Option<u64>,
    pub(crate) voluntary_switches: Option<u64>,
    pub(crate) involuntary_switches: Option<u64>,
    pub(crate) minor_faults: u64,
    pub(crate) major_faults: u64,
}

impl Reading {
    /// Everything at this moment, which is `at`.
    pub(crate) fn take(surroundings: &mut Surroundings, at: u64) -> Self {
        let mut reading = Self { at, id: std::process::id(), used: resource_use(), ..Self::default() };
        #[cfg(any(target_os = "linux", target_os = "android"))]
        crate::linux::read(&mut reading);
        surroundings.read(&mut reading);
        reading
    }
}
