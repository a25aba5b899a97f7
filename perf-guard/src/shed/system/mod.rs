//! Reads the load off the system's files.

mod cpu;

#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(all(test, not(loom)))]
use std::path::Path;

use cpu::Cpu;
use perf_system::{Files, Places, memory};

use super::load::{Load, LoadSource};

/// CPU time is read each time, all else, which takes longer to read and to change, once in so many times.
const SELDOM: u64 = 5;

/// Where this process is, once in so many times: somebody may move it.
const VERY_SELDOM: u64 = 50 * SELDOM;

/// The system, as far as it can be read.
#[derive(Debug)]
pub(super) struct System {
    files: Files,
    places: Places,
    cpu: Cpu,
    /// How often it was read.
    turn: u64,
    load: Load,
}

impl System {
    /// This machine.
    pub(super) fn here(now: u64) -> Self {
        Self::new(Files::here(), now)
    }

    /// One whose files are below `root`.
    #[cfg(all(test, not(loom)))]
    fn below(root: &Path, now: u64) -> Self {
        Self::new(Files::below(root), now)
    }

    fn new(files: Files, now: u64) -> Self {
        let places = Places::here(&files);
        let cpu = Cpu::of(&places, now);
        Self { files, places, cpu, turn: 0, load: Load::default() }
    }

    /// The load by all sources that there are; `process` is the CPU time of this process, in nanoseconds, if that is
    /// known.
    pub(super) fn read(&mut self, now: u64, process: Option<u64>) -> Load {
        if self.turn % VERY_SELDOM == VERY_SELDOM - 1 {
            self.look_where_we_are(now);
        }
        if self.turn.is_multiple_of(SELDOM) {
            self.cpu.find_allowed(&self.files);
        }
        let cpu = self.cpu.read(now, &self.files, process);
        self.load = self.load.with(LoadSource::Cpu, cpu.share);
        if self.turn.is_multiple_of(SELDOM) {
            self.read_the_rest(cpu.part);
        }
        self.turn += 1;
        self.load
    }

    fn look_where_we_are(&mut self, now: u64) {
        let places = Places::here(&self.files);
        if places != self.places {
            self.files.close();
            self.cpu = Cpu::of(&places, now);
            self.places = places;
        }
    }

    /// `part` is that of this process in what the processors do.
    fn read_the_rest(&mut self, part: f64) {
        let (files, places) = (&self.files, &self.places);
        let waiting_for = |resource, part| memory::waiting_for(resource, files, places, part);
        self.load = self
            .load
            .with(LoadSource::Memory, memory::memory(files, places).map(|memory| memory.share()))
            .with(LoadSource::CpuPressure, waiting_for("cpu", part))
            .with(LoadSource::MemoryPressure, waiting_for("memory", 1.0))
            .with(LoadSource::IoPressure, waiting_for("io", 1.0));
    }
}
