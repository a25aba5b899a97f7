//! What one thread has indexed.

use std::path::{Path, PathBuf};

use perf_runtime::profiled;

use crate::corpus::{FileError, read_text};
use crate::dictionary::Dictionary;
use crate::postings::{Builder, Postings};
use crate::text::{Words, tokenise};

/// One indexed file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Document {
    pub(crate) path: PathBuf,
    pub(crate) words: u32,
}

/// Documents and the places of their words; grows.
#[derive(Default)]
pub(crate) struct Segment {
    dictionary: Dictionary,
    builders: Vec<Builder>,
    documents: Vec<Document>,
    /// Of the line at hand.
    words: Words,
    /// Of text, in bytes.
    size: u64,
}

/// A segment that is complete.
pub(crate) struct Sealed {
    pub(crate) dictionary: Dictionary,
    pub(crate) postings: Vec<Postings>,
    pub(crate) documents: Vec<Document>,
    pub(crate) size: u64,
}

impl Segment {
    /// Reads a file and adds it. The slowest tell which file it was.
    #[profiled(workload = "micro", capture(path = %path.display()))]
    pub(crate) fn index_file(&mut self, path: &Path) -> Result<(), FileError> {
        let text = read_text(path)?;
        self.index_text(path, &text);
        Ok(())
    }

    /// Adds a text.
    pub(crate) fn index_text(&mut self, path: &Path, text: &str) {
        let doc = self.documents.len() as u32;
        let mut position = 0;
        for line in text.lines() {
            self.words.clear();
            tokenise(line, &mut self.words);
            for word in self.words.iter() {
                let number = self.dictionary.intern(word) as usize;
                if number == self.builders.len() {
                    self.builders.push(Builder::default());
                }
                self.builders[number].push(doc, position);
                position += 1;
            }
        }
        self.size += text.len() as u64;
        self.documents.push(Document { path: path.to_owned(), words: position });
    }

    /// Compresses what is still open.
    #[profiled]
    pub(crate) fn seal(self) -> Sealed {
        Sealed {
            dictionary: self.dictionary,
            postings: self.builders.into_iter().map(Builder::seal).collect(),
            documents: self.documents,
            size: self.size,
        }
    }
}
