//! CPU time of sampled calls: the thread's CPU clock beside the ticks, where somebody asks for it.
//!
//! Reading that clock is a system call, so only some of the sampled calls of those functions do that
//! were asked for it ([`Site::cpu_every`](crate::callsite::Site::cpu_every)). It is read just outside of the ticks: what it costs is not
//! part of the call's own time, and is taken off that of the calls around it.

use std::cell::{Cell, OnceCell};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use super::attention::{ATTENTION, CPU};
use super::platform::thread_cpu_nanos;
use super::sample::{Kind, Slot};
use super::strand::{FRAMES, Strand, make};
use super::tally::Tally;
use crate::callsite::UNDECIDED;

/// Ticks that a call whose CPU time is read costs those around it, more than a sample's: measured by the aggregator,
/// zero before.
pub(crate) static READ_TICKS: AtomicU32 = AtomicU32::new(0);

/// Nanoseconds of a tick, as the bits of an `f64`; zero before the aggregator knows them.
static NANOS_PER_TICK: AtomicU64 = AtomicU64::new(0);

/// Sampled calls of one function on one thread that are asked before it is known whether they are worth it.
const FIRST: u64 = 64;

/// Says how long a tick is.
pub(crate) fn set_nanos_per_tick(nanos: f64) {
    NANOS_PER_TICK.store(nanos.to_bits(), Relaxed);
}

/// Sends sampled calls of all functions where it is decided whether their CPU time is read.
pub(crate) fn want() {
    ATTENTION.fetch_or(CPU, Relaxed);
}

/// Whether CPU time is, or ever was, wanted of any function.
pub(crate) fn is_wanted() -> bool {
    ATTENTION.load(Relaxed) & CPU != 0
}

/// What the CPU clock said when something began.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    clock: u64,
    /// Ticks that samples had cost those around them by then.
    cost: u64,
}

/// CPU nanoseconds, and how many sampled calls they stand for.
#[derive(Clone, Copy)]
pub(super) struct Used {
    pub(super) nanos: u64,
    pub(super) every: u32,
}

/// One strand's part in it: of each open frame, the reading at its beginning and how many sampled calls it stands for;
/// none stand for 0. Made by the first call that is asked.
pub(super) struct Readings(OnceCell<Box<[Cell<Begun>]>>);

/// A reading, and how many sampled calls it stands for.
type Begun = (Reading, u32);

impl Readings {
    pub(super) fn new() -> Self {
        Self(OnceCell::new())
    }
}

impl Strand {
    /// Reads the CPU clock, if there is one.
    pub(super) fn read_cpu(&self) -> Option<Reading> {
        let cost = self.cost();
        thread_cpu_nanos().map(|clock| Reading { clock, cost })
    }

    /// CPU nanoseconds since `begin`, less what samples took of them meanwhile.
    pub(super) fn used_since(&self, begin: Reading) -> Option<u64> {
        let end = thread_cpu_nanos()?;
        let cost = self.cost() - begin.cost;
        let measuring = cost as f64 * f64::from_bits(NANOS_PER_TICK.load(Relaxed));
        Some(end.saturating_sub(begin.clock).saturating_sub(measuring as u64))
    }

    /// How many sampled calls one stands for, the running one, whose CPU time is read; none where another one's turn is
    /// next.
    pub(super) fn draw_cpu(&self, tally: &Tally) -> Option<u32> {
        match tally.site.cpu_every() {
            0 => None,
            UNDECIDED => (tally.sampled.load(Relaxed) < FIRST).then_some(1),
            every => (every == 1 || self.random().is_multiple_of(u64::from(every))).then_some(every),
        }
    }

    /// A sampled call of `tally` opened the frame `token`: reads the clock if it is its turn.
    pub(super) fn begin_cpu(&self, token: u32, tally: &Tally) {
        let at = token as usize - 1;
        let Some(every) = self.draw_cpu(tally) else {
            if let Some(begun) = self.cpu.0.get() {
                begun[at].set((Reading { clock: 0, cost: 0 }, 0));
            }
            return;
        };
        if self.cpu.0.get().is_none() {
            let none = || (0..FRAMES).map(|_| Cell::new((Reading { clock: 0, cost: 0 }, 0))).collect();
            if let Some(made) = self.at_no_cost(|| make(none)) {
                // Nobody else makes one: the thread is at nothing else meanwhile.
                let _ = self.cpu.0.set(made);
            }
        }
        if let (Some(begun), Some(reading)) = (self.cpu.0.get(), self.read_cpu()) {
            begun[at].set((reading, every));
        }
    }

    /// CPU time of the call that has the frame `token`, where it is known.
    pub(super) fn end_cpu(&self, token: u32) -> Option<Used> {
        let begun = self.cpu.0.get()?.get(token as usize - 1)?;
        let (reading, every) = begun.get();
        if every == 0 {
            return None;
        }
        begun.set((reading, 0));
        Some(Used { nanos: self.used_since(reading)?, every })
    }

    /// Hands over a sample whose CPU time is known.
    #[cold]
    pub(super) fn emit_used(&self, tally: &Tally, call: Slot, nested: u64, used: Used) {
        self.add_cost(u64::from(READ_TICKS.load(Relaxed)));
        let weight = call.weight.saturating_mul(used.every);
        let cpu = Slot { kind: Kind::Cpu, weight, ticks: used.nanos, ..call };
        if nested == 0 {
            self.emit(tally, &[call.pack(), cpu.pack()]);
        } else {
            let nested = Slot { kind: Kind::Nested, ticks: nested, ..call };
            self.emit(tally, &[call.pack(), nested.pack(), cpu.pack()]);
        }
    }
}
