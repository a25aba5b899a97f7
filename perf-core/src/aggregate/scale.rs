//! From what was traced to all that was called.
//!
//! Not all calls are traced, and not as many of one function as of another. But of each function it is
//! known how often it was called, exactly. So each trace counts as many times as makes it right: the calls of a
//! function that traces began with, times what those traces count, and its calls inside traces of others, times what
//! these count, are all its calls. There are as many unknowns as functions that traces began with. Those that are in
//! nobody's traces but their own are found at once, then those that are only in theirs, and so on inwards; for those
//! that call one another in a circle, see [`super::circle`]. A function that traces began with by mistake, because it
//! was not seen that it was below another, counts nothing, since the traces of that one have all its calls already.
//!
//! Traces are a sample, so what they come to then is a little off: calls are corrected for each function, times stay
//! as they are, because those of a call are part of those around it.

use std::collections::VecDeque;

use super::circle;
use super::tree::Node;

/// Fewer calls than this share of a function's are not told from none; where each of them would count
/// [much less](ALIKE) than those of who calls it, fewer than the other.
const NOISE: f64 = 0.02;
const LOUD_NOISE: f64 = 0.1;

/// Traces of functions that call one another count about the same number of times, up to this factor.
const ALIKE: f64 = 4.0;

/// By more than this factor calls are not corrected: that many are not off by chance, but nobody's traces have them.
const MOST: f64 = 2.0;

/// Where there are few traces of a function, what they count at other times stands for so many more, if that rests on
/// many; one less for each so many that there are.
const FAITH: f64 = 16.0;
const MANY: f64 = 64.0;
const FADING: f64 = 4.0;

/// What is known of a function beside its traces.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Called {
    /// How often it was called.
    pub(crate) calls: f64,
    /// How many times its traces count at other times; and as how many calls in traces that is to count.
    pub(crate) factor: f64,
    pub(crate) faith: f64,
}

/// Lets what was traced at each node count as many times as makes calls add up to what `called` has for each site.
pub(crate) fn scale(nodes: &mut [Node], called: &[Called]) {
    let tops = tops(nodes);
    let factors = factors(nodes, &tops, called);
    // Calls without nodes of their own that traces began with may be of any function.
    let (mut before, mut after) = (0.0, 0.0);
    for node in nodes.iter().skip(1).filter(|node| begins(nodes, node)) {
        before += node.calls;
        after += node.calls * factors[node.site as usize];
    }
    let of_any = if before > 0.0 { after / before } else { 1.0 };
    for (at, (node, top)) in nodes.iter_mut().zip(tops).enumerate() {
        let factor = top.map_or(of_any, |top| factors[top as usize]);
        let others = if at == 0 || node.is_around { of_any } else { factor };
        node.calls *= factor;
        node.nanos *= factor;
        node.apart *= factor;
        node.other.calls *= others;
        node.other.nanos *= others;
    }
    correct(nodes, called);
}

/// Lets the calls of each function add up, where that takes little.
fn correct(nodes: &mut [Node], called: &[Called]) {
    let mut sums = vec![0.0; called.len()];
    for node in nodes.iter().skip(1) {
        sums[node.site as usize] += node.calls;
    }
    // Those that have no nodes may be of any function.
    let most = if nodes.iter().any(|node| node.other.calls > 0.0) { 1.0 } else { MOST };
    for node in nodes.iter_mut().skip(1) {
        let (all, sum) = (called[node.site as usize].calls, sums[node.site as usize]);
        if all > 0.0 && sum > 0.0 {
            node.calls *= (all / sum).clamp(1.0 / MOST, most);
        }
    }
}

/// What is to be remembered of how many times the traces of each function count, for when there are only few of them.
pub(crate) fn remember(nodes: &[Node], called: &mut [Called], traces: u64) {
    let tops = tops(nodes);
    let factors = factors(nodes, &tops, called);
    let mut own = vec![0.0; called.len()];
    for node in nodes.iter().skip(1).filter(|node| begins(nodes, node)) {
        own[node.site as usize] += node.calls;
    }
    // What a trace stands for, on average.
    let weight = own.iter().sum::<f64>() / traces.max(1) as f64;
    for ((called, factor), own) in called.iter_mut().zip(factors).zip(own) {
        called.factor = factor;
        called.faith = if own >= MANY * weight { (FAITH * weight).min(own / FAITH) } else { 0.0 };
    }
}

/// A function that traces began with.
#[derive(Default)]
pub(super) struct Top {
    pub(super) called: Called,
    /// Its calls in its own traces, and whose traces have how many others of it.
    pub(super) own: f64,
    pub(super) others: Vec<(usize, f64)>,
    /// Who has calls in its traces.
    pub(super) inner: Vec<usize>,
}

impl Top {
    /// Calls of it that are not in traces of others, given what those count.
    pub(super) fn left(&self, factors: &[f64]) -> f64 {
        self.called.calls - self.others.iter().map(|&(other, calls)| factors[other] * calls).sum::<f64>()
    }

    /// How many times its traces count, given what those of others do.
    fn factor(&self, factors: &[f64]) -> f64 {
        let Called { calls, factor, faith } = self.called;
        if calls <= 0.0 || self.own <= 0.0 {
            // What is in its traces is of calls that began earlier.
            return factor;
        }
        let left = self.left(factors);
        let (mut seen, mut all) = (0.0, 0.0);
        for &(other, calls) in &self.others {
            seen += calls;
            all += factors[other] * calls;
        }
        let is_unlike = left * ALIKE * seen < all * self.own;
        let noise = if is_unlike { LOUD_NOISE } else { NOISE };
        let faith = (faith - self.own / FADING).max(0.0);
        if left > noise * calls { (left + factor * faith) / (self.own + faith) } else { 0.0 }
    }
}

/// How many times the traces of each function count; 0 for those that none began with.
fn factors(nodes: &[Node], tops: &[Option<u32>], called: &[Called]) -> Vec<f64> {
    let (sites, tops) = equations(nodes, tops, called);
    let mut found = vec![0.0; tops.len()];
    let order = Order::of(&tops);
    for &at in &order.first {
        found[at] = tops[at].factor(&found);
    }
    circle::solve(&tops, &order.circle, &mut found);
    for &at in &order.last {
        found[at] = tops[at].factor(&found);
    }
    let mut factors = vec![0.0; called.len()];
    for (site, found) in sites.into_iter().zip(found) {
        factors[site as usize] = found;
    }
    factors
}

/// The functions that traces began with, and what is known of each.
fn equations(nodes: &[Node], tops: &[Option<u32>], called: &[Called]) -> (Vec<u32>, Vec<Top>) {
    let mut sites: Vec<u32> = tops.iter().flatten().copied().collect();
    sites.sort_unstable();
    sites.dedup();
    let mut place = vec![None; called.len()];
    for (at, &site) in sites.iter().enumerate() {
        place[site as usize] = Some(at);
    }
    let mut found: Vec<Top> =
        sites.iter().map(|&site| Top { called: called[site as usize], ..Top::default() }).collect();
    let mut seen: Vec<(usize, usize, f64)> = Vec::with_capacity(nodes.len());
    for (node, top) in nodes.iter().zip(tops) {
        // First who traces began with: the node of all is no function's.
        if let Some(top) = top.and_then(|top| place[top as usize])
            && let Some(at) = place[node.site as usize]
        {
            seen.push((at, top, node.calls));
        }
    }
    seen.sort_unstable_by_key(|&(at, top, _)| (at, top));
    for calls in seen.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let (at, top, _) = calls[0];
        let sum = calls.iter().map(|calls| calls.2).sum();
        if at == top {
            found[at].own = sum;
        } else if sum > 0.0 {
            found[at].others.push((top, sum));
            found[top].inner.push(at);
        }
    }
    (sites, found)
}

/// In which order functions are found.
struct Order {
    /// Those that are only in traces of ones before them.
    first: Vec<usize>,
    /// Those that are in a circle, or between two.
    circle: Vec<usize>,
    /// Those that only have in their traces ones after them.
    last: Vec<usize>,
}

impl Order {
    fn of(tops: &[Top]) -> Self {
        let mut is_placed = vec![false; tops.len()];
        let outer = |at: usize| tops[at].others.iter().map(|other| other.0).collect::<Vec<_>>();
        let inner = |at: usize| tops[at].inner.clone();
        let first = peel(&mut is_placed, outer, inner);
        let mut last = peel(&mut is_placed, inner, outer);
        last.reverse();
        Self { first, circle: (0..tops.len()).filter(|&at| !is_placed[at]).collect(), last }
    }
}

/// Places one after the other those that have none but placed ones before them.
fn peel(
    is_placed: &mut [bool],
    before: impl Fn(usize) -> Vec<usize>,
    after: impl Fn(usize) -> Vec<usize>,
) -> Vec<usize> {
    let waits = |at: usize| before(at).iter().filter(|&&before| !is_placed[before]).count();
    let mut waits: Vec<usize> = (0..is_placed.len()).map(waits).collect();
    let mut ready: VecDeque<usize> = (0..waits.len()).filter(|&at| !is_placed[at] && waits[at] == 0).collect();
    let mut placed = Vec::new();
    while let Some(at) = ready.pop_front() {
        is_placed[at] = true;
        placed.push(at);
        for after in after(at).into_iter().filter(|&after| !is_placed[after]) {
            waits[after] -= 1;
            if waits[after] == 0 {
                ready.push_back(after);
            }
        }
    }
    placed
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
    use super::super::simulated::Run;
    use super::super::tree::Other;
    use super::*;

    fn node(site: u32, parent: u32, calls: f64) -> Node {
        Node { site, parent, calls, ..Node::default() }
    }

    fn around(site: u32, parent: u32, calls: f64) -> Node {
        Node { is_around: true, ..node(site, parent, calls) }
    }

    fn called(calls: &[f64]) -> Vec<Called> {
        calls.iter().map(|&calls| Called { calls, ..Called::default() }).collect()
    }

    fn scaled(nodes: &[Node], calls: &[f64]) -> Vec<f64> {
        let mut nodes = nodes.to_vec();
        scale(&mut nodes, &called(calls));
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
    fn where_there_is_no_function_nothing_counts() {
        assert!(scaled(&[Node::default()], &[]).is_empty());
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
        scale(&mut nodes, &called(&[0.0, 0.0, 0.0, 40.0, 0.0]));
        assert_eq!([nodes[0].other, nodes[2].other], [Other { calls: 20.0, nanos: 200.0 }; 2]);
    }

    #[test]
    fn of_many_functions_those_are_looked_at_that_have_to_do_with_one_another() {
        // Were all looked at for each, it would take minutes.
        let mut nodes = vec![Node::default()];
        nodes.extend((1..40_000).map(|site| node(site, 0, 2.0)));
        scale(&mut nodes, &called(&vec![6.0; 40_000]));
        assert!(nodes[1..].iter().all(|node| node.calls.round() as u32 == 6));
    }

    #[test]
    fn calls_come_out_right_whoever_calls_whom() {
        let mut errors = Vec::new();
        for seed in 0..60 {
            let run = Run::new(seed, 8000, 1.5, 0.0);
            let mut nodes = run.seen.nodes.clone();
            scale(&mut nodes, &called(&run.calls));
            for (site, calls) in run.calls.iter().enumerate() {
                let found: f64 = nodes[1..].iter().filter(|node| node.site == site as u32).map(|node| node.calls).sum();
                assert!((found / calls - 1.0).abs() < 1e-9, "{found} of {calls} in run {seed}");
            }
            errors.push(run.error(&nodes));
        }
        // What is left is chance: of calls that go on and on, few are traced.
        errors.sort_by(f64::total_cmp);
        assert!(errors[30] < 0.03 && errors[54] < 0.06 && errors[59] < 0.12, "{errors:?}");
    }

    #[test]
    fn of_functions_in_a_circle_chance_does_not_decide_who_has_the_calls() {
        // Each calls the other nearly always, so what is below one is nearly what is below the other. A tenth of all calls
        // was traced, give or take one in two hundred.
        let of_first = [node(0, 0, 100.0), node(1, 1, 5050.0), node(0, 2, 5000.0)];
        let of_second = [node(1, 0, 100.0), node(0, 4, 5050.0), node(1, 5, 5000.0)];
        let nodes: Vec<Node> = [Node::default()].into_iter().chain(of_first).chain(of_second).collect();
        let scaled = scaled(&nodes, &[101_500.0 + 500.0, 101_500.0 - 500.0]);
        assert!([scaled[0], scaled[3]].iter().all(|calls| (800.0..1200.0).contains(calls)), "{scaled:?}");
        assert!((scaled[0] + scaled[2] + scaled[4] - 102_000.0).abs() < 2.0, "{scaled:?}");
    }

    #[test]
    fn what_is_in_traces_of_calls_that_began_earlier_counts_as_they_did() {
        let mut nodes = [Node::default(), Node { nanos: 50.0, ..node(0, 0, 0.0) }, node(1, 1, 5.0)];
        scale(&mut nodes, &[Called { calls: 0.0, factor: 4.0, faith: 0.0 }, Called::default()]);
        assert_eq!((nodes[1].nanos, nodes[2].calls), (200.0, 20.0));
    }

    #[test]
    fn where_there_are_few_traces_those_before_count_too() {
        let mut nodes = [Node::default(), Node { nanos: 10.0, ..node(0, 0, 1.0) }];
        let mut called = [Called { calls: 1000.0, ..Called::default() }];
        remember(&[Node::default(), node(0, 0, 100.0)], &mut called, 100);
        assert_eq!(called[0], Called { calls: 1000.0, factor: 10.0, faith: 6.25 });
        called[0].calls = 30.0;
        scale(&mut nodes, &called);
        assert!((100.0..150.0).contains(&nodes[1].nanos), "{nodes:?}");
    }
}
