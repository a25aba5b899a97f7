//! What is around the process: control groups, pressure, the machine.

use std::time::Duration;

use perf_core::{CgroupStats, MachineStats, MemoryUse, Pressure, Throttling};
use perf_system::parse::Processors;
use perf_system::{Files, Places, cpu, memory};

use crate::reading::Reading;

/// Where this process is, is looked up once in so many readings: somebody may move it.
const SELDOM: u32 = 30;

/// Where to read it.
#[derive(Debug)]
pub(crate) struct Surroundings {
    files: Files,
    places: Places,
    groups: Vec<cpu::Group>,
    turn: u32,
}

impl Surroundings {
    /// This machine's.
    pub(crate) fn here() -> Self {
        Self::of(Files::here())
    }

    pub(crate) fn of(files: Files) -> Self {
        let places = Places::here(&files);
        Self { groups: cpu::Group::all(&places), places, files, turn: 0 }
    }

    pub(crate) fn read(&mut self, reading: &mut Reading) {
        self.turn += 1;
        if self.turn.is_multiple_of(SELDOM) {
            self.look_where_we_are();
        }
        let read = |file: &str| self.files.read(file);
        reading.processors = read("/proc/self/status").and_then(|status| Processors::allowed(&status)?.count());
        let of_machine = memory::machine(&self.files).map(used);
        reading.machine = MachineStats {
            processors: read("/sys/devices/system/cpu/online").and_then(|list| Processors::listed(&list)?.count()),
            memory: of_machine,
            ..reading.machine
        };
        reading.cgroup = self.cgroup(of_machine);
        let waiting_for = |resource| memory::waiting_for(resource, &self.files, &self.places, 1.0);
        reading.pressure = Pressure { cpu: waiting_for("cpu"), memory: waiting_for("memory"), io: waiting_for("io") };
    }

    fn look_where_we_are(&mut self) {
        let places = Places::here(&self.files);
        if places != self.places {
            self.files.close();
            self.groups = cpu::Group::all(&places);
            self.places = places;
        }
    }

    /// The lowest quota, how the group that has it was held up, and the memory that is nearest to its limit.
    fn cgroup(&self, machine: Option<MemoryUse>) -> Option<CgroupStats> {
        self.files.read("/proc/self/cgroup")?;
        let with_quota = self.groups.iter().filter_map(|group| Some((group, group.quota(&self.files)?)));
        let lowest = with_quota.min_by(|(_, one), (_, other)| one.total_cmp(other));
        let throttling = lowest.and_then(|(group, _)| group.throttling(&self.files)).map(|of| Throttling {
            periods: of.periods,
            throttled: of.throttled,
            time: Duration::from_nanos(of.nanos),
            share: None,
        });
        let total = machine.map(|machine| machine.limit);
        let memory = memory::limited(&self.files, &self.places, total).map(used);
        Some(CgroupStats { cpus: lowest.map(|(_, quota)| quota), throttling, memory })
    }
}

fn used(of: memory::Usage) -> MemoryUse {
    MemoryUse { used: of.used, limit: of.limit }
}
