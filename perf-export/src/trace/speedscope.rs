//! The file format of speedscope.
//!
//! <https://github.com/jlfwong/speedscope/wiki/Importing-from-custom-sources>

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use perf_core::{Branch, Trace, Tree};

use super::json::{List, Text};

/// Traces, the call tree or both in the file format of speedscope: see [`speedscope`] and [`speedscope_of_tree`]. Displayed,
/// it is the file.
///
/// ```
/// use perf_export::trace::Speedscope;
///
/// let (snapshot, traces) = (perf_runtime::snapshot(), perf_runtime::traces());
/// let file = Speedscope::new("shop").tree(snapshot.tree()).traces(&traces);
/// assert!(file.to_string().contains("\"name\":\"shop\""));
/// ```
#[derive(Clone, Debug)]
pub struct Speedscope<'a> {
    name: &'a str,
    traces: &'a [Trace],
    tree: Option<&'a Tree>,
}

/// Traces in the file format of speedscope (<https://www.speedscope.app>): a profile of each thread, in which calls begin
/// and end when they did, in nanoseconds since measuring began.
#[must_use]
pub fn speedscope(traces: &[Trace]) -> String {
    Speedscope::new("traces").traces(traces).to_string()
}

/// The call tree in the file format of speedscope (<https://www.speedscope.app>): one profile, in which each path has its own
/// time as its weight.
#[must_use]
pub fn speedscope_of_tree(tree: &Tree) -> String {
    Speedscope::new("call tree").tree(tree).to_string()
}

impl<'a> Speedscope<'a> {
    /// A file with nothing in it, which speedscope calls by that name.
    #[must_use]
    pub fn new(name: &'a str) -> Self {
        Self { name, traces: &[], tree: None }
    }

    /// Adds a profile of each thread.
    #[must_use]
    pub fn traces(self, traces: &'a [Trace]) -> Self {
        Self { traces, ..self }
    }

    /// Adds a profile of the call tree, before the others.
    #[must_use]
    pub fn tree(self, tree: &'a Tree) -> Self {
        Self { tree: Some(tree), ..self }
    }
}

impl Display for Speedscope<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut frames = Frames::default();
        let stacks = self.tree.map(|tree| stacks(tree, &mut frames));
        let threads: Vec<Thread<'_>> = by_thread(self.traces).map(|traces| Thread::new(traces, &mut frames)).collect();
        write!(f, "{{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"exporter\":\"perf-export\"")?;
        write!(f, ",\"name\":{}", Text(self.name))?;
        let names =
            List(frames.names.iter(), |f: &mut Formatter<'_>, name: &&str| write!(f, "{{\"name\":{}}}", Text(name)));
        write!(f, ",\"shared\":{{\"frames\":[{names}]}},\"profiles\":[")?;
        if let Some(stacks) = &stacks {
            sampled(f, stacks)?;
        }
        let comma = if stacks.is_some() && !threads.is_empty() { "," } else { "" };
        let threads = List(threads.iter(), |f: &mut Formatter<'_>, thread: &Thread<'_>| thread.evented(f));
        writeln!(f, "{comma}{threads}]}}")
    }
}

/// Names of functions, each once.
#[derive(Default)]
struct Frames<'a> {
    names: Vec<&'a str>,
    places: HashMap<&'a str, usize>,
}

impl<'a> Frames<'a> {
    fn place(&mut self, name: &'a str) -> usize {
        *self.places.entry(name).or_insert_with(|| {
            self.names.push(name);
            self.names.len() - 1
        })
    }
}

/// Traces of each thread, in the order of time.
fn by_thread(traces: &[Trace]) -> impl Iterator<Item = Vec<&Trace>> {
    let mut threads: BTreeMap<u64, Vec<&Trace>> = BTreeMap::new();
    for trace in traces {
        threads.entry(trace.thread_number()).or_default().push(trace);
    }
    threads.into_values().map(|mut traces| {
        traces.sort_by_key(|trace| trace.start());
        traces
    })
}

/// What happened on one thread.
struct Thread<'a> {
    name: &'a str,
    number: u64,
    events: Vec<Event>,
}

/// A call begins or ends.
struct Event {
    kind: char,
    frame: usize,
    at: Duration,
}

impl<'a> Thread<'a> {
    fn new(traces: Vec<&'a Trace>, frames: &mut Frames<'a>) -> Self {
        let (name, number) = traces.first().map_or(("", 0), |trace| (trace.thread(), trace.thread_number()));
        let mut thread = Self { name, number, events: Vec::new() };
        for trace in traces {
            thread.add(trace, frames);
        }
        thread
    }

    fn add(&mut self, trace: &'a Trace, frames: &mut Frames<'a>) {
        let mut open: Vec<(usize, usize, Duration)> = Vec::new();
        for (at, call) in trace.calls().iter().enumerate() {
            while let Some((_, frame, end)) = open.pop_if(|(outer, ..)| Some(*outer) != call.parent) {
                self.event('C', frame, end);
            }
            let frame = frames.place(&call.name);
            let start = trace.start() + call.start;
            self.event('O', frame, start);
            open.push((at, frame, start + call.duration));
        }
        for (_, frame, end) in open.into_iter().rev() {
            self.event('C', frame, end);
        }
    }

    /// Time does not go back, whoever made the traces.
    fn event(&mut self, kind: char, frame: usize, at: Duration) {
        let at = self.events.last().map_or(at, |last| at.max(last.at));
        self.events.push(Event { kind, frame, at });
    }

    fn evented(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let at = |event: Option<&Event>| event.map_or(0, |event| event.at.as_nanos());
        let (start, end) = (at(self.events.first()), at(self.events.last()));
        // Names may be the same, and who chooses between profiles sees nothing else of them.
        let name = format!("{} #{}", self.name, self.number);
        write!(f, "{{\"type\":\"evented\",\"name\":{},\"unit\":\"nanoseconds\"", Text(&name))?;
        let events = List(self.events.iter(), |f: &mut Formatter<'_>, event: &Event| {
            let Event { kind, frame, at } = event;
            write!(f, "{{\"type\":\"{kind}\",\"frame\":{frame},\"at\":{}}}", at.as_nanos())
        });
        write!(f, ",\"startValue\":{start},\"endValue\":{end},\"events\":[{events}]}}")
    }
}

/// Each path that has time of its own, with that.
fn stacks<'a>(tree: &'a Tree, frames: &mut Frames<'a>) -> Vec<(Vec<usize>, Duration)> {
    fn walk<'a>(branch: Branch<'a>, above: &[usize], frames: &mut Frames<'a>, all: &mut Vec<(Vec<usize>, Duration)>) {
        let mut path = above.to_vec();
        path.push(frames.place(branch.name()));
        for child in branch.children() {
            walk(child, &path, frames, all);
        }
        if !branch.own().is_zero() {
            all.push((path, branch.own()));
        }
    }
    let mut all = Vec::new();
    for root in tree.roots() {
        walk(root, &[], frames, &mut all);
    }
    all
}

fn sampled(f: &mut Formatter<'_>, stacks: &[(Vec<usize>, Duration)]) -> fmt::Result {
    let total: Duration = stacks.iter().map(|(_, own)| *own).sum();
    write!(f, "{{\"type\":\"sampled\",\"name\":\"call tree\",\"unit\":\"nanoseconds\",\"startValue\":0")?;
    let places = |f: &mut Formatter<'_>, (path, _): &(Vec<usize>, Duration)| {
        write!(f, "[{}]", List(path.iter(), |f: &mut Formatter<'_>, place| write!(f, "{place}")))
    };
    let weight = |f: &mut Formatter<'_>, (_, own): &(Vec<usize>, Duration)| write!(f, "{}", own.as_nanos());
    write!(f, ",\"endValue\":{}", total.as_nanos())?;
    write!(f, ",\"samples\":[{}],\"weights\":[{}]}}", List(stacks.iter(), places), List(stacks.iter(), weight))
}
