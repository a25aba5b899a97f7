//! From a query to the ten best documents.

use perf_runtime::profiled;

use crate::executor::yield_now;
use crate::inverted::Index;
use crate::postings::Postings;
use crate::query::{Clause, QueryError, parse};

/// How many documents an answer names.
const BEST: usize = 10;

/// Okapi BM25: how soon more of the same word counts less, and how much long documents are held back.
/// The usual values (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009).
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// A document, and how well it matches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) document: u32,
    pub(crate) score: f64,
}

/// Documents in rising order, and how often each matches.
type Matches = Vec<(u32, u32)>;

/// The best documents, best first. Lets others go on after each clause.
#[profiled(workload = "micro", alloc)]
pub(crate) async fn answer(index: &Index, text: &str) -> Result<Vec<Hit>, QueryError> {
    let query = parse(text)?;
    let mut found: Option<Vec<Hit>> = None;
    for clause in &query.clauses {
        yield_now().await;
        let matches = find(index, clause);
        found = Some(rank(index, found, &matches));
    }
    Ok(best(found.unwrap_or_default()))
}

#[profiled(workload = "micro", label(kind = clause.kind()))]
fn find(index: &Index, clause: &Clause) -> Matches {
    match clause {
        Clause::Word(word) => index.postings(word).map(count).unwrap_or_default(),
        Clause::Prefix(prefix) => with_prefix(index, prefix),
        Clause::Phrase(words) => phrase(index, words),
    }
}

#[profiled(workload = "micro")]
fn count(postings: &Postings) -> Matches {
    let mut matches = Vec::with_capacity(postings.docs as usize);
    let (mut places, mut positions) = (postings.places(), Vec::new());
    while let Some(document) = places.next_into(&mut positions) {
        matches.push((document, positions.len() as u32));
    }
    matches
}

#[profiled(workload = "micro")]
fn with_prefix(index: &Index, prefix: &str) -> Matches {
    let mut all: Matches = index.with_prefix(prefix).flat_map(count).collect();
    all.sort_unstable_by_key(|&(document, _)| document);
    all.dedup_by(|later, kept| {
        let is_same = later.0 == kept.0;
        kept.1 += if is_same { later.1 } else { 0 };
        is_same
    });
    all
}

/// Goes through the documents of the first word, and keeps the positions that the others follow.
#[profiled(workload = "micro")]
fn phrase(index: &Index, words: &[String]) -> Matches {
    let Some(lists) = words.iter().map(|word| index.postings(word)).collect::<Option<Vec<_>>>() else {
        return Matches::new();
    };
    let Some((first, others)) = lists.split_first() else { return Matches::new() };
    let mut readers: Vec<_> = others.iter().map(|postings| Reader::new(postings)).collect();
    let (mut places, mut starts) = (first.places(), Vec::new());
    let mut matches = Matches::new();
    while let Some(document) = places.next_into(&mut starts) {
        for (offset, reader) in (1..).zip(&mut readers) {
            reader.keep_followed(document, offset, &mut starts);
        }
        if !starts.is_empty() {
            matches.push((document, starts.len() as u32));
        }
    }
    matches
}

/// The places of one word, read once from the first document to the last.
struct Reader<'a> {
    places: crate::postings::Places<'a>,
    document: Option<u32>,
    positions: Vec<u32>,
}

impl<'a> Reader<'a> {
    fn new(postings: &'a Postings) -> Self {
        let (mut places, mut positions) = (postings.places(), Vec::new());
        let document = places.next_into(&mut positions);
        Self { places, document, positions }
    }

    /// Of the `starts` in `document`, keeps those that this word stands `offset` words after.
    fn keep_followed(&mut self, document: u32, offset: u32, starts: &mut Vec<u32>) {
        while self.document.is_some_and(|at| at < document) {
            self.document = self.places.next_into(&mut self.positions);
        }
        if self.document == Some(document) {
            starts.retain(|start| self.positions.binary_search(&(start + offset)).is_ok());
        } else {
            starts.clear();
        }
    }
}

/// Of what was found so far, keeps what `matches` too, with the scores added up.
#[profiled(workload = "micro")]
fn rank(index: &Index, found: Option<Vec<Hit>>, matches: &Matches) -> Vec<Hit> {
    let rarity = rarity(index.documents().len(), matches.len());
    let hit = |&(document, times): &(u32, u32)| Hit { document, score: rarity * weight(index, document, times) };
    let Some(mut found) = found else { return matches.iter().map(hit).collect() };
    let mut others = matches.iter().map(hit).peekable();
    found.retain_mut(|kept| {
        while others.next_if(|other| other.document < kept.document).is_some() {}
        let other = others.next_if(|other| other.document == kept.document);
        kept.score += other.map_or(0.0, |other| other.score);
        other.is_some()
    });
    found
}

fn rarity(documents: usize, matching: usize) -> f64 {
    let (documents, matching) = (documents as f64, matching as f64);
    ((documents - matching + 0.5) / (matching + 0.5)).ln_1p()
}

fn weight(index: &Index, document: u32, times: u32) -> f64 {
    let length = f64::from(index.documents()[document as usize].words) / index.mean_words().max(1.0);
    let times = f64::from(times);
    times * (K1 + 1.0) / (times + K1 * (1.0 - B + B * length))
}

fn best(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.document.cmp(&b.document)));
    hits.truncate(BEST);
    hits
}
