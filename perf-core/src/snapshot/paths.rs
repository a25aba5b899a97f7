//! From nodes to a tree that people read.

use std::borrow::Cow;
use std::collections::HashMap;

use super::FunctionStats;
use super::tree::{Node, Sums, Tree};

/// Tells each function what it has for itself.
pub(super) fn share_out(functions: &mut [FunctionStats], tree: &Tree) {
    if tree.is_empty() {
        return;
    }
    let shares = tree.own_shares();
    for function in functions {
        // Where nothing was traced in between, what was before is the best that is known.
        if let Some(&share) = shares.get(function.name()) {
            function.own_share = Some(share);
        }
    }
}

/// A tree that is being made.
pub(super) struct Paths {
    nodes: Vec<Path>,
    by_step: HashMap<(Option<u32>, Option<u32>), u32>,
}

/// A path; of its innermost function, the number that it has among names.
struct Path {
    parent: Option<u32>,
    name: Option<u32>,
    sums: Sums,
}

impl Paths {
    pub(super) fn with_room(nodes: usize) -> Self {
        Self { nodes: Vec::with_capacity(nodes), by_step: HashMap::with_capacity(nodes) }
    }

    /// Adds to the path that goes on from `parent` to the function `name`. Gives its place.
    pub(super) fn add(&mut self, parent: Option<u32>, name: Option<u32>, sums: Sums) -> u32 {
        let next = self.nodes.len() as u32;
        let at = *self.by_step.entry((parent, name)).or_insert(next);
        if at == next {
            self.nodes.push(Path { parent, name, sums });
            return at;
        }
        let known = &mut self.nodes[at as usize].sums;
        known.calls += sums.calls;
        known.nanos += sums.nanos;
        known.apart += sums.apart;
        at
    }

    pub(super) fn into_nodes(self, name: impl Fn(u32) -> Cow<'static, str>) -> Vec<Node> {
        let kept = without_empty(self.nodes).into_iter();
        kept.map(|Path { parent, name: at, sums }| Node {
            parent,
            name: at.map(&name),
            sums,
            own: 0.0,
            total: 0.0,
            children: Vec::new(),
        })
        .collect()
    }
}

/// Without paths on which nothing happened, nor on any that they lead to.
fn without_empty(nodes: Vec<Path>) -> Vec<Path> {
    let mut places: Vec<Option<u32>> =
        nodes.iter().map(|node| (node.sums.calls > 0.0 || node.sums.nanos > 0.0).then_some(0)).collect();
    for at in (0..nodes.len()).rev() {
        if let (Some(_), Some(parent)) = (places[at], nodes[at].parent) {
            places[parent as usize] = Some(0);
        }
    }
    let mut kept: Vec<Path> = Vec::with_capacity(nodes.len());
    for (at, node) in nodes.into_iter().enumerate() {
        if places[at].is_some() {
            places[at] = Some(kept.len() as u32);
            let parent = node.parent.and_then(|parent| places[parent as usize]);
            kept.push(Path { parent, ..node });
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
        let names = ["outer", "tiny", "none"];
        let mut paths = Paths::with_room(3);
        let outer = paths.add(None, Some(0), Sums { calls: 1.0, nanos: 9000.0, apart: 0.0 });
        paths.add(Some(outer), Some(1), Sums { calls: 1000.0, nanos: -2000.0, apart: 0.0 });
        paths.add(Some(outer), Some(2), Sums::default());
        let tree = Tree::new(paths.into_nodes(|name| names[name as usize].into()), 1, 0, None);
        let children = tree.roots()[0].children();
        let known: Vec<_> = children.iter().map(|branch| (branch.name(), branch.calls(), branch.own())).collect();
        assert_eq!(known, [("tiny", 1000, Duration::ZERO)]);
    }
}
