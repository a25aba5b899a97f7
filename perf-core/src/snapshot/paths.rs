//! From what was traced to a tree that people read.

use std::borrow::Cow;
use std::collections::HashMap;

use super::FunctionStats;
use super::tree::{Node, Sums, Tree};
use crate::aggregate::{Overview, Reading};

/// Names of the functions that there are nodes of.
pub(super) fn names(readings: &[Reading]) -> HashMap<u32, &'static str> {
    readings.iter().map(|reading| (reading.index, reading.site.name())).collect()
}

pub(super) fn tree_of(overview: &Overview, names: &HashMap<u32, &'static str>) -> Tree {
    let mut paths = Paths::default();
    // The first node is where all begins. Of a function there may be one that is around traces, and one that is in them.
    let mut places: Vec<Option<u32>> = vec![None];
    for node in overview.tree.iter().skip(1) {
        let name = names.get(&node.site).map_or("(unknown)", |name| *name);
        let parent = places[node.parent as usize];
        places.push(Some(paths.add(
            parent,
            Some(name),
            Sums { calls: node.calls, nanos: node.nanos, apart: node.apart },
        )));
    }
    for (node, place) in overview.tree.iter().zip(places) {
        if node.other.calls > 0.0 {
            paths.add(place, None, Sums { calls: node.other.calls, nanos: node.other.nanos, apart: 0.0 });
        }
    }
    paths.into_tree(overview.traces, overview.traces_lost)
}

/// Tells each function what it has for itself.
pub(super) fn share_out(functions: &mut [FunctionStats], tree: &Tree) {
    if tree.is_empty() {
        return;
    }
    let shares = tree.own_shares();
    for function in functions {
        function.own_share = shares.get(function.name()).copied();
    }
}

/// A tree that is being made.
#[derive(Default)]
struct Paths {
    nodes: Vec<Node>,
    by_step: HashMap<(Option<u32>, Option<&'static str>), u32>,
}

impl Paths {
    /// Adds to the path that goes on from `parent` to the function `name`. Gives its place.
    fn add(&mut self, parent: Option<u32>, name: Option<&'static str>, sums: Sums) -> u32 {
        let at = *self.by_step.entry((parent, name)).or_insert_with(|| {
            let (name, sums, children) = (name.map(Cow::Borrowed), Sums::default(), Vec::new());
            self.nodes.push(Node { parent, name, sums, own: 0.0, total: 0.0, children });
            self.nodes.len() as u32 - 1
        });
        let known = &mut self.nodes[at as usize].sums;
        known.calls += sums.calls;
        known.nanos += sums.nanos;
        known.apart += sums.apart;
        at
    }

    fn into_tree(self, traces: u64, dropped: u64) -> Tree {
        Tree::new(without_empty(self.nodes), traces, dropped)
    }
}

/// Without paths on which nothing happened, nor on any that they lead to.
pub(super) fn without_empty(nodes: Vec<Node>) -> Vec<Node> {
    let mut places: Vec<Option<u32>> =
        nodes.iter().map(|node| (node.sums.calls > 0.0 || node.sums.nanos > 0.0).then_some(0)).collect();
    for at in (0..nodes.len()).rev() {
        if let (Some(_), Some(parent)) = (places[at], nodes[at].parent) {
            places[parent as usize] = Some(0);
        }
    }
    let mut kept: Vec<Node> = Vec::with_capacity(nodes.len());
    for (at, node) in nodes.into_iter().enumerate() {
        if places[at].is_some() {
            places[at] = Some(kept.len() as u32);
            let parent = node.parent.and_then(|parent| places[parent as usize]);
            kept.push(Node { parent, ..node });
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_path_on_which_calls_were_shorter_than_the_clock_can_tell_is_there() {
        let mut paths = Paths::default();
        let outer = paths.add(None, Some("outer"), Sums { calls: 1.0, nanos: 9000.0, apart: 0.0 });
        paths.add(Some(outer), Some("tiny"), Sums { calls: 1000.0, nanos: -2000.0, apart: 0.0 });
        paths.add(Some(outer), Some("none"), Sums::default());
        let tree = paths.into_tree(1, 0);
        let children = tree.roots()[0].children();
        let known: Vec<_> = children.iter().map(|branch| (branch.name(), branch.calls(), branch.own())).collect();
        assert_eq!(known, [("tiny", 1000, Duration::ZERO)]);
    }
}
