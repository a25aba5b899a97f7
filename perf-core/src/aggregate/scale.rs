//! From what was traced to all that was called.
//!
//! Not all calls are traced, and not as many of one function as of another. But of each function it is
//! known how often it was called, exactly. So each trace counts as many times as makes it right: the calls of a
//! function that traces began with, times what those traces count, and its calls inside traces of others, times what
//! these count, are all its calls. There are as many unknowns as functions that traces began with, and each is found
//! from the others (Gauss and Seidel's iteration). A function that traces began with by mistake, because it was not
//! seen that it was below another, counts nothing, since the traces of that one have all its calls already.

use std::collections::HashMap;

use super::tree::Node;

/// Rounds of the iteration. Functions seldom call one another in circles: each round settles one more step inwards.
const ROUNDS: u32 = 12;

/// Fewer calls than this share of a function's are not told from none.
const NOISE: f64 = 0.02;

/// For each node, how many times what was traced there counts, so that calls add up to what `calls` gives for each
/// site. Nodes that are around traces were sampled by themselves.
pub(crate) fn factors(nodes: &[Node], calls: impl Fn(u32) -> f64) -> Vec<f64> {
    let tops = tops(nodes);
    // How many calls of a function the traces of another have.
    let mut seen: HashMap<Top, HashMap<u32, f64>> = HashMap::new();
    for (node, top) in nodes.iter().zip(&tops).skip(1) {
        *seen.entry(*top).or_default().entry(node.site).or_default() += node.calls;
    }
    let mut order: Vec<Top> = seen.keys().copied().collect();
    order.sort_unstable();
    let mut factors: HashMap<Top, f64> = order.iter().map(|&top| (top, 0.0)).collect();
    for _ in 0..ROUNDS {
        for top in &order {
            let own = seen[top].get(&top.site).copied().unwrap_or(0.0);
            let by_others = order
                .iter()
                .filter(|other| *other != top)
                .map(|other| factors[other] * seen[other].get(&top.site).copied().unwrap_or(0.0));
            let all = calls(top.site);
            let left = all - by_others.sum::<f64>();
            let factor = if own > 0.0 && left > NOISE * all { left / own } else { 0.0 };
            factors.insert(*top, factor);
        }
    }
    tops.iter().map(|top| factors.get(top).copied().unwrap_or(0.0)).collect()
}

/// What the traces at a node began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Top {
    site: u32,
    is_around: bool,
}

fn tops(nodes: &[Node]) -> Vec<Top> {
    let mut tops: Vec<Top> = Vec::with_capacity(nodes.len());
    for (at, node) in nodes.iter().enumerate() {
        let is_inside = at > 0 && node.parent != 0 && !node.is_around && !nodes[node.parent as usize].is_around;
        let top = Top { site: node.site, is_around: node.is_around };
        tops.push(if is_inside { tops[node.parent as usize] } else { top });
    }
    tops
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(site: u32, parent: u32, calls: f64) -> Node {
        Node { site, parent, calls, ..Node::default() }
    }

    fn around(site: u32, parent: u32, calls: f64) -> Node {
        Node { is_around: true, ..node(site, parent, calls) }
    }

    fn scaled(nodes: &[Node], calls: &[f64]) -> Vec<f64> {
        let factors = factors(nodes, |site| calls[site as usize]);
        nodes.iter().zip(factors).skip(1).map(|(node, factor)| (node.calls * factor).round()).collect()
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
}
