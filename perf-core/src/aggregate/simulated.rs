//! Random programs whose calls are all known, of which some are traced.

use std::collections::HashMap;

use super::tree::Node;

struct Random(u64);

impl Random {
    /// Between zero and one.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ bits >> 31) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() * limit as f64) as usize
    }
}

/// Calls by path.
#[derive(Clone)]
pub(crate) struct Paths {
    pub(crate) nodes: Vec<Node>,
    by_step: HashMap<(u32, u32), u32>,
}

impl Paths {
    fn new() -> Self {
        Self { nodes: vec![Node::default()], by_step: HashMap::new() }
    }

    fn add(&mut self, site: u32, parent: u32, calls: f64) -> u32 {
        let next = self.nodes.len() as u32;
        let node = *self.by_step.entry((site, parent)).or_insert(next);
        if node == next {
            self.nodes.push(Node { site, parent, ..Node::default() });
        }
        self.nodes[node as usize].calls += calls;
        node
    }
}

/// How a random program ran.
pub(crate) struct Run {
    random: Random,
    /// Of each function, whom it calls, and how likely.
    callees: Vec<Vec<(usize, f64)>>,
    /// What part of the calls from outside is traced, and of those from inside that are not in a trace.
    traced: Vec<f64>,
    mistaken: f64,
    /// What was traced, and all.
    pub(crate) seen: Paths,
    all: Paths,
    pub(crate) calls: Vec<f64>,
}

impl Run {
    /// So many calls from outside, of which a quarter is traced; less, up to `unlike` times, of some functions. Of those
    /// from inside that are not in a trace the part `mistaken` is.
    pub(crate) fn new(seed: u64, entries: u32, unlike: f64, mistaken: f64) -> Self {
        let mut random = Random(seed);
        let functions = 2 + random.below(5);
        let mut callees = |_| {
            let count = 1 + random.below(3);
            let most = 1.0 - 0.7 * random.next().powi(2);
            (0..count).map(|_| (random.below(functions), most / count as f64)).collect()
        };
        let callees = (0..functions).map(&mut callees).collect();
        let traced = (0..functions).map(|_| 0.25 * unlike.powf(-random.next())).collect();
        let rates: Vec<f64> = (0..functions).map(|_| (random.next() - 0.3).max(0.01)).collect();
        let mut run = Self {
            random,
            callees,
            traced,
            mistaken,
            seen: Paths::new(),
            all: Paths::new(),
            calls: vec![0.0; functions],
        };
        for (function, rate) in rates.iter().enumerate() {
            for _ in 0..(f64::from(entries) * rate / rates.iter().sum::<f64>()) as u32 {
                let trace = (run.random.next() < run.traced[function]).then_some(0);
                run.call(function, 0, trace, 1);
            }
        }
        run
    }

    /// A call below `above`, in a trace below `trace`.
    fn call(&mut self, function: usize, above: u32, trace: Option<u32>, depth: u32) {
        self.calls[function] += 1.0;
        let here = self.all.add(function as u32, above, 1.0);
        let trace = trace.or_else(|| (depth > 1 && self.random.next() < self.mistaken).then_some(0));
        let trace = trace.map(|trace| self.seen.add(function as u32, trace, 1.0));
        for at in 0..self.callees[function].len() {
            let (callee, likely) = self.callees[function][at];
            if self.random.next() < likely && depth < 40 {
                self.call(callee, here, trace, depth + 1);
            }
        }
    }

    /// By how much the share of any path of all calls is off, those below it included.
    pub(crate) fn error(&self, scaled: &[Node]) -> f64 {
        let mut off = self.all.clone();
        let mut places = vec![0];
        for node in &scaled[1..] {
            places.push(off.add(node.site, places[node.parent as usize], -node.calls));
        }
        let mut most = 0.0_f64;
        for at in (1..off.nodes.len()).rev() {
            let Node { parent, calls, .. } = off.nodes[at];
            off.nodes[parent as usize].calls += if parent == 0 { 0.0 } else { calls };
            most = most.max(calls.abs());
        }
        most / self.calls.iter().sum::<f64>()
    }
}
