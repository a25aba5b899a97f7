//! The whole index, and how it is built from files by several threads.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use perf_runtime::{Context, profiled};

use crate::corpus::FileError;
use crate::dictionary::Dictionary;
use crate::postings::Postings;
use crate::segment::{Document, Sealed, Segment};

/// Words, where they stand, and in which documents.
#[derive(Default)]
pub(crate) struct Index {
    dictionary: Dictionary,
    postings: Vec<Postings>,
    documents: Vec<Document>,
    /// Numbers of words in the order of the words: a prefix is a range of it.
    sorted: Vec<u32>,
    words: u64,
    size: u64,
}

/// A file that could not be indexed.
pub(crate) type Refused = (PathBuf, FileError);

/// Indexes `files` with so many threads; gives back also what was no text.
///
/// Declares no workload: how long it takes is up to the files, and the snapshot says what it saw.
#[profiled]
pub(crate) fn build(files: &[PathBuf], threads: usize) -> (Index, Vec<Refused>) {
    let next = AtomicUsize::new(0);
    // So that in the call tree the threads' work is below this.
    let here = Context::current();
    let done: Vec<(Sealed, Vec<Refused>)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| here.run(|| index_some(files, &next)))).collect();
        workers.into_iter().map(|worker| worker.join().expect("an indexing thread panicked")).collect()
    });
    let (segments, refused): (Vec<_>, Vec<_>) = done.into_iter().unzip();
    (merge(&segments), refused.into_iter().flatten().collect())
}

/// What one thread does: takes one file after the other until none is left.
#[profiled(workload = "light", alloc)]
fn index_some(files: &[PathBuf], next: &AtomicUsize) -> (Sealed, Vec<Refused>) {
    let mut segment = Segment::default();
    let mut refused = Vec::new();
    while let Some(file) = files.get(next.fetch_add(1, Relaxed)) {
        if let Err(error) = segment.index_file(file) {
            refused.push((file.clone(), error));
        }
    }
    (segment.seal(), refused)
}

/// Makes one index of all segments.
#[profiled]
pub(crate) fn merge(segments: &[Sealed]) -> Index {
    let mut index = Index::default();
    for segment in segments {
        let base = index.documents.len() as u32;
        for (number, postings) in (0..).zip(&segment.postings) {
            index.add(segment.dictionary.word(number), |merged| merged.append(postings, base));
        }
        segment.documents.iter().for_each(|document| index.add_document(document.clone()));
        index.size += segment.size;
    }
    index.sorted = index.dictionary.sorted();
    index
}

impl Index {
    /// One that was loaded: words come in order.
    pub(crate) fn from_parts(documents: Vec<Document>, words: Vec<(String, Postings)>, size: u64) -> Self {
        let mut index = Self { size, ..Self::default() };
        for document in documents {
            index.add_document(document);
        }
        for (word, postings) in words {
            index.add(&word, |merged| *merged = postings);
        }
        index.sorted = index.dictionary.sorted();
        index
    }

    fn add(&mut self, word: &str, change: impl FnOnce(&mut Postings)) {
        let number = self.dictionary.intern(word) as usize;
        if number == self.postings.len() {
            self.postings.push(Postings::default());
        }
        change(&mut self.postings[number]);
    }

    fn add_document(&mut self, document: Document) {
        self.words += u64::from(document.words);
        self.documents.push(document);
    }

    /// Where a word stands, if anywhere.
    pub(crate) fn postings(&self, word: &str) -> Option<&Postings> {
        self.dictionary.find(word).map(|number| &self.postings[number as usize])
    }

    /// Where the words that begin so stand.
    pub(crate) fn with_prefix(&self, prefix: &str) -> impl Iterator<Item = &Postings> {
        let word = |&number: &u32| self.dictionary.word(number);
        let start = self.sorted.partition_point(|number| word(number) < prefix);
        let count = self.sorted[start..].partition_point(|number| word(number).starts_with(prefix));
        let range: Range<usize> = start..start + count;
        self.sorted[range].iter().map(|&number| &self.postings[number as usize])
    }

    /// Words in order, with where they stand.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &Postings)> {
        self.sorted.iter().map(|&number| (self.dictionary.word(number), &self.postings[number as usize]))
    }

    pub(crate) fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Different words.
    pub(crate) fn terms(&self) -> usize {
        self.dictionary.len()
    }

    /// Words, each as often as it stands somewhere.
    pub(crate) fn words(&self) -> u64 {
        self.words
    }

    /// Text, in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Words of a document, on average.
    pub(crate) fn mean_words(&self) -> f64 {
        self.words as f64 / self.documents.len().max(1) as f64
    }
}
