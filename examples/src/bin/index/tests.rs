//! The index against a scan of the words themselves.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::executor::run;
use crate::inverted::{Index, merge};
use crate::query::{Clause, parse};
use crate::search::{Hit, answer};
use crate::segment::Segment;
use crate::store::{StoreError, Stored};
use crate::text::words_of;

/// Texts of few different words, so that queries match some and not others.
fn texts() -> Vec<String> {
    let vocabulary = ["ring", "ringed", "rank", "lane", "later", "l", "call"];
    let mut state = 7_u64;
    let mut draw = |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let mut text = || {
        let words = 1 + draw(8);
        (0..words).map(|_| vocabulary[draw(7) as usize]).collect::<Vec<_>>().join(if draw(2) == 0 { " " } else { "\n" })
    };
    (0..10).map(|_| text()).collect()
}

/// The same index as `build` makes, of three segments.
fn index_of(texts: &[String]) -> Index {
    let mut segments: Vec<Segment> = (0..3).map(|_| Segment::default()).collect();
    for (number, text) in texts.iter().enumerate() {
        segments[number * 3 / texts.len()].index_text(Path::new(&number.to_string()), text);
    }
    merge(&segments.into_iter().map(Segment::seal).collect::<Vec<_>>())
}

fn ask(index: &Index, query: &str) -> Vec<Hit> {
    let hits = Mutex::new(Vec::new());
    run(vec![Box::pin(async {
        *hits.lock().unwrap() = answer(index, query).await.unwrap();
    })]);
    hits.into_inner().unwrap()
}

fn holds(words: &[String], clause: &Clause) -> bool {
    match clause {
        Clause::Word(word) => words.contains(word),
        Clause::Prefix(prefix) => words.iter().any(|word| word.starts_with(prefix)),
        Clause::Phrase(phrase) => words.windows(phrase.len()).any(|window| window == phrase),
    }
}

fn scan(texts: &[String], query: &str) -> BTreeSet<u32> {
    let clauses = parse(query).unwrap().clauses;
    let words = |text: &str| words_of(text).iter().map(str::to_owned).collect::<Vec<_>>();
    let matches = |text: &String| clauses.iter().all(|clause| holds(&words(text), clause));
    (0..).zip(texts).filter(|(_, text)| matches(text)).map(|(number, _)| number).collect()
}

const QUERIES: [&str; 14] = [
    "ring",
    "lane call",
    "ring*",
    "la*",
    "l* ring",
    "\"ring lane\"",
    "\"lane lane\"",
    "\"l call rank\"",
    "call::later",
    "\"ring rank\" la*",
    "absent",
    "ring absent*",
    "\"ring absent\"",
    "rank rank",
];

#[test]
fn answers_are_those_of_a_scan() {
    let texts = texts();
    let index = index_of(&texts);
    let mut matched = 0;
    for query in QUERIES {
        let found: BTreeSet<u32> = ask(&index, query).iter().map(|hit| hit.document).collect();
        assert_eq!(found, scan(&texts, query), "{query}");
        matched += usize::from(!found.is_empty());
    }
    assert!(matched > QUERIES.len() / 2, "the queries should not all be in vain");
}

#[test]
fn the_better_match_comes_first() {
    let texts =
        ["ring a b c", "a b c d", "ring ring ring a", "ring and many other words than those that are asked for"];
    let hits = ask(&index_of(&texts.map(str::to_owned)), "ring");
    assert_eq!(hits.iter().map(|hit| hit.document).collect::<Vec<_>>(), [2, 0, 3]);
    // Three of four documents hold it; that with the mean length of 5.75 words would weigh 1.
    let expected = (1.5_f64 / 3.5).ln_1p() * 2.2 / (1.0 + 1.2 * (0.25 + 0.75 * 4.0 / 5.75));
    assert!((hits[1].score - expected).abs() < 1e-12, "{hits:?} {expected}");
}

struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn stored(name: &str) -> (Place, Index) {
    let place = Place(std::env::temp_dir().join(format!("index-test-{}-{name}", std::process::id())));
    let index = index_of(&texts());
    let bytes = index.save(&place.0).unwrap();
    assert_eq!(place.0.metadata().unwrap().len(), bytes);
    (place, index)
}

#[test]
fn what_is_stored_comes_back() {
    let (place, index) = stored("whole");
    let loaded = Index::load(&place.0).unwrap();
    assert!(index.entries().eq(loaded.entries()));
    assert_eq!(index.documents(), loaded.documents());
    assert_eq!((index.size(), index.words()), (loaded.size(), loaded.words()));
    for query in QUERIES {
        assert_eq!(ask(&index, query), ask(&loaded, query), "{query}");
    }
}

#[test]
fn what_was_damaged_does_not() {
    let (place, _) = stored("damaged");
    let whole = std::fs::read(&place.0).unwrap();
    let load = |bytes: &[u8]| {
        std::fs::write(&place.0, bytes).unwrap();
        Index::load(&place.0).err()
    };
    for at in 11..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        assert!(matches!(load(&bytes), Some(StoreError::Checksum)), "byte {at}");
    }
    assert!(matches!(load(&whole[..whole.len() - 1]), Some(StoreError::Checksum)));
    assert!(matches!(load(b"short"), Some(StoreError::Truncated)));
    assert!(matches!(load(b"something else entirely"), Some(StoreError::NotAnIndex)));
    std::fs::remove_file(&place.0).unwrap();
    assert!(matches!(Index::load(&place.0), Err(StoreError::Io(_))));
}
