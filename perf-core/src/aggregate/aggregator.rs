use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hdrhistogram::Histogram;
use quanta::Clock;

use super::attention::{Attention, Prices};
use super::budget::{self, Demand, Rate};
use super::cost::{self, Costs};
use super::cpu_time::{Asked, CpuClock, CpuSums, ScheduledSums};
use super::function::{Function, Futures};
use super::objective::{Held, Kept};
use super::scale;
use super::slice::{Packed, Slice, Sums};
use super::slowest::{Scale, Slowest, TailReading};
use super::timeline::{Layout, Timeline};
use super::tree::{Node, Tree};
use super::windows::Windows;
use crate::call::sample::{Kind, Slot};
use crate::call::tally::Counts;
use crate::call::trace::{self, Step};
use crate::call::{census, clock, cpu, platform};
use crate::callsite::{Site, UNDECIDED, registered};
use crate::config::{self, Config};

/// How long calls last at most that nobody sees begin, because there are so many of them.
const GRACE: Duration = Duration::from_millis(2);

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
    attention: Attention,
    cpu_clock: CpuClock,
    tree: Tree,
    /// What trees have cost callers, in nanoseconds.
    tree_cost: f64,
    traces_lost: u64,
    /// Ticks that it took to set lanes for traces.
    arming: u64,
}

/// One site and what is known of it, at the site's index.
struct Entry {
    site: &'static Site,
    function: Option<Box<Function>>,
    /// How its objective is kept, where it has one.
    objective: Option<Box<Kept>>,
    slowest: Arc<Slowest>,
    /// Counts at the last tick, for the slice that they fell into.
    seen: Counts,
    /// Counts at the last steering.
    steered: Counts,
    rate: Rate,
    /// Samples a second.
    sample_rate: Rate,
    /// Samples since the last tick.
    burst: u32,
    /// Calls while trees were wanted, until they were not; and where they are, calls until then.
    watched: u64,
    watched_from: Option<u64>,
    /// Whether the controller sets the interval, and the priority: what the configuration says.
    is_steered: bool,
    priority: f64,
}

/// CPU time, in nanoseconds; what the system does not tell is not known.
#[derive(Default)]
struct Cpu {
    process_start: u64,
    process_seen: u64,
    process: Rate,
    /// Spent by us since the start, and what the running thread had when it began this drain.
    own: u64,
    own_seen: u64,
    own_rate: Rate,
    slots: Rate,
    slots_seen: u64,
    /// Nanoseconds that draining one sample takes, or one call in a trace.
    drain: f64,
}

/// One function, as a reader gets it.
pub(crate) struct Reading {
    pub(crate) site: &'static Site,
    /// Its place among all.
    pub(crate) index: u32,
    pub(crate) counts: Counts,
    pub(crate) sums: Sums,
    pub(crate) min: u64,
    pub(crate) out_of_range: u64,
    pub(crate) histogram: Option<Arc<Histogram<u64>>>,
    pub(crate) future: Futures,
    pub(crate) cpu: CpuSums,
    pub(crate) scheduled: ScheduledSums,
    pub(crate) windows: Option<Arc<Windows>>,
    /// The running slice, where there is no finished one yet.
    pub(crate) running: Option<Packed>,
    pub(crate) peak: (f64, f64),
    pub(crate) interval: u32,
    pub(crate) objective: Option<Vec<Held>>,
    pub(crate) tail: Option<Arc<TailReading>>,
}

/// What concerns no function alone.
pub(crate) struct Overview {
    pub(crate) uptime: Duration,
    /// Time since the windows began, and whole slices that they know.
    pub(crate) rolling: Duration,
    pub(crate) finished: u64,
    pub(crate) trend_threshold: f64,
    /// Slow calls that are kept of each function.
    pub(crate) tail: usize,
    pub(crate) windows: [Duration; 4],
    pub(crate) clock: &'static str,
    pub(crate) budget: Option<f64>,
    pub(crate) costs: Costs,
    pub(crate) process_cpu: Option<Duration>,
    pub(crate) aggregator_cpu: Duration,
    pub(crate) tree_cost: Duration,
    pub(crate) cpu_time_cost: Duration,
    pub(crate) tree: Vec<Node>,
    pub(crate) traces: u64,
    pub(crate) traces_lost: u64,
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
        let turn = Duration::from_nanos(state.attention.turn(now));
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

    /// Somebody else has spent so many nanoseconds of CPU time on measuring.
    pub(crate) fn spent(&mut self, nanos: u64) {
        self.state().cpu.own += nanos;
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
            tree: Tree::new(config.tree_nodes),
            config: config.clone(),
            attention: Attention::default(),
            cpu_clock: CpuClock::default(),
            tree_cost: 0.0,
            traces_lost: 0,
            arming: 0,
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
            self.sites.push(Entry {
                site,
                function: None,
                objective: site.slo.as_ref().map(|slo| Box::new(Kept::new(slo, now))),
                slowest: Arc::default(),
                seen: Counts::default(),
                steered: Counts::default(),
                rate: Rate::default(),
                sample_rate: Rate::default(),
                burst: 0,
                watched: 0,
                watched_from: self.attention.is_on().then_some(0),
                is_steered: self.config.steers(site),
                priority: self.config.priority(site),
            });
        }
    }

    /// Goes on under `config`.
    fn adopt(&mut self, config: Arc<Config>, now: u64) {
        if Arc::ptr_eq(&config, &self.config) {
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
        self.tree.set_limit(config.tree_nodes);
        let is_new = config.tree && !self.attention.is_on();
        if config.tree != self.attention.is_on() {
            let counts = census::counts(&registered(0));
            for (entry, counts) in self.sites.iter_mut().zip(counts) {
                entry.watch(config.tree, counts.calls);
            }
        }
        self.attention.set(config.tree);
        if is_new {
            self.costs.measure_trees(self.clock);
            trace::GRACE.store(Costs::ticks_of(self.clock, GRACE), std::sync::atomic::Ordering::Relaxed);
        }
    }

    /// Takes in all traces that are whole.
    fn drain_traces(&mut self) {
        let (clock, inside) = (self.clock, self.costs.inside_ticks);
        // Shorter than the clock can tell may come out negative: taken as it is, or sums would be too high.
        let nanos = |ticks: u64| {
            let ticks = ticks as i64 - inside;
            clock.delta_as_nanos(0, ticks.unsigned_abs()) as f64 * ticks.signum() as f64
        };
        let tree = &mut self.tree;
        (self.traces_lost, self.arming) = census::drain_traces(&mut |slot| tree.take(Step::unpack(slot), nanos));
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
        self.drain_traces();
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
            self.cpu.own += spent;
            if drained > 256 {
                self.cpu.drain += 0.1 * (spent as f64 / drained as f64 - self.cpu.drain);
            }
        }
    }

    /// Samples taken in so far, and calls in traces: taking in one of either costs about the same.
    fn slots(&self) -> u64 {
        self.recorded + self.tree.traced
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
            if let Some(function) = &mut entry.function {
                function.counted(calls, failed);
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
        let mut fixed = self.measure_cpu(seconds);
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
        let trees = self.attention.steer(&rates, share, self.prices(), self.tree.traced, seconds);
        self.tree_cost += trees * seconds;
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
            self.cpu.own += after.saturating_sub(before);
        }
    }

    /// Decides of which samples the CPU time is read. `allowance` is what all of measuring may cost.
    fn steer_cpu_time(&mut self, allowance: f64) {
        // Of those that nobody has seen yet it stays open.
        let asks = |entry: &Entry| entry.site.wants_cpu() && entry.function.is_some();
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

    fn prices(&self) -> Prices {
        // The more functions a thread has called, the longer it takes to set its lanes, before each trace and after it.
        let arming = self.clock.delta_as_nanos(0, self.arming) as f64 / self.tree.traced.max(1) as f64;
        Prices { kept: self.costs.kept, traced: self.costs.traced + self.cpu.drain + arming }
    }

    /// Updates the averages of CPU time. Gives what measuring costs a second, whatever is sampled.
    fn measure_cpu(&mut self, seconds: f64) -> f64 {
        let slots = self.slots();
        let cpu = &mut self.cpu;
        match platform::process_cpu_nanos() {
            Some(process) => {
                cpu.process.update(process.saturating_sub(cpu.process_seen) as f64, seconds);
                cpu.process_seen = process;
            }
            // Where nobody tells, one busy core is assumed.
            None => {
                cpu.process.update(seconds * 1e9, seconds);
            }
        }
        let own = cpu.own_rate.update(cpu.own.saturating_sub(cpu.own_seen) as f64, seconds);
        cpu.own_seen = cpu.own;
        let rate = cpu.slots.update((slots - cpu.slots_seen) as f64, seconds);
        cpu.slots_seen = slots;
        (own - rate * cpu.drain).max(0.0)
    }

    /// The tree of all that was called, from what was traced.
    fn scaled_tree(&self, readings: &[Reading]) -> Vec<Node> {
        let calls: HashMap<u32, f64> = readings
            .iter()
            .map(|reading| (reading.index, self.sites[reading.index as usize].watched(reading.counts.calls) as f64))
            .collect();
        let mut nodes = self.tree.nodes().to_vec();
        scale::scale(&mut nodes, |site| calls.get(&site).copied().unwrap_or(0.0));
        nodes
    }

    fn read(&mut self) -> (Vec<Reading>, Overview) {
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
                sums: Sums::default(),
                min: 0,
                out_of_range: 0,
                histogram: None,
                future: Futures::default(),
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
                reading.min = function.min;
                reading.out_of_range = function.out_of_range;
                reading.histogram = Some(function.share());
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
            tree_cost: Duration::from_nanos(self.tree_cost as u64),
            cpu_time_cost: Duration::from_nanos(self.cpu_clock.spent() as u64),
            tree: self.scaled_tree(&readings),
            traces: self.tree.traces,
            traces_lost: self.traces_lost,
        };
        (readings, overview)
    }
}

impl Entry {
    /// Calls while trees were wanted, given all.
    fn watched(&self, calls: u64) -> u64 {
        self.watched + self.watched_from.map_or(0, |from| calls.saturating_sub(from))
    }

    /// Asks no more calls for their CPU time that are too short for that.
    fn decide_cpu_time(&self, clock: &CpuClock) {
        match self.site.cpu_every() {
            0 => {}
            _ if !clock.is_worth(&self.asked(0.0)) => self.site.set_cpu_every(0),
            UNDECIDED if self.function.is_some() => self.site.set_cpu_every(1),
            _ => {}
        }
    }

    /// What there is to know before its CPU time is read.
    fn asked(&self, samples: f64) -> Asked {
        let Some(function) = &self.function else { return Asked { samples, readings: 1.0, busy: None } };
        let future = &function.future;
        let sums = function.lifetime();
        let (readings, busy) = if future.weight > 0.0 {
            (future.polls / future.weight, future.busy / future.weight)
        } else {
            (1.0, sums.mean())
        };
        Asked { samples, readings, busy: (sums.samples > 0).then_some(busy) }
    }

    /// Trees are wanted from now on, or no more.
    fn watch(&mut self, is_wanted: bool, calls: u64) {
        self.watched = self.watched(calls);
        self.watched_from = is_wanted.then_some(calls);
    }

    #[inline(always)]
    fn function(&mut self, config: &Config, layout: Layout) -> &mut Function {
        self.function.get_or_insert_with(|| Box::new(Function::new(config.longest.as_nanos() as u64, layout)))
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
