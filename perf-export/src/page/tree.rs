use std::collections::HashMap;

use perf_core::{Branch, Snapshot};
use serde_json::{Value, json};

use super::number::{number, time};

/// Paths that [`tree`] tells: those that take less than a ten-thousandth of all are left out first, which nobody would see.
pub const NODES: usize = 20_000;

/// The call tree as JSON, for the flame graph: `{"at", "traces", "dropped", "left_out", "names", "nodes"}`, each node
/// `[parent, name, calls, total, own]`. A parent is the place of an earlier node, or −1; a name is a place among the names.
///
/// Some 30 bytes a path; at most [`NODES`] paths.
#[must_use]
pub fn tree(snapshot: &Snapshot) -> String {
    let tree = snapshot.tree();
    let mut flat = Flat::default();
    let least = tree.total() / 10_000;
    // Not by recursion: a tree may be deeper than a small stack.
    let mut open: Vec<(i64, Branch<'_>)> = tree.roots().into_iter().rev().map(|root| (-1, root)).collect();
    while let Some((parent, branch)) = open.pop() {
        if branch.total() < least || flat.nodes.len() >= NODES {
            flat.left_out += 1;
            continue;
        }
        let at = flat.nodes.len() as i64;
        let name = flat.name(branch.name());
        let [calls, total, own] = [number(branch.calls() as f64), time(branch.total()), time(branch.own())];
        flat.nodes.push(json!([parent, name, calls, total, own]));
        open.extend(branch.children().into_iter().rev().map(|child| (at, child)));
    }
    json!({
        "at": number(snapshot.uptime().as_millis() as f64 / 1e3),
        "traces": tree.traces(),
        "dropped": tree.dropped(),
        "left_out": flat.left_out,
        "names": flat.names,
        "nodes": flat.nodes,
    })
    .to_string()
}

#[derive(Default)]
struct Flat<'a> {
    names: Vec<&'a str>,
    places: HashMap<&'a str, usize>,
    nodes: Vec<Value>,
    left_out: u64,
}

impl<'a> Flat<'a> {
    fn name(&mut self, name: &'a str) -> usize {
        *self.places.entry(name).or_insert_with(|| {
            self.names.push(name);
            self.names.len() - 1
        })
    }
}
