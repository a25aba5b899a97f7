//! Reads the load off the system's files.

mod cpu;
mod memory;
mod parse;
mod places;

#[cfg(all(test, not(loom)))]
mod tests;

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use cpu::Cpu;
use places::Places;

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

/// The files below a directory that stands for the root; none where the system has no such files.
///
/// They stay open: a process that is overloaded may well have no descriptor left to open them with.
#[derive(Debug)]
struct Files {
    root: Option<PathBuf>,
    open: RefCell<HashMap<PathBuf, File>>,
}

impl Files {
    fn new(root: Option<PathBuf>) -> Self {
        Self { root, open: RefCell::default() }
    }

    /// None where there is no such file, or it is not to be read.
    fn read(&self, file: impl AsRef<Path>) -> Option<String> {
        let (root, file) = (self.root.as_ref()?, file.as_ref());
        let mut open = self.open.borrow_mut();
        if let Some(known) = open.get_mut(file) {
            if let Some(text) = text_of(known) {
                return Some(text);
            }
            open.remove(file);
        }
        let mut opened = File::open(root.join(file.strip_prefix("/").unwrap_or(file))).ok()?;
        let text = text_of(&mut opened)?;
        open.insert(file.to_owned(), opened);
        Some(text)
    }

    fn close(&self) {
        self.open.borrow_mut().clear();
    }
}

fn text_of(file: &mut File) -> Option<String> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.read_to_string(&mut text).ok()?;
    Some(text)
}

impl System {
    /// This machine.
    pub(super) fn here(now: u64) -> Self {
        let has_files = cfg!(any(target_os = "linux", target_os = "android"));
        Self::new(Files::new(has_files.then(|| PathBuf::from("/"))), now)
    }

    /// One whose files are below `root`.
    #[cfg(all(test, not(loom)))]
    fn below(root: &Path, now: u64) -> Self {
        Self::new(Files::new(Some(root.to_owned())), now)
    }

    fn new(files: Files, now: u64) -> Self {
        let places = find(&files);
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
        let places = find(&self.files);
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
            .with(LoadSource::Memory, memory::memory(files, places))
            .with(LoadSource::CpuPressure, waiting_for("cpu", part))
            .with(LoadSource::MemoryPressure, waiting_for("memory", 1.0))
            .with(LoadSource::IoPressure, waiting_for("io", 1.0));
    }
}

fn find(files: &Files) -> Places {
    let read = |file| files.read(file).unwrap_or_default();
    Places::of(&read("/proc/self/cgroup"), &read("/proc/self/mountinfo"))
}
