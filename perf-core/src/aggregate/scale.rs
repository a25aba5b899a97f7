//! From what was traced to all that was called.
//!
//! Not all calls are traced, and not as many of one function as of another. But of each function it is
//! known how often it was called, exactly. So each trace counts as many times as makes it right: the calls of a
//! function that traces began with, times what those traces count, and its calls inside traces of others, times what
//! these count, are all its calls. There are as many unknowns as functions that traces began with, and each is found
//! from the others (Gauss and Seidel's iteration). A function that traces began with by mistake, because it was not
//! seen that it was below another, counts nothing, since the traces of that one have all its calls already.

use std::collections::{BTreeMap, HashMap};

use super::tree::Node;

/// Rounds of the iteration. Functions seldom call one another in circles: each round settles one more step inwards.
const ROUNDS: u32 = 12;

/// Fewer calls than this share of a function's are not told from none.
const NOISE: f64 = 0.02;

/// Lets what was traced at each node count as many times as makes calls add up to what `calls` gives for each site.
pub(crate) fn scale(nodes: &mut [Node], calls: impl Fn(u32) -> f64) {
    let tops = tops(nodes);
    let factors = factors(nodes, &tops, calls);
    // Calls without nodes of their own that traces began with may be of any function.
    let (mut before, mut after) = (0.0, 0.0);
    for (node, top) in nodes.iter().zip(&tops).skip(1) {
        if *top == Some(node.site) && begins(nodes, node) {
            before += node.calls;
            after += node.calls * factors[&node.site];
        }
    }
    let of_any = if before > 0.0 { after / before } else { 1.0 };
    for (at, (node, top)) in nodes.iter_mut().zip(tops).enumerate() {
        let factor = top.map_or(of_any, |top| factors[&top]);
        let others = if at == 0 || node.is_around { of_any } else { factor };
        node.calls *= factor;
        node.nanos *= factor;
        node.apart *= factor;
        node.other.calls *= others;
        node.other.nanos *= others;
    }
}

/// A function that traces began with.
struct Top {
    /// All its calls, and those in its own traces.
    all: f64,
    own: f64,
    /// Who else has calls of it in their traces.
    others: Vec<(usize, f64)>,
}

/// How many times the traces of each function count that traces began with.
fn factors(nodes: &[Node], tops: &[Option<u32>], calls: impl Fn(u32) -> f64) -> HashMap<u32, f64> {
    // Of each function, how many calls of it there are in whose traces.
    let mut seen: BTreeMap<u32, BTreeMap<u32, f64>> = BTreeMap::new();
    for (node, top) in nodes.iter().zip(tops) {
        if let Some(top) = *top {
            *seen.entry(node.site).or_default().entry(top).or_default() += node.calls;
            seen.entry(top).or_default();
        }
    }
    let mut sites: Vec<u32> = tops.iter().flatten().copied().collect();
    sites.sort_unstable();
    sites.dedup();
    let place: HashMap<u32, usize> = sites.iter().enumerate().map(|(at, &site)| (site, at)).collect();
    let top = |site: &u32| {
        let by_top = &seen[site];
        let others = by_top.iter().filter(|(other, _)| *other != site).map(|(other, &calls)| (place[other], calls));
        Top { all: calls(*site), own: by_top.get(site).copied().unwrap_or(0.0), others: others.collect() }
    };
    let tops: Vec<Top> = sites.iter().map(top).collect();
    let mut factors = vec![0.0; tops.len()];
    for _ in 0..ROUNDS {
        for (at, top) in tops.iter().enumerate() {
            let by_others: f64 = top.others.iter().map(|&(other, calls)| factors[other] * calls).sum();
            let left = top.all - by_others;
            factors[at] = if top.own > 0.0 && left > NOISE * top.all { left / top.own } else { 0.0 };
        }
    }
    sites.into_iter().zip(factors).collect()
}

/// Whether traces began at a node, or it is around some.
fn begins(nodes: &[Node], node: &Node) -> bool {
    node.is_around || node.parent == 0 || nodes[node.parent as usize].is_around
}

/// The function that the traces at each node began with; none for what is no function's. Calls that were too long to be
/// traced as a whole were sampled by themselves, and stand for calls as the others of their function do.
fn tops(nodes: &[Node]) -> Vec<Option<u32>> {
    let mut tops: Vec<Option<u32>> = Vec::with_capacity(nodes.len());
    for (at, node) in nodes.iter().enumerate() {
        let top = if begins(nodes, node) { Some(node.site) } else { tops[node.parent as usize] };
        tops.push(top.filter(|_| at != 0));
    }
    tops
}

#[cfg(test)]
mod tests {
    use super::super::tree::Other;
    use super::*;

    fn node(site: u32, parent: u32, calls: f64) -> Node {
        Node { site, parent, calls, ..Node::default() }
    }

    fn around(site: u32, parent: u32, calls: f64) -> Node {
        Node { is_around: true, ..node(site, parent, calls) }
    }

    fn scaled(nodes: &[Node], calls: &[f64]) -> Vec<f64> {
        let mut nodes = nodes.to_vec();
        scale(&mut nodes, |site| calls[site as usize]);
        nodes[1..].iter().map(|node| node.calls.round()).collect()
    }

    #[test]
    fn calls_of_a_root_are_all_its_calls() {
        let nodes = [Node::default(), node(0, 0, 10.0), node(1, 1, 30.0)];
        assert_eq!(scaled(&nodes, &[1000.0, 3000.0]), [1000.0, 3000.0]);
    }

    #[test]
    fn who_is_called_by_another_and_by_nobody_has_as_many_roots_as_the_other_leaves() {
        let nodes = [Node::default(), node(0, 0, 10.0), node(1, 1, 10.0), node(1, 0, 50.0)];
        assert_eq!(scaled(&nodes, &[1000.0, 1200.0]), [1000.0, 1000.0, 200.0]);
    }

    #[test]
    fn a_root_by_mistake_counts_nothing() {
        let nodes = [Node::default(), node(0, 0, 10.0), node(1, 1, 20.0), node(1, 0, 500.0), node(2, 3, 500.0)];
        assert_eq!(scaled(&nodes, &[1000.0, 2000.0, 2000.0]), [1000.0, 2000.0, 0.0, 0.0]);
    }

    #[test]
    fn recursion_is_in_the_traces_of_the_function_itself() {
        let nodes = [Node::default(), node(0, 0, 10.0), node(0, 1, 20.0)];
        assert_eq!(scaled(&nodes, &[300.0]), [100.0, 200.0]);
    }

    #[test]
    fn what_is_around_traces_counts_for_itself() {
        let nodes = [Node::default(), around(0, 0, 2.0), node(1, 1, 10.0)];
        assert_eq!(scaled(&nodes, &[2.0, 500.0]), [2.0, 500.0]);
    }

    #[test]
    fn functions_that_call_one_another_in_a_circle_have_all_their_calls() {
        // 0 calls 1; 1 calls 0 in half of its calls; both are roots too.
        let nodes = [Node::default(), node(0, 0, 10.0), node(1, 1, 10.0), node(1, 0, 10.0), node(0, 3, 5.0)];
        let scaled = scaled(&nodes, &[150.0, 260.0]);
        assert_eq!((scaled[0] + scaled[3], scaled[1] + scaled[2]), (150.0, 260.0));
    }

    #[test]
    fn calls_that_were_too_long_count_beside_those_that_were_traced_as_a_whole() {
        let nodes = [Node::default(), node(0, 0, 10.0), node(1, 1, 50.0), around(0, 0, 30.0), node(1, 3, 100.0)];
        assert_eq!(scaled(&nodes, &[80.0, 9100.0]), [20.0, 100.0, 60.0, 9000.0]);
    }

    #[test]
    fn calls_without_nodes_that_traces_began_with_count_as_those_with_nodes_do() {
        let other = Other { calls: 5.0, nanos: 50.0 };
        let mut nodes = [Node { other, ..Node::default() }, node(3, 0, 10.0), Node { other, ..around(4, 0, 0.0) }];
        scale(&mut nodes, |site| if site == 3 { 40.0 } else { 0.0 });
        assert_eq!([nodes[0].other, nodes[2].other], [Other { calls: 20.0, nanos: 200.0 }; 2]);
    }

    #[test]
    fn of_many_functions_those_are_looked_at_that_have_to_do_with_one_another() {
        // Were all looked at for each, it would take minutes.
        let mut nodes = vec![Node::default()];
        nodes.extend((1..40_000).map(|site| node(site, 0, 2.0)));
        scale(&mut nodes, |_| 6.0);
        assert!(nodes[1..].iter().all(|node| node.calls.round() as u32 == 6));
    }
}
