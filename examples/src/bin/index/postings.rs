//! Where a word stands: documents and positions, as differences, in variable length.

use perf_runtime::profiled;

use crate::varint;

/// Grows while a segment is being filled. Documents and positions come in rising order.
#[derive(Default)]
pub(crate) struct Builder {
    sealed: Postings,
    doc: u32,
    /// Positions in `doc`, which is not sealed yet: their number is written before them.
    positions: Vec<u32>,
}

/// For each document: its distance from the one before, the number of positions, their distances.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Postings {
    pub(crate) bytes: Vec<u8>,
    /// Documents that hold the word.
    pub(crate) docs: u32,
    pub(crate) last: u32,
}

#[profiled(workload = "micro")]
impl Builder {
    /// Adds one place.
    pub(crate) fn push(&mut self, doc: u32, position: u32) {
        if doc != self.doc {
            self.seal_document();
            self.doc = doc;
        }
        self.positions.push(position);
    }

    #[profiled(skip)]
    fn seal_document(&mut self) {
        if self.positions.is_empty() {
            return;
        }
        let sealed = &mut self.sealed;
        varint::write(&mut sealed.bytes, self.doc - sealed.last);
        varint::write(&mut sealed.bytes, self.positions.len() as u32);
        let mut before = 0;
        for position in self.positions.drain(..) {
            varint::write(&mut sealed.bytes, position - before);
            before = position;
        }
        sealed.docs += 1;
        sealed.last = self.doc;
    }

    /// All places, compressed.
    #[profiled(skip)]
    pub(crate) fn seal(mut self) -> Postings {
        self.seal_document();
        self.sealed
    }
}

impl Postings {
    /// Appends those of another segment, whose documents are counted from `base`: only the first
    /// distance changes, the rest is copied as it is.
    #[profiled(workload = "micro")]
    pub(crate) fn append(&mut self, other: &Postings, base: u32) {
        let mut rest = other.bytes.as_slice();
        let Some(first) = varint::read(&mut rest) else { return };
        varint::write(&mut self.bytes, first + base - self.last);
        self.bytes.extend_from_slice(rest);
        self.docs += other.docs;
        self.last = other.last + base;
    }

    /// Documents in rising order, each with the positions of the word.
    pub(crate) fn places(&self) -> Places<'_> {
        Places { rest: &self.bytes, doc: 0 }
    }
}

/// Reads [`Postings`].
pub(crate) struct Places<'a> {
    rest: &'a [u8],
    doc: u32,
}

impl Places<'_> {
    /// The next document and the number of its positions, which go to `positions`.
    pub(crate) fn next_into(&mut self, positions: &mut Vec<u32>) -> Option<u32> {
        self.doc += varint::read(&mut self.rest)?;
        let count = varint::read(&mut self.rest)?;
        positions.clear();
        let mut position = 0;
        for _ in 0..count {
            position += varint::read(&mut self.rest)?;
            positions.push(position);
        }
        Some(self.doc)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(postings: &Postings) -> Vec<(u32, Vec<u32>)> {
        let (mut places, mut positions) = (postings.places(), Vec::new());
        std::iter::from_fn(|| places.next_into(&mut positions).map(|doc| (doc, positions.clone()))).collect()
    }

    fn postings(places: &[(u32, u32)]) -> Postings {
        let mut builder = Builder::default();
        for &(doc, position) in places {
            builder.push(doc, position);
        }
        builder.seal()
    }

    #[test]
    fn places_come_back_as_they_went() {
        let postings = postings(&[(0, 3), (0, 300), (7, 0), (900, 70_000)]);
        assert_eq!(all(&postings), [(0, vec![3, 300]), (7, vec![0]), (900, vec![70_000])]);
        assert_eq!((postings.docs, postings.last), (3, 900));
    }

    #[test]
    fn appending_moves_the_documents() {
        let mut merged = Postings::default();
        merged.append(&postings(&[(2, 1)]), 10);
        merged.append(&postings(&[(0, 5), (1, 6)]), 20);
        assert_eq!(all(&merged), [(12, vec![1]), (20, vec![5]), (21, vec![6])]);
        assert_eq!((merged.docs, merged.last), (3, 21));
    }
}
