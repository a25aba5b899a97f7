//! What was traced, as it was: of that differences may be taken, and what is left be scaled to all calls. Differences
//! of what was scaled already would be those of two estimates, each with factors of its own.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::hash::Hash;

use super::paths::Paths;
use super::tree::{Sums, Tree};
#[cfg(feature = "serde")]
use crate::aggregate::DEEPEST;
use crate::aggregate::{Called, Overview, Reading, TracedNode, remember, scale};

/// See the module.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Traced {
    functions: Vec<Function>,
    /// Each after its parent; the first is no function's. What they call a site is a place among `functions`.
    nodes: Vec<TracedNode>,
    pub(super) traces: u64,
    pub(super) dropped: u64,
}

/// A function, whether or not there are nodes of it yet: or it would not be known how often it was called before.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Function {
    name: Cow<'static, str>,
    /// Where it is, since several may have one name.
    line: u32,
    /// Calls while trees were wanted, and more.
    #[cfg_attr(feature = "serde", serde(flatten))]
    called: Called,
}

impl Traced {
    /// None where trees never were wanted.
    pub(super) fn new(readings: &[Reading], overview: &Overview) -> Option<Self> {
        if overview.tree.len() <= 1 && readings.iter().all(|reading| reading.watched == 0) {
            return None;
        }
        let mut places = Vec::new();
        let mut functions = Vec::new();
        // In the order in which they were first called, so that their places in later snapshots are the same.
        for reading in readings.iter().filter(|reading| !reading.site.is_part()) {
            places.resize(places.len().max(reading.index as usize + 1), None);
            places[reading.index as usize] = Some(functions.len() as u32);
            let called = Called { calls: reading.watched as f64, ..Called::default() };
            functions.push(Function { name: reading.site.name().into(), line: reading.site.line, called });
        }
        let unknown = functions.len() as u32;
        functions.push(Function { name: "(unknown)".into(), line: 0, called: Called::default() });
        let place = |site: u32| places.get(site as usize).copied().flatten().unwrap_or(unknown);
        let nodes = overview.tree.iter().map(|node| TracedNode { site: place(node.site), depth: 0, ..*node }).collect();
        let mut traced = Self { functions, nodes, traces: overview.traces, dropped: overview.traces_lost };
        traced.remember();
        Some(traced)
    }

    fn remember(&mut self) {
        let mut called = self.called();
        remember(&self.nodes, &mut called, self.traces);
        self.functions.iter_mut().zip(called).for_each(|(function, called)| function.called = called);
    }

    /// Of what was scaled already: all that is known of a tree that was written down without anything else.
    pub(super) fn of_scaled(tree: &Tree) -> Self {
        let mut places = HashMap::new();
        let mut functions: Vec<Function> = Vec::new();
        let mut nodes = vec![TracedNode::default()];
        // A node without a name is part of the one above it.
        let mut at: Vec<u32> = Vec::with_capacity(tree.nodes.len());
        for node in tree.nodes.iter() {
            let parent = node.parent.map_or(0, |parent| at[parent as usize]);
            let Sums { calls, nanos, apart } = node.sums;
            let Some(name) = &node.name else {
                nodes[parent as usize].other.calls += calls;
                nodes[parent as usize].other.nanos += nanos;
                at.push(parent);
                continue;
            };
            let site = *places.entry(name).or_insert_with(|| {
                let called = Called { factor: 1.0, ..Called::default() };
                functions.push(Function { name: name.clone(), line: 0, called });
                functions.len() - 1
            });
            functions[site].called.calls += calls;
            at.push(nodes.len() as u32);
            nodes.push(TracedNode { site: site as u32, parent, calls, nanos, apart, ..TracedNode::default() });
        }
        Self { functions, nodes, traces: tree.traces, dropped: tree.dropped }
    }

    /// Whether it is what it should be, wherever it comes from.
    #[cfg(feature = "serde")]
    pub(super) fn check(&self) -> Result<(), String> {
        if self.nodes.is_empty() {
            return Err("there is no node at which what was traced begins".to_owned());
        }
        let mut depths = vec![0];
        for (at, node) in self.nodes.iter().enumerate().skip(1) {
            let Some(&above) = depths.get(node.parent as usize).filter(|_| (node.site as usize) < self.functions.len())
            else {
                return Err(format!("node {at} of what was traced comes before its parent, or is no function's"));
            };
            if above >= DEEPEST {
                return Err(format!("node {at} of what was traced has more than {DEEPEST} others around it"));
            }
            depths.push(above + 1);
        }
        Ok(())
    }

    fn called(&self) -> Vec<Called> {
        self.functions.iter().map(|function| function.called).collect()
    }

    /// For each function the first that has its name: in trees they are one.
    fn names(&self) -> Vec<u32> {
        let mut first = HashMap::with_capacity(self.functions.len());
        let names = self.functions.iter().zip(0_u32..);
        names.map(|(function, at)| *first.entry(&*function.name).or_insert(at)).collect()
    }

    /// What was added since `then`.
    pub(super) fn since(&self, then: &Self) -> Self {
        let mut now = self.clone();
        let sites = Places::new(&self.functions, |function| (&*function.name, function.line));
        let mut site_of = Vec::with_capacity(then.functions.len());
        for (at, function) in then.functions.iter().enumerate() {
            let site = sites.find(at, &(&*function.name, function.line));
            if let Some(site) = site {
                let calls = &mut now.functions[site].called.calls;
                *calls = (*calls - function.called.calls).max(0.0);
            }
            site_of.push(site);
        }
        let nodes = Places::new(&self.nodes, |node| Some((node.site, node.parent, node.is_around)));
        let mut node_of: Vec<Option<u32>> = vec![Some(0)];
        for (at, node) in then.nodes.iter().enumerate().skip(1) {
            let parent = node_of[node.parent as usize];
            let site = site_of[node.site as usize].map(|site| site as u32);
            let place = nodes.find(at, &site.zip(parent).map(|(site, parent)| (site, parent, node.is_around)));
            node_of.push(place.map(|place| place as u32));
        }
        for (node, place) in then.nodes.iter().zip(node_of) {
            if let Some(place) = place {
                subtract(&mut now.nodes[place as usize], node);
            }
        }
        now.traces = self.traces.saturating_sub(then.traces);
        now.dropped = self.dropped.saturating_sub(then.dropped);
        now
    }

    /// The tree of all that was called.
    pub(super) fn tree(self) -> Tree {
        let mut nodes = self.nodes.clone();
        scale(&mut nodes, &self.called());
        let mut paths = Paths::with_room(nodes.len());
        let names = self.names();
        // Of a function there may be a node that is around traces, and one that is in them.
        let mut places: Vec<Option<u32>> = vec![None];
        for node in nodes.iter().skip(1) {
            let name = names[node.site as usize];
            let sums = Sums { calls: node.calls, nanos: node.nanos, apart: node.apart };
            let parent = places[node.parent as usize];
            places.push(Some(paths.add(parent, Some(name), sums)));
        }
        for (node, place) in nodes.iter().zip(places) {
            if node.other.calls > 0.0 {
                let sums = Sums { calls: node.other.calls, nanos: node.other.nanos, apart: 0.0 };
                paths.add(place, None, sums);
            }
        }
        let name = |at: u32| self.functions[at as usize].name.clone();
        let nodes = paths.into_nodes(name);
        Tree::new(nodes, self.traces, self.dropped, Some(self))
    }
}

fn subtract(now: &mut TracedNode, then: &TracedNode) {
    now.calls = (now.calls - then.calls).max(0.0);
    // Time too short for the clock to tell may be less than none.
    now.nanos -= then.nanos;
    now.apart -= then.apart;
    now.other.calls = (now.other.calls - then.other.calls).max(0.0);
    now.other.nanos -= then.other.nanos;
}

/// Where in a list something is. It is nearly always where it was before, since what is new comes last.
struct Places<'a, T, K, F> {
    all: &'a [T],
    key: F,
    by_key: OnceCell<HashMap<K, usize>>,
}

impl<'a, T, K: Eq + Hash, F: Fn(&'a T) -> K> Places<'a, T, K, F> {
    fn new(all: &'a [T], key: F) -> Self {
        Self { all, key, by_key: OnceCell::new() }
    }

    /// The place of what has this key, which was at `was`.
    fn find(&self, was: usize, key: &K) -> Option<usize> {
        if self.all.get(was).is_some_and(|one| (self.key)(one) == *key) {
            return Some(was);
        }
        let by_key = || self.all.iter().enumerate().map(|(at, one)| ((self.key)(one), at)).collect();
        self.by_key.get_or_init(by_key).get(key).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["outer", "early", "late"];

    /// Of functions with so many calls, nodes: whose, below which, and how often it was traced.
    fn traced(calls: [f64; 3], nodes: &[(u32, u32, f64)]) -> Traced {
        let function = |(&name, calls): (&&'static str, f64)| {
            let called = Called { calls, ..Called::default() };
            Function { name: name.into(), line: 1, called }
        };
        let node = |&(site, parent, calls): &(u32, u32, f64)| TracedNode {
            site,
            parent,
            calls,
            nanos: calls,
            ..TracedNode::default()
        };
        let functions = NAMES.iter().zip(calls).map(function).collect();
        let nodes = [TracedNode::default()].into_iter().chain(nodes.iter().map(node)).collect();
        let mut traced = Traced { functions, nodes, traces: 0, dropped: 0 };
        traced.remember();
        traced
    }

    fn calls(tree: &Tree) -> Vec<(&str, u64)> {
        tree.nodes
            .iter()
            .map(|node| (node.name.as_deref().unwrap_or_default(), node.sums.calls.round() as u64))
            .collect()
    }

    #[test]
    fn what_was_between_two_is_scaled_by_what_was_between_them() {
        let then = traced([1000.0, 1000.0, 0.0], &[(0, 0, 10.0), (1, 1, 10.0)]);
        let now = traced([1200.0, 1050.0, 150.0], &[(0, 0, 110.0), (1, 1, 35.0), (2, 1, 75.0)]);
        assert_eq!(calls(&now.since(&then).tree()), [("outer", 200), ("early", 50), ("late", 150)]);
        assert_eq!(calls(&now.since(&now).tree()), []);
        assert_eq!(now.since(&traced([0.0; 3], &[])).tree().nodes, now.tree().nodes);
    }

    #[test]
    fn what_was_first_called_in_another_order_is_found_by_its_name() {
        let then = traced([10.0, 5.0, 2.0], &[(0, 0, 10.0), (2, 1, 2.0), (1, 1, 5.0)]);
        let mut now = traced([20.0, 10.0, 3.0], &[(0, 0, 20.0), (1, 1, 10.0), (2, 1, 3.0)]);
        now.functions.rotate_left(1);
        now.nodes.iter_mut().for_each(|node| node.site = (node.site + 2) % 3);
        assert_eq!(calls(&now.since(&then).tree()), [("outer", 10), ("early", 5), ("late", 1)]);
    }

    #[test]
    fn where_there_is_no_tree_any_more_nothing_is_left_of_the_one_before() {
        let then = traced([10.0, 5.0, 2.0], &[(0, 0, 10.0), (2, 1, 2.0)]).tree();
        assert_eq!(calls(&Tree::default().since(&then)), []);
    }

    #[test]
    fn of_trees_of_which_only_estimates_are_known_these_are_subtracted() {
        let old = |calls, nodes: &[_]| Tree { traced: None, ..traced(calls, nodes).tree() };
        let then = old([1000.0, 100.0, 0.0], &[(0, 0, 100.0), (1, 1, 10.0)]);
        let now = old([1200.0, 100.0, 40.0], &[(0, 0, 120.0), (1, 1, 10.0), (2, 1, 4.0)]);
        assert_eq!(calls(&now.since(&then)), [("outer", 200), ("late", 40)]);
    }
}
