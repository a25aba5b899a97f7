//! The call tree: what was traced, folded by path.

use std::collections::HashMap;

use crate::call::step::Step;

/// The node that all paths begin at. It is no function's.
const ROOT: u32 = 0;

/// A path for which there was no room.
const OTHER: u32 = u32::MAX;

/// How many functions a path has at most. What is deeper is `(other)`: nobody reads it, folded stacks grow with the
/// square of it, and who goes through a tree may do so by recursion.
pub(crate) const DEEPEST: u32 = 512;

/// Calls of one function by one path, in what was traced: not all that there were, see [`super::scale`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
pub(crate) struct Node {
    #[cfg_attr(feature = "serde", serde(rename = "function"))]
    pub(crate) site: u32,
    /// Where the path goes on outwards.
    pub(crate) parent: u32,
    /// How many functions the path has.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) depth: u32,
    /// Whether this is around traces, and not part of any.
    pub(crate) is_around: bool,
    pub(crate) calls: f64,
    /// Time in these calls, with all that is below them.
    pub(crate) nanos: f64,
    /// Of that, what is no part of the time of who is around it, but another thread's.
    pub(crate) apart: f64,
    /// Of calls directly below, those for which there were no nodes.
    pub(crate) other: Other,
}

/// Calls for which there were no nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Other {
    pub(crate) calls: f64,
    pub(crate) nanos: f64,
}

/// See the module.
pub(crate) struct Tree {
    nodes: Vec<Node>,
    by_step: HashMap<(u32, u32, bool), u32>,
    limit: usize,
    /// The trace that is being taken in.
    path: Vec<u32>,
    steps: Vec<(u32, u32, bool, f64)>,
    weight: f64,
    is_apart: bool,
    is_alone: bool,
    /// Traces taken in so far, and calls in them.
    pub(crate) traces: u64,
    pub(crate) traced: u64,
}

impl Tree {
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            nodes: vec![Node::default()],
            by_step: HashMap::new(),
            limit: limit as usize,
            path: Vec::new(),
            steps: Vec::new(),
            weight: 0.0,
            is_apart: false,
            is_alone: false,
            traces: 0,
            traced: 0,
        }
    }

    /// All nodes, each after its parent; the first is no function's, and all begins there.
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// From now on there is room for so many nodes; those that are there stay.
    pub(crate) fn set_limit(&mut self, limit: u32) {
        self.limit = limit as usize;
    }

    /// Takes one step of a trace in. `nanos` is what its ticks are.
    pub(crate) fn take(&mut self, step: Step, nanos: impl Fn(u64) -> f64) {
        match step {
            Step::Below { site } => self.path.push(site),
            Step::Weight { weight, is_apart, is_alone } => {
                self.weight = weight as f64;
                self.is_apart = is_apart;
                self.is_alone = is_alone;
            }
            Step::Over { site, depth, part, ticks, .. } => self.steps.push((site, depth, part.is_call(), nanos(ticks))),
            Step::End => self.fold(),
            // When and where it was is told by another, see `super::traces`.
            Step::Began { .. } | Step::Name(_) | Step::Part(_) | Step::Id { .. } => {}
        }
    }

    /// A trace is whole. Its calls come in the order of their ends; backwards, each comes before those
    /// below it.
    fn fold(&mut self) {
        self.traces += self.steps.iter().filter(|&&(_, depth, is_call, _)| is_call && depth == 0).count() as u64;
        self.traced += self.steps.len() as u64;
        let (mut base, mut known) = (ROOT, ROOT);
        for site in std::mem::take(&mut self.path) {
            base = self.below(base, site, true);
            known = if base == OTHER { known } else { base };
        }
        let mut steps = std::mem::take(&mut self.steps);
        // With their depths, because there are some without a step of their own, whose children are their parent's then:
        // what has a label in common, and who left without unwinding.
        let mut open: Vec<(u32, u32)> = Vec::with_capacity(16);
        for &(site, depth, is_call, nanos) in steps.iter().rev() {
            while open.pop_if(|&mut (above, _)| above >= depth).is_some() {}
            let parent = open.last().map_or(base, |&(_, node)| node);
            let node = self.below(parent, site, self.is_alone);
            // Where there was no room for all that is around, it is the innermost with a node that has the rest below.
            let parent = if open.is_empty() { known } else { parent };
            self.add(node, parent, f64::from(u8::from(is_call)) * self.weight, nanos * self.weight);
            if depth == 0 && self.is_apart {
                self.set_apart(node, nanos * self.weight);
            }
            open.push((depth, node));
        }
        steps.clear();
        self.steps = steps;
    }

    fn add(&mut self, node: u32, parent: u32, calls: f64, nanos: f64) {
        if let Some(node) = self.nodes.get_mut(node as usize) {
            node.calls += calls;
            node.nanos += nanos;
        } else if let Some(parent) = self.nodes.get_mut(parent as usize) {
            parent.other.calls += calls;
            parent.other.nanos += nanos;
        }
        // Below a path without a node all is part of the time that the first of them took.
    }

    fn set_apart(&mut self, node: u32, nanos: f64) {
        if let Some(node) = self.nodes.get_mut(node as usize) {
            node.apart += nanos;
        }
    }

    /// The node of `site` below `parent`; [`OTHER`] where there is no room for it.
    fn below(&mut self, parent: u32, site: u32, is_around: bool) -> u32 {
        if parent == OTHER {
            return OTHER;
        }
        if let Some(&node) = self.by_step.get(&(parent, site, is_around)) {
            return node;
        }
        let depth = self.nodes[parent as usize].depth + 1;
        // The root is none of those that are counted.
        if self.nodes.len() > self.limit || depth > DEEPEST {
            return OTHER;
        }
        let node = self.nodes.len() as u32;
        self.nodes.push(Node { site, parent, depth, is_around, ..Node::default() });
        self.by_step.insert((parent, site, is_around), node);
        node
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::call::step::Part;

    /// A call and those below it.
    #[derive(Clone, Debug)]
    struct Call {
        site: u32,
        own: u64,
        below: Vec<Call>,
    }

    impl Call {
        fn total(&self) -> u64 {
            self.own + self.below.iter().map(Self::total).sum::<u64>()
        }

        fn end(&self, depth: u32, steps: &mut Vec<Step>) {
            for call in &self.below {
                call.end(depth + 1, steps);
            }
            let (site, ticks) = (self.site, self.total());
            steps.push(Step::Over { site, depth, part: Part::Call, ending: None, start: 0, ticks });
        }

        /// Calls and time by path.
        fn sum(&self, path: &[u32], weight: f64, sums: &mut BTreeMap<Vec<u32>, (f64, f64)>) {
            let path: Vec<u32> = path.iter().copied().chain([self.site]).collect();
            let sum = sums.entry(path.clone()).or_default();
            sum.0 += weight;
            sum.1 += weight * self.total() as f64;
            for call in &self.below {
                call.sum(&path, weight, sums);
            }
        }
    }

    fn calls() -> impl Strategy<Value = Call> {
        let leaf = (0_u32..4, 0_u64..100).prop_map(|(site, own)| Call { site, own, below: Vec::new() });
        leaf.prop_recursive(5, 40, 4, |inner| {
            (0_u32..4, 0_u64..100, prop::collection::vec(inner, 0..4)).prop_map(|(site, own, below)| Call {
                site,
                own,
                below,
            })
        })
    }

    fn take(tree: &mut Tree, steps: &[Step]) {
        for step in steps {
            tree.take(*step, |ticks| ticks as f64);
        }
    }

    fn trace(path: &[u32], weight: u64, call: &Call) -> Vec<Step> {
        let mut steps: Vec<Step> = path.iter().map(|&site| Step::Below { site }).collect();
        steps.push(Step::Weight { weight, is_apart: false, is_alone: false });
        call.end(0, &mut steps);
        steps.push(Step::End);
        steps
    }

    fn path_of(tree: &Tree, mut at: u32) -> Vec<u32> {
        let mut path = Vec::new();
        while at != ROOT {
            let node = &tree.nodes()[at as usize];
            path.insert(0, node.site);
            at = node.parent;
        }
        path
    }

    #[test]
    fn where_a_depth_has_no_step_all_calls_below_it_are_one_beside_the_other() {
        let mut tree = Tree::new(u32::MAX);
        let over = |site, depth| Step::Over { site, depth, part: Part::Call, ending: None, start: 0, ticks: 1 };
        let weight = Step::Weight { weight: 1, is_apart: false, is_alone: false };
        take(&mut tree, &[weight, over(3, 3), over(1, 2), over(2, 2), over(0, 0), Step::End]);
        let paths: Vec<Vec<u32>> = (1..tree.nodes().len() as u32).map(|at| path_of(&tree, at)).collect();
        assert_eq!(paths, [vec![0], vec![0, 2], vec![0, 1], vec![0, 1, 3]]);
    }

    #[test]
    fn what_is_deeper_than_anybody_reads_is_other_and_its_time_stays_in_the_path() {
        let deep = (0..600).fold(Call { site: 1, own: 1, below: Vec::new() }, |below, _| Call {
            site: 0,
            own: 1,
            below: vec![below],
        });
        let mut tree = Tree::new(u32::MAX);
        take(&mut tree, &trace(&[], 1, &deep));
        assert_eq!(tree.nodes().len() as u32, DEEPEST + 1);
        let deepest = tree.nodes().last().unwrap();
        // The first that has no node has in its time all that is below it.
        assert_eq!((deepest.nanos, deepest.other.calls, deepest.other.nanos), (90.0, 1.0, 89.0));
    }

    proptest! {
        #[test]
        fn a_tree_has_for_each_path_the_sums_of_all_calls_by_that_path(
            traces in prop::collection::vec((prop::collection::vec(0_u32..4, 0..3), 1_u64..9, calls()), 1..8)
        ) {
            let mut tree = Tree::new(u32::MAX);
            let mut sums = BTreeMap::new();
            for (path, weight, call) in &traces {
                take(&mut tree, &trace(path, *weight, call));
                call.sum(path, *weight as f64, &mut sums);
            }
            let mut found: BTreeMap<Vec<u32>, (f64, f64)> = BTreeMap::new();
            for at in 1..tree.nodes().len() as u32 {
                let node = tree.nodes()[at as usize];
                let sum = found.entry(path_of(&tree, at)).or_default();
                *sum = (sum.0 + node.calls, sum.1 + node.nanos);
            }
            found.retain(|_, (calls, _)| *calls > 0.0);
            prop_assert_eq!(found, sums);
        }

        #[test]
        fn where_there_is_no_room_nothing_is_lost_but_the_path(
            traces in prop::collection::vec((prop::collection::vec(0_u32..4, 0..3), calls()), 1..20),
            limit in 1_u32..20
        ) {
            let mut tree = Tree::new(limit);
            for (path, call) in &traces {
                take(&mut tree, &trace(path, 1, call));
            }
            prop_assert!(tree.nodes().len() <= limit as usize + 1);
            let is_outer = |at: u32| at == ROOT || tree.nodes()[at as usize].is_around;
            let of_outer = |(at, node): (usize, &Node)| {
                let own = if at > 0 && is_outer(node.parent) { node.nanos } else { 0.0 };
                own + if is_outer(at as u32) { node.other.nanos } else { 0.0 }
            };
            let outermost: f64 = tree.nodes().iter().enumerate().map(of_outer).sum();
            prop_assert_eq!(outermost as u64, traces.iter().map(|(_, call)| call.total()).sum::<u64>());
            for (at, node) in tree.nodes().iter().enumerate().skip(1).filter(|(_, node)| !node.is_around) {
                let below = |other: &&Node| other.parent as usize == at;
                let below: f64 = tree.nodes()[1..].iter().filter(below).map(|node| node.nanos).sum();
                prop_assert!(node.nanos >= below + node.other.nanos);
            }
        }
    }
}
