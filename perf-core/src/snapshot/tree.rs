//! The call tree, as people read it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::{self, Display, Formatter, Write};
use std::sync::Arc;
use std::time::Duration;

use super::columns::visible;
use super::format::{count, duration};
use super::traced::Traced;

/// Where the time of annotated functions goes, by who called whom. Made by [`Snapshot::tree`](super::Snapshot::tree).
///
/// It rests on traces: of the sampled calls that are below no other annotated call some are traced, with
/// every annotated call below them. So all numbers are estimates of all calls, and better the more
/// [`traces`](Self::traces) there were. A call's own time is its time without that of the annotated calls directly
/// below it on the same thread. Of futures, only the time in polls is in the tree: what they wait for is nobody's own
/// time.
///
/// Empty unless [`Config::tree`](crate::Config::tree) is set, or somebody asks for [`traces`](crate::traces).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// Each after its parent.
    pub(super) nodes: Arc<[Node]>,
    /// Those that have no parent, those that took longest first.
    pub(super) roots: Arc<[u32]>,
    pub(super) traces: u64,
    pub(super) dropped: u64,
    /// What it was made of; none where trees never were wanted, or that was not written down.
    pub(super) traced: Option<Arc<Traced>>,
}

/// One path.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Node {
    /// None where the path begins.
    pub(super) parent: Option<u32>,
    /// None for all that had no nodes of their own.
    pub(super) name: Option<Cow<'static, str>>,
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub(super) sums: Sums,
    /// Nanoseconds without the nodes below, and with all of them.
    pub(super) own: f64,
    pub(super) total: f64,
    /// The nodes below, those that took longest first.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) children: Vec<u32>,
}

/// What is known of one path by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Sums {
    pub(super) calls: f64,
    /// Nanoseconds in these calls, and of these what is another thread's than that of who is around it.
    pub(super) nanos: f64,
    pub(super) apart: f64,
}

/// Calls of one function by one path, in a [`Tree`].
#[derive(Clone, Copy, Debug)]
pub struct Branch<'a> {
    tree: &'a Tree,
    at: u32,
}

/// Calls of one function directly below another, by whatever paths.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// Who calls; none where no annotated function does.
    pub caller: Option<String>,
    /// Who is called.
    pub callee: String,
    /// Calls, as far as is known: an estimate.
    pub calls: u64,
    /// Time in these calls.
    pub total: Duration,
    /// Time in them that was not in annotated calls below them.
    pub own: Duration,
}

/// What nodes without a name stand for.
const OTHER: &str = "(other)";

fn time(nanos: f64) -> Duration {
    Duration::from_nanos(nanos as u64)
}

impl Tree {
    /// Sets what follows from the rest: the children of each node, and what it has for itself.
    pub(super) fn new(mut nodes: Vec<Node>, traces: u64, dropped: u64, origin: Option<Traced>) -> Self {
        for node in &mut nodes {
            node.own = node.sums.nanos;
            node.total = 0.0;
        }
        for at in (0..nodes.len()).rev() {
            // What runs on, and what was sampled by itself, may seem to take less than what is below it.
            nodes[at].own = nodes[at].own.max(0.0);
            nodes[at].total += nodes[at].own;
            if let Some(parent) = nodes[at].parent {
                let (nanos, total) = (nodes[at].sums.nanos - nodes[at].sums.apart, nodes[at].total);
                nodes[parent as usize].own -= nanos;
                nodes[parent as usize].total += total;
            }
        }
        let mut order: Vec<u32> = (0..nodes.len() as u32).collect();
        order.sort_by(|&a, &b| {
            let [a, b] = [a, b].map(|at| &nodes[at as usize]);
            b.total.total_cmp(&a.total).then_with(|| a.name.cmp(&b.name))
        });
        let mut roots = Vec::new();
        for node in &mut nodes {
            node.children.clear();
        }
        for at in order {
            match nodes[at as usize].parent {
                Some(parent) => nodes[parent as usize].children.push(at),
                None => roots.push(at),
            }
        }
        Self { nodes: nodes.into(), roots: roots.into(), traces, dropped, traced: origin.map(Arc::new) }
    }

    /// Whether nothing was traced yet, or nothing is to be.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Calls that were traced with all that was below them.
    #[must_use]
    pub fn traces(&self) -> u64 {
        self.traces
    }

    /// Traces that were lost, because too many waited to be taken in.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The functions that are called by no annotated function, those that took longest first.
    #[must_use]
    pub fn roots(&self) -> Vec<Branch<'_>> {
        self.roots.iter().map(|&at| Branch { tree: self, at }).collect()
    }

    fn branches(&self) -> impl Iterator<Item = Branch<'_>> {
        (0..self.nodes.len() as u32).map(|at| Branch { tree: self, at })
    }

    /// Time in all roots.
    #[must_use]
    pub fn total(&self) -> Duration {
        time(self.nanos())
    }

    fn nanos(&self) -> f64 {
        self.roots.iter().map(|&at| self.nodes[at as usize].total).sum()
    }

    /// Folded stacks: a line for each path, its functions from the outermost inwards with `;` between them, a space, and
    /// the path's own time in nanoseconds. What flame-graph renderers read.
    #[must_use]
    pub fn folded(&self) -> String {
        let mut text = String::new();
        for root in self.roots() {
            root.fold("", &mut text);
        }
        text
    }

    /// Who calls whom, those edges first on which the callee took longest for itself.
    #[must_use]
    pub fn edges(&self) -> Vec<Edge> {
        let mut edges: HashMap<(Option<&str>, &str), (f64, f64, f64)> = HashMap::new();
        for branch in self.branches() {
            let caller = branch.parent().map(|parent| parent.name());
            let edge = edges.entry((caller, branch.name())).or_default();
            edge.0 += branch.node().sums.calls;
            edge.1 += branch.node().total;
            edge.2 += branch.node().own;
        }
        let edge = |((caller, callee), (calls, total, own)): ((Option<&str>, &str), (f64, f64, f64))| Edge {
            caller: caller.map(str::to_owned),
            callee: callee.to_owned(),
            calls: calls.round() as u64,
            total: time(total),
            own: time(own),
        };
        let mut edges: Vec<Edge> = edges.into_iter().map(edge).collect();
        edges.sort_by(|a, b| b.own.cmp(&a.own).then_with(|| (&a.caller, &a.callee).cmp(&(&b.caller, &b.callee))));
        edges
    }

    /// The share of each function's time that it had for itself: of its time on all paths, without counting any twice
    /// where it is below itself.
    pub(super) fn own_shares(&self) -> HashMap<&str, f64> {
        let mut sums: HashMap<&str, (f64, f64)> = HashMap::new();
        for branch in self.branches() {
            let name = branch.name();
            let is_outermost = !branch.ancestors().any(|outer| outer.name() == name);
            let (own, total) = sums.entry(name).or_default();
            *own += branch.node().own;
            *total += if is_outermost { branch.node().sums.nanos } else { 0.0 };
        }
        sums.retain(|_, (_, total)| *total > 0.0);
        sums.into_iter().map(|(name, (own, total))| (name, (own / total).min(1.0))).collect()
    }

    /// What was added since `then`.
    pub(super) fn since(&self, then: &Self) -> Self {
        let since = match (&self.traced, &then.traced) {
            (Some(now), Some(then)) => now.since(then),
            _ if then.is_empty() => return self.clone(),
            _ => Traced::of_scaled(self).since(&Traced::of_scaled(then)),
        };
        since.tree()
    }
}

impl<'a> Branch<'a> {
    fn node(&self) -> &'a Node {
        &self.tree.nodes[self.at as usize]
    }

    /// The function's name; `(other)` for all that there was no room for.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.node().name.as_deref().unwrap_or(OTHER)
    }

    /// Whether this is all that there was no room for.
    #[must_use]
    pub fn is_other(&self) -> bool {
        self.node().name.is_none()
    }

    /// Calls by this path: an estimate.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.node().sums.calls.round() as u64
    }

    /// Time in these calls, with all that is below them, also on other threads.
    #[must_use]
    pub fn total(&self) -> Duration {
        time(self.node().total)
    }

    /// Time in these calls that was not in annotated calls below them: self time.
    #[must_use]
    pub fn own(&self) -> Duration {
        time(self.node().own)
    }

    /// Time in these calls, as a share of the time in all roots.
    #[must_use]
    pub fn share(&self) -> f64 {
        let all = self.tree.nanos();
        if all > 0.0 { self.node().total / all } else { 0.0 }
    }

    /// Who calls.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.node().parent.map(|at| Self { at, ..*self })
    }

    /// Who is called, those that took longest first.
    #[must_use]
    pub fn children(&self) -> Vec<Self> {
        self.node().children.iter().map(|&at| Self { at, ..*self }).collect()
    }

    fn ancestors(self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), Self::parent)
    }

    fn fold(&self, above: &str, text: &mut String) {
        // What separates functions, or paths, cannot be part of a name.
        let name = self.name().replace(';', ":").replace(char::is_control, " ");
        let stack = if above.is_empty() { name } else { format!("{above};{name}") };
        let own = self.own().as_nanos();
        if own > 0 {
            let _ = writeln!(text, "{stack} {own}");
        }
        for child in self.children() {
            child.fold(&stack, text);
        }
    }

    fn print(&self, f: &mut Formatter<'_>, depth: usize) -> fmt::Result {
        let (total, own) = (duration(self.total()), duration(self.own()));
        let share = format!("{:.1} %", self.share() * 100.0);
        let calls = count(self.calls());
        write!(
            f,
            "\n{share:>8} {total:>9} {own:>9} {calls:>9}  {:indent$}{}",
            "",
            visible(self.name()),
            indent = 2 * depth
        )?;
        for child in self.children() {
            // What took next to nothing would hide the rest.
            if child.share() >= 0.001 {
                child.print(f, depth + 1)?;
            }
        }
        Ok(())
    }
}

impl Display for Tree {
    /// A line for each path that took at least a thousandth of all time, indented by depth.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("no call was traced: `tree = true` in the configuration turns that on");
        }
        write!(f, "{:>8} {:>9} {:>9} {:>9}  function", "share", "total", "self", "calls")?;
        for root in self.roots() {
            root.print(f, 0)?;
        }
        write!(f, "\n{} calls traced with all below them", count(self.traces))?;
        if self.dropped > 0 {
            write!(f, ", {} more lost", count(self.dropped))?;
        }
        Ok(())
    }
}
