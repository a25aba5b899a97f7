//! The exporter's thread: collects, sends, waits. Nobody else ever waits for it, but whoever asks it to flush.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use perf_core::Exporting;

use super::client::Client;
use super::collector::Collector;
use super::random::Random;
use super::settings::Settings;
use super::signal::Signal;
use super::{Exporter, Stats};

/// What the thread and the exporter tell each other.
#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The thread is to end, and to have sent what is left by then.
    stop_by: Option<Instant>,
    /// Flushes that were asked for, by when the last of them is to be done, how many are, and whether all was sent.
    flushes: u64,
    flush_by: Option<Instant>,
    flushed: u64,
    is_flushed: bool,
    is_over: bool,
    stats: Stats,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn stats(&self) -> Stats {
        self.lock().stats.clone()
    }

    /// Asks for all to be sent, and waits for that; true where it was.
    pub(super) fn flush(&self, within: Duration) -> bool {
        let mut state = self.lock();
        let deadline = later(Instant::now(), within);
        state.flushes += 1;
        state.flush_by = Some(deadline);
        let mine = state.flushes;
        self.changed.notify_all();
        let state = self.wait_until(state, deadline, |state| state.flushed >= mine || state.is_over);
        state.flushed >= mine && state.is_flushed
    }

    /// Asks the thread to end, and waits for that; true where it has.
    pub(super) fn stop(&self, within: Duration) -> bool {
        let mut state = self.lock();
        let deadline = later(Instant::now(), within);
        state.stop_by = Some(deadline);
        self.changed.notify_all();
        self.wait_until(state, deadline, |state| state.is_over).is_over
    }

    fn wait_until<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        deadline: Instant,
        is_so: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if is_so(&state) || left.is_zero() {
                return state;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// However far away.
fn later(now: Instant, by: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(100 * 365 * 86_400);
    now + by.min(FAR)
}

/// Places in arrays.
const METRICS: usize = 0;
const TRACES: usize = 1;

/// What the thread has to do next.
enum Order {
    Go,
    /// By then; the number of the flush.
    Flush(Instant, u64),
    Stop(Instant),
}

struct Worker {
    shared: Arc<Shared>,
    collector: Collector,
    signals: [Signal; 2],
    client: Client,
    random: Random,
    /// How often each is collected.
    intervals: [Duration; 2],
    last_error: Option<String>,
    flushed: u64,
}

/// Starts the thread.
pub(super) fn start(settings: Settings) -> io::Result<Exporter> {
    let shared = Arc::new(Shared::default());
    let flush_within = settings.flush_within;
    let kept = settings.traces.as_ref().map(|_| perf_core::keep_traces());
    let signal = |target: &Option<_>| Signal::new(target.clone(), settings.limits, settings.backoff);
    let worker = Worker {
        shared: shared.clone(),
        signals: [signal(&settings.metrics), signal(&settings.traces)],
        intervals: [settings.interval, settings.traces_interval],
        collector: Collector::new(settings),
        client: Client::new(),
        random: Random::new(),
        last_error: None,
        flushed: 0,
    };
    let thread = thread::Builder::new().name("perf-otlp".to_owned()).spawn(move || worker.run())?;
    Ok(Exporter::of(shared, thread, flush_within, kept))
}

impl Worker {
    fn run(mut self) {
        let _over = Over(self.shared.clone());
        let begun = Instant::now();
        let mut next = [later(begun, self.intervals[METRICS]), later(begun, self.intervals[TRACES])];
        loop {
            match self.wait(next[METRICS].min(next[TRACES])) {
                Order::Go => {
                    let now = Instant::now();
                    if now >= next[METRICS] {
                        self.collect_metrics();
                        // What was missed is not made up for.
                        next[METRICS] = later(now, self.intervals[METRICS]);
                    }
                    if now >= next[TRACES] {
                        self.collect_traces();
                        next[TRACES] = later(now, self.intervals[TRACES]);
                    }
                    self.send_due(Instant::now());
                }
                Order::Flush(deadline, number) => {
                    self.collect_traces();
                    self.collect_metrics();
                    let is_flushed = self.send_all(deadline);
                    self.flushed = number;
                    self.publish();
                    let mut state = self.shared.lock();
                    (state.flushed, state.is_flushed) = (number, is_flushed);
                    self.shared.changed.notify_all();
                }
                Order::Stop(deadline) => {
                    self.collect_traces();
                    self.collect_metrics();
                    self.send_all(deadline);
                    self.signals.iter_mut().for_each(Signal::give_up);
                    self.publish();
                    return;
                }
            }
            self.publish();
        }
    }

    /// Until there is something to do.
    fn wait(&self, next: Instant) -> Order {
        let now = Instant::now();
        let due = self.signals.iter().filter_map(|signal| signal.due(now));
        let until = due.min().map_or(next, |due| due.min(next));
        let is_asked = |state: &State| state.stop_by.is_some() || state.flushes > self.flushed;
        let state = self.shared.wait_until(self.shared.lock(), until, is_asked);
        match (state.stop_by, state.flush_by) {
            (Some(deadline), _) => Order::Stop(deadline),
            (None, Some(deadline)) if state.flushes > self.flushed => Order::Flush(deadline, state.flushes),
            _ => Order::Go,
        }
    }

    fn collect_metrics(&mut self) {
        let stats = [&self.signals[METRICS].stats, &self.signals[TRACES].stats].map(|stats| *stats);
        let Some(is_gzip) = self.signals[METRICS].is_gzip() else { return };
        let batches = charge(|| self.collector.metrics(SystemTime::now(), is_gzip, &stats));
        for batch in batches {
            self.signals[METRICS].push(batch);
        }
    }

    fn collect_traces(&mut self) {
        let Some(is_gzip) = self.signals[TRACES].is_gzip() else { return };
        let batches = charge(|| self.collector.traces(SystemTime::now(), is_gzip, &mut self.random));
        for batch in batches {
            self.signals[TRACES].push(batch);
        }
    }

    /// One request of each that has one to send at this moment.
    fn send_due(&mut self, now: Instant) {
        for signal in &mut self.signals {
            if signal.due(now).is_some_and(|due| due <= now) {
                charge(|| signal.send(&self.client, &mut self.random, None, &mut self.last_error));
            }
        }
    }

    /// All there is, until something fails or the time is over; true where nothing is left.
    fn send_all(&mut self, deadline: Instant) -> bool {
        let mut is_all = true;
        for signal in &mut self.signals {
            while signal.has_any() {
                let is_sent =
                    charge(|| signal.send(&self.client, &mut self.random, Some(deadline), &mut self.last_error));
                if !is_sent {
                    is_all = false;
                    break;
                }
            }
        }
        is_all
    }

    fn publish(&self) {
        let [metrics, traces] = &self.signals;
        let stats = Stats {
            metrics: metrics.read(),
            traces: traces.read(),
            missed_traces: self.collector.missed_traces(),
            last_error: self.last_error.clone(),
        };
        self.shared.lock().stats = stats;
    }
}

/// Says that the thread has ended, however it did.
struct Over(Arc<Shared>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.lock().is_over = true;
        self.0.changed.notify_all();
    }
}

/// All work of the thread goes through here: its CPU time is part of what measuring costs.
fn charge<T>(work: impl FnOnce() -> T) -> T {
    let _exporting = Exporting::begin();
    work()
}
