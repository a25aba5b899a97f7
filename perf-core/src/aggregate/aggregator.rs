use std::sync::Arc;
use std::time::Duration;

use quanta::Clock;

use super::budget::{self, Demand};
use super::cost::{self, Costs};
use super::cpu::Cpu;
use super::cpu_time::{CpuClock, CpuSums, ScheduledSums};
use super::entry::Entry;
use super::function::FutureSums;
use super::reading::{Overview, Reading};
use super::slice::{Slice, Sums};
use super::slowest::{Scale, TailReading};
use super::timeline::{Layout, Timeline};
use super::trees::Trees;
use crate::call::sample::{Kind, Slot};
use crate::call::{census, clock, cpu, platform};
use crate::callsite::registered;
use crate::config::{self, Config};
use crate::snapshot::Trace;

const SECOND: u64 = 1_000_000_000;

/// Samples of one function between two drains from which on it is slowed down at once, whatever
/// the averages say: its load has just stepped up.
const BURST: u32 = 1024;

/// The background thread rests at least so long, whatever is due.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);

/// See the module.
pub(crate) struct Aggregator {
    /// What only exists once something was measured.
    state: Option<Box<State>>,
}

struct State {
    clock: &'static Clock,
    config: Arc<Config>,
    costs: Costs,
    /// Ticks when the first drain began.
    origin: u64,
    sites: Vec<Entry>,
    scratch: Slice,
    /// Of the windows, in nanoseconds since `origin`.
    timeline: Timeline,
    /// The second in which the file was last looked at.
    looked: u64,
    /// Time of the last steering, in nanoseconds since `origin`.
    steered: u64,
    cpu: Cpu,
    recorded: u64,
    cpu_clock: CpuClock,
    trees: Trees,
}

impl Aggregator {
    pub(super) const fn new() -> Self {
        Self { state: None }
    }

    /// Drains and turns; steers where it is time. Gives the time until it is due again.
    pub(super) fn tick(&mut self, steer: bool) -> Duration {
        let state = self.state();
        state.learn();
        state.drain();
        let now = state.now();
        // Not before draining: what has happened until now is the old windows'.
        state.adopt(config::current(), now);
        let due = now.saturating_sub(state.steered) >= state.config.drain_every.as_nanos() as u64;
        if due || state.timeline.is_due(now) {
            if now / SECOND > state.looked {
                state.looked = now / SECOND;
                config::reload();
            }
            state.turn(now);
            if steer {
                state.steer(now);
            }
        }
        let turn = Duration::from_nanos(state.trees.turn(now));
        state.timeline.left(now).min(turn).clamp(SHORTEST_PAUSE, state.config.drain_every)
    }

    /// Takes in all that the rings hold.
    pub(crate) fn drain(&mut self) {
        self.tick(false);
    }

    /// Ends the running stretch of the slowest calls.
    pub(crate) fn begin_stretch(&mut self) {
        self.state().turn_tails();
    }

    /// Everything, at this moment.
    pub(crate) fn read(&mut self) -> (Vec<Reading>, Overview) {
        self.tick(false);
        self.state().read()
    }

    /// The traces that are kept, at this moment.
    pub(crate) fn traces(&mut self) -> Vec<Trace> {
        self.tick(false);
        self.state().trees.recent()
    }

    /// Somebody else has spent so many nanoseconds of CPU time on measuring.
    pub(crate) fn spent(&mut self, nanos: u64) {
        self.state().cpu.charge(nanos);
    }

    fn state(&mut self) -> &mut State {
        self.state.get_or_insert_with(|| Box::new(State::new()))
    }
}

impl State {
    fn new() -> Self {
        let origin = clock::ticks();
        let clock = clock::calibrated();
        let process = platform::process_cpu_nanos().unwrap_or(0);
        let config = config::current();
        let mut state = Self {
            clock,
            timeline: Timeline::new(Layout::of(&config.windows), 0),
            trees: Trees::new(&config),
            config: config.clone(),
            cpu_clock: CpuClock::default(),
            costs: Costs::default(),
            origin,
            sites: Vec::new(),
            scratch: Slice::new(),
            looked: 0,
            steered: 0,
            cpu: Cpu { process_start: 0, process_seen: process, drain: 10.0, ..Cpu::default() },
            recorded: 0,
        };
        let mut early = Vec::new();
        state.costs = cost::measure(clock, &mut |slot| early.push(slot));
        state.measure_cpu_clock(&mut early);
        state.learn();
        let mut decoder = Decoder::default();
        for slot in early {
            state.take(&mut decoder, slot);
        }
        state.watch(&config);
        state
    }

    /// Finds out what the CPU clock costs, if somebody wants CPU time.
    fn measure_cpu_clock(&mut self, others: &mut Vec<[u64; 2]>) {
        if cpu::is_wanted() {
            self.cpu_clock.measure(self.clock, &mut |slot| others.push(slot));
        }
    }

    fn now(&self) -> u64 {
        self.clock.delta_as_nanos(self.origin, clock::ticks())
    }

    /// Learns of new sites.
    fn learn(&mut self) {
        let now = self.now();
        for site in registered(self.sites.len()) {
            self.sites.push(Entry::new(site, &self.config, self.trees.are_wanted(), now));
        }
    }

    /// Goes on under `config`.
    fn adopt(&mut self, config: Arc<Config>, now: u64) {
        if Arc::ptr_eq(&config, &self.config) {
            if self.trees.are_out_of_date(&config) {
                // Somebody asks for traces, or no more.
                self.watch(&config);
            }
            return;
        }
        let layout = Layout::of(&config.windows);
        if layout != self.timeline.layout() {
            self.turn(now);
            self.timeline = Timeline::new(layout, now);
            for function in self.sites.iter_mut().filter_map(|entry| entry.function.as_mut()) {
                function.begin_windows(layout);
            }
        }
        self.watch(&config);
        if self.config.tail != config.tail {
            self.turn_tails();
        }
        self.config = config;
        for entry in self.sites.iter_mut().filter(|entry| !cost::is_ours(entry.site)) {
            self.config.admit(entry.site);
            entry.is_steered = self.config.steers(entry.site);
            entry.priority = self.config.priority(entry.site);
        }
    }

    /// Makes call trees from now on, or no more.
    fn watch(&mut self, config: &Config) {
        let is_wanted = Trees::are_wanted_by(config);
        if is_wanted != self.trees.are_wanted() {
            let counts = census::counts(&registered(0));
            for (entry, counts) in self.sites.iter_mut().zip(counts) {
                entry.watch(is_wanted, counts.calls);
            }
        }
        self.trees.set(config, &mut self.costs, self.clock);
    }

    fn drain(&mut self) {
        let cpu = platform::thread_cpu_nanos();
        let before = self.slots();
        let mut early = Vec::new();
        self.measure_cpu_clock(&mut early);
        let mut decoder = Decoder::default();
        for slot in early {
            self.take(&mut decoder, slot);
        }
        census::drain(&mut |slot| self.take(&mut decoder, slot));
        self.trees.drain(self.scale());
        let drained = self.slots() - before;
        for entry in &mut self.sites {
            if entry.burst > BURST && entry.is_steered {
                entry.site.steer(entry.site.interval().max(1).saturating_mul(4).min(crate::call::LONGEST));
            }
            entry.burst = 0;
            entry.decide_cpu_time(&self.cpu_clock);
        }
        if let (Some(before), Some(after)) = (cpu, platform::thread_cpu_nanos()) {
            let spent = after.saturating_sub(before);
            self.cpu.charge(spent);
            if drained > 256 {
                self.cpu.drain += 0.1 * (spent as f64 / drained as f64 - self.cpu.drain);
            }
        }
    }

    /// Samples taken in so far, and calls in traces: taking in one of either costs about the same.
    fn slots(&self) -> u64 {
        self.recorded + self.trees.traced()
    }

    /// One slot of a ring.
    #[inline(always)]
    fn take(&mut self, decoder: &mut Decoder, slot: [u64; 2]) {
        let slot = Slot::unpack(slot);
        if slot.site as usize >= self.sites.len() {
            self.learn();
        }
        let Some(entry) = self.sites.get_mut(slot.site as usize) else { return };
        let nanos = |ticks: u64| self.clock.delta_as_nanos(0, ticks);
        match slot.kind {
            Kind::Call => {
                self.recorded += 1;
                if cost::is_ours(entry.site) {
                    return;
                }
                entry.burst += 1;
                let ticks = slot.ticks as i64 - self.costs.inside_ticks;
                *decoder = Decoder { weight: slot.weight, ticks, polls: 0, busy: 0 };
                if let Some(objective) = &mut entry.objective {
                    objective.timed(nanos(ticks.max(0) as u64), slot.weight);
                }
                entry.function(&self.config, self.timeline.layout()).record(self.clock, ticks, slot.weight);
            }
            Kind::Nested => {
                if let Some(function) = &mut entry.function {
                    function.nested(nanos(slot.ticks), decoder.weight);
                }
            }
            Kind::Future => {
                if let Some(function) = &mut entry.function {
                    // Each poll was between two readings of the clock of its own.
                    let readings = self.costs.inside_ticks.max(0) as u64 * u64::from(slot.weight);
                    decoder.polls = slot.weight;
                    decoder.busy = nanos(slot.ticks.saturating_sub(readings));
                    function.polled(decoder.busy, slot.weight, decoder.weight);
                }
            }
            Kind::Wait => entry.function(&self.config, self.timeline.layout()).waited(nanos(slot.ticks), slot.weight),
            Kind::Cpu => {
                let cpu = self.cpu_clock.nanos(slot.ticks, decoder.polls.max(1));
                let wall = decoder.wall(self.clock);
                let busy = if decoder.polls == 0 { wall } else { decoder.busy as f64 };
                if let Some(function) = &mut entry.function {
                    function.cpu.record(slot.weight, [wall, busy, cpu]);
                }
            }
            Kind::Scheduled => {
                self.cpu_clock.attended(decoder.polls);
                if let Some(function) = &mut entry.function {
                    let times = [decoder.wall(self.clock), decoder.busy as f64, nanos(slot.ticks) as f64];
                    let longest = nanos(f32::from_bits(slot.weight) as u64);
                    function.scheduled.record(decoder.weight, times, longest);
                }
            }
        }
    }

    /// Adds what was counted since the last time to the running slice, and ends it if it is over.
    fn turn(&mut self, now: u64) {
        let counts = census::counts(&registered(0));
        for (entry, counts) in self.sites.iter_mut().zip(counts) {
            let (calls, failed) = counts.since(&entry.seen);
            entry.seen = counts;
            entry.forget_long(now);
            if (calls != 0 || failed != 0) && !cost::is_ours(entry.site) {
                // Also where none was timed yet: windows are of all calls.
                entry.function(&self.config, self.timeline.layout()).counted(calls, failed);
            }
            if let Some(objective) = &mut entry.objective {
                objective.counted(calls, failed);
                objective.turn(now);
            }
        }
        // After a long sleep, slices in which nothing was looked at are empty.
        for number in self.timeline.finish(now) {
            for entry in &mut self.sites {
                let Some(function) = entry.function.as_mut() else { continue };
                if entry.site.is_watched() {
                    let (p99, failed) = function.health();
                    entry.site.publish(p99, failed);
                }
                function.finish_slice(number, &mut self.scratch);
            }
            if (number + 1).is_multiple_of(self.timeline.layout().stretches().0) {
                self.turn_tails();
            }
        }
    }

    /// A stretch of the slowest calls is over.
    fn turn_tails(&mut self) {
        let (scale, keep) = (self.scale(), self.config.tail as usize);
        let (_, stretches) = self.timeline.layout().stretches();
        for entry in &mut self.sites {
            entry.slowest.turn(entry.site, scale, keep, stretches);
        }
    }

    fn scale(&self) -> Scale {
        Scale { clock: self.clock, origin: self.origin, inside: self.costs.inside_ticks }
    }

    fn steer(&mut self, now: u64) {
        let cpu = platform::thread_cpu_nanos();
        let seconds = now.saturating_sub(self.steered) as f64 / SECOND as f64;
        self.steered = now;
        if seconds <= 0.0 {
            return;
        }
        let mut fixed = self.cpu.measure(self.slots(), seconds);
        let per_sample = self.costs.sample + self.cpu.drain;
        let mut demands = Vec::with_capacity(self.sites.len());
        let mut rates = Vec::with_capacity(self.sites.len());
        for entry in &mut self.sites {
            let calls = entry.seen.calls.saturating_sub(entry.steered.calls);
            let sampled = entry.seen.sampled.saturating_sub(entry.steered.sampled);
            entry.steered = entry.seen;
            let rate = entry.rate.update(calls as f64, seconds);
            entry.sample_rate.update(sampled as f64, seconds);
            if !entry.is_steered {
                fixed += sampled as f64 / seconds * per_sample;
            }
            rates.push((entry.site, rate));
            demands.push(Demand { rate: if entry.is_steered { rate } else { 0.0 }, priority: entry.priority });
        }
        let share = budget::allowance(self.config.budget, self.cpu.process.get() / 1e9, fixed);
        let prices = self.trees.prices(self.clock, &self.costs, self.cpu.drain);
        let trees = self.trees.steer(&rates, share, prices, seconds);
        let cpu_time = self.cpu_clock.cost(seconds);
        let allowance = (share - trees - cpu_time).max(0.0);
        let level = budget::level(&demands, allowance / per_sample, self.config.floor, self.config.ceiling);
        for (entry, demand) in self.sites.iter().zip(demands) {
            if demand.rate <= 0.0 {
                continue;
            }
            let interval = budget::interval(demand, level);
            if budget::differs(entry.site.interval(), interval) {
                entry.site.steer(interval);
            }
        }
        self.steer_cpu_time(share);
        if let (Some(before), Some(after)) = (cpu, platform::thread_cpu_nanos()) {
            self.cpu.charge(after.saturating_sub(before));
        }
    }

    /// Decides of which samples the CPU time is read. `allowance` is what all of measuring may cost.
    fn steer_cpu_time(&mut self, allowance: f64) {
        // Of those that nobody has seen yet it stays open.
        let asks = |entry: &Entry| entry.site.wants_cpu() && entry.is_sampled();
        let asked: Vec<_> =
            self.sites.iter().map(|entry| asks(entry).then(|| entry.asked(entry.sample_rate.get()))).collect();
        let allowance = self.config.budget_in_force().map(|_| allowance);
        let intervals = self.cpu_clock.intervals(&asked, allowance, self.config.ceiling);
        for ((entry, asked), every) in self.sites.iter().zip(asked).zip(intervals) {
            if asked.is_some() && budget::differs(entry.site.cpu_every(), every) {
                entry.site.set_cpu_every(every);
            }
        }
    }

    fn read(&mut self) -> (Vec<Reading>, Overview) {
        // There may be traces of functions that were first called since the tick began.
        self.learn();
        let counts = census::counts(&registered(0));
        let (now, scale) = (self.now(), self.scale());
        let mut readings = Vec::with_capacity(self.sites.len());
        for (index, (entry, counts)) in self.sites.iter_mut().zip(counts).enumerate() {
            if cost::is_ours(entry.site) {
                continue;
            }
            let mut reading = Reading {
                site: entry.site,
                index: index as u32,
                counts,
                watched: entry.watched(counts.calls),
                sums: Sums::default(),
                risen: 0.0,
                min: 0,
                out_of_range: 0,
                recorded: None,
                future: FutureSums::default(),
                cpu: CpuSums::default(),
                scheduled: ScheduledSums::default(),
                windows: None,
                running: None,
                peak: (0.0, 0.0),
                interval: entry.site.interval(),
                objective: entry.objective.as_ref().map(|objective| {
                    let (calls, failed) = counts.since(&entry.seen);
                    objective.read(now, calls, failed)
                }),
                tail: TailReading::of(entry.site, &entry.slowest, scale),
            };
            let tells = self.cpu_clock.is_worth(&entry.asked(0.0));
            if let Some(function) = &mut entry.function {
                reading.sums = function.lifetime();
                reading.sums.calls = counts.calls;
                reading.risen = function.rising();
                reading.min = function.min;
                reading.out_of_range = function.out_of_range;
                reading.recorded = Some(function.share());
                reading.future = function.future;
                reading.cpu = if tells { function.cpu } else { CpuSums::default() };
                reading.scheduled = function.scheduled;
                reading.windows = Some(function.windows());
                reading.running = (self.timeline.finished() == 0).then(|| function.running());
                reading.peak = function.peak();
            }
            readings.push(reading);
        }
        let overview = Overview {
            uptime: Duration::from_nanos(now),
            rolling: self.timeline.age(now),
            finished: self.timeline.finished(),
            trend_threshold: self.config.trend_threshold,
            tail: self.config.tail as usize,
            windows: self.config.windows,
            clock: clock::source(),
            budget: self.config.budget_in_force(),
            costs: self.costs,
            process_cpu: platform::process_cpu_nanos()
                .map(|all| Duration::from_nanos(all.saturating_sub(self.cpu.process_start))),
            aggregator_cpu: Duration::from_nanos(self.cpu.own),
            tree_cost: self.trees.cost(),
            cpu_time_cost: Duration::from_nanos(self.cpu_clock.spent() as u64),
            tree: self.trees.nodes(),
            traces: self.trees.traces(),
            traces_lost: self.trees.lost(),
        };
        (readings, overview)
    }
}

/// What the slots that follow a call's need to know of it.
#[derive(Default)]
struct Decoder {
    weight: u32,
    ticks: i64,
    /// Of a future.
    polls: u32,
    busy: u64,
}

impl Decoder {
    /// Nanoseconds of wall time; less than none where the clock cannot tell.
    fn wall(&self, clock: &Clock) -> f64 {
        clock.delta_as_nanos(0, self.ticks.unsigned_abs()) as f64 * self.ticks.signum() as f64
    }
}
