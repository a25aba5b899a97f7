//! The thread that measures, and tells shedders what to go by.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Duration;

use once_cell::race::OnceBox;
use perf_core::__guard::{forks, nanos, process_cpu_nanos};

use super::core::{Core, Memory};
use super::system::System;
use crate::primitive::lock;

/// The interval of `CoDel`, in which at least one call should have found the queue empty. Shorter, and the quotas of
/// control groups, which are of as many milliseconds each, show as swings.
const EVERY: Duration = Duration::from_millis(100);

/// One thread, and the shedders that wait for what it measures. A process has one while there are shedders; a forked
/// child, in which the thread is not, and in which the lock may be taken for ever, makes one of its own.
#[derive(Debug)]
struct Sampler {
    /// The process that it is of, by its [`forks`] and one; 0 where it is nobody's yet.
    process: AtomicU32,
    told: Mutex<Told>,
    /// Of a child.
    next: OnceBox<Sampler>,
}

#[derive(Debug)]
struct Told {
    shedders: Vec<Watched>,
    has_thread: bool,
}

/// A shedder, and what of it nobody but the sampler needs to know.
#[derive(Debug)]
struct Watched {
    core: Weak<Core>,
    memory: Memory,
}

static FIRST: Sampler = Sampler::new();

/// Tells a shedder what to go by from now on, while there is one. False where there is no thread to do it.
pub(super) fn watch(core: &Arc<Core>) -> bool {
    Sampler::ours().add(core)
}

impl Sampler {
    const fn new() -> Self {
        let told = Mutex::new(Told { shedders: Vec::new(), has_thread: false });
        Self { process: AtomicU32::new(0), told, next: OnceBox::new() }
    }

    /// This process' own.
    fn ours() -> &'static Self {
        let process = forks().wrapping_add(1);
        let mut sampler = &FIRST;
        loop {
            match sampler.process.compare_exchange(0, process, Relaxed, Relaxed) {
                Ok(_) => return sampler,
                Err(known) if known == process => return sampler,
                Err(_) => sampler = sampler.next.get_or_init(|| Box::new(Self::new())),
            }
        }
    }

    fn add(&'static self, core: &Arc<Core>) -> bool {
        let mut told = lock(&self.told);
        if !told.has_thread {
            let started = thread::Builder::new().name("perf-load".to_owned()).spawn(move || self.run());
            told.has_thread = started.is_ok();
        }
        if told.has_thread {
            told.shedders.push(Watched { core: Arc::downgrade(core), memory: Memory::default() });
        }
        told.has_thread
    }

    fn run(&self) {
        let mut system = System::here(nanos());
        while self.goes_on() {
            // A panic of whoever listens to events must not end the measuring.
            let _ = catch_unwind(AssertUnwindSafe(|| self.turn(&mut system)));
            thread::sleep(EVERY);
        }
    }

    /// Nobody can come between looking for shedders and saying that there is no thread.
    fn goes_on(&self) -> bool {
        let mut told = lock(&self.told);
        told.shedders.retain(|watched| watched.core.strong_count() > 0);
        told.has_thread = !told.shedders.is_empty();
        told.has_thread
    }

    fn turn(&self, system: &mut System) {
        let now = nanos();
        let load = system.read(now, process_cpu_nanos());
        // Who hears of a change is foreign code, and is told under no lock.
        let mut shedders = std::mem::take(&mut lock(&self.told).shedders);
        for watched in &mut shedders {
            if let Some(core) = watched.core.upgrade() {
                let _ = catch_unwind(AssertUnwindSafe(|| core.go_by(load, now, &mut watched.memory)));
            }
        }
        lock(&self.told).shedders.append(&mut shedders);
    }
}
