//! The index in a file: a mark, the documents, the words in order, and a checksum over all of it.

use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use perf_runtime::profiled;

use crate::inverted::Index;
use crate::postings::Postings;
use crate::segment::Document;
use crate::text::fnv1a;
use crate::varint;

/// First bytes of each file; the digit counts the versions of the format.
const MARK: &[u8] = b"inverted 1\n";

/// Why a file gives no index.
#[derive(Debug)]
pub(crate) enum StoreError {
    Io(io::Error),
    NotAnIndex,
    Checksum,
    Truncated,
}

impl Display for StoreError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::NotAnIndex => f.write_str("not an index, or one of another version"),
            Self::Checksum => f.write_str("the checksum is wrong: the file was damaged"),
            Self::Truncated => f.write_str("the file ends too soon"),
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What can be kept in a file.
pub(crate) trait Stored: Sized {
    /// Writes it, in place of what was there; gives back the number of bytes.
    fn save(&self, path: &Path) -> Result<u64, StoreError>;

    /// Reads it, if it is whole.
    fn load(path: &Path) -> Result<Self, StoreError>;
}

#[profiled]
impl Stored for Index {
    fn save(&self, path: &Path) -> Result<u64, StoreError> {
        let mut bytes = encode(self);
        let checksum = checksum(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        // Beside it first, so that nobody ever finds half of it.
        let beside = path.with_extension("new");
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(&bytes)?;
        std::fs::rename(&beside, path)?;
        Ok(bytes.len() as u64)
    }

    fn load(path: &Path) -> Result<Self, StoreError> {
        let bytes = std::fs::read(path)?;
        let (bytes, expected) = bytes.split_last_chunk().ok_or(StoreError::Truncated)?;
        let body = bytes.strip_prefix(MARK).ok_or(StoreError::NotAnIndex)?;
        if checksum(bytes) != u64::from_le_bytes(*expected) {
            return Err(StoreError::Checksum);
        }
        decode(body).ok_or(StoreError::Truncated)
    }
}

#[profiled]
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, &byte| fnv1a(sum, byte))
}

fn encode(index: &Index) -> Vec<u8> {
    let mut bytes = MARK.to_vec();
    bytes.extend_from_slice(&index.size().to_le_bytes());
    varint::write(&mut bytes, index.documents().len() as u32);
    for document in index.documents() {
        write_bytes(&mut bytes, document.path.as_os_str().as_encoded_bytes());
        varint::write(&mut bytes, document.words);
    }
    varint::write(&mut bytes, index.terms() as u32);
    for (word, postings) in index.entries() {
        write_bytes(&mut bytes, word.as_bytes());
        varint::write(&mut bytes, postings.docs);
        varint::write(&mut bytes, postings.last);
        write_bytes(&mut bytes, &postings.bytes);
    }
    bytes
}

fn decode(mut rest: &[u8]) -> Option<Index> {
    let (size, body) = rest.split_first_chunk()?;
    rest = body;
    let documents = (0..varint::read(&mut rest)?).map(|_| read_document(&mut rest)).collect::<Option<_>>()?;
    let words = (0..varint::read(&mut rest)?).map(|_| read_entry(&mut rest)).collect::<Option<_>>()?;
    rest.is_empty().then(|| Index::from_parts(documents, words, u64::from_le_bytes(*size)))
}

fn read_document(rest: &mut &[u8]) -> Option<Document> {
    let path = PathBuf::from(read_text(rest)?);
    Some(Document { path, words: varint::read(rest)? })
}

fn read_entry(rest: &mut &[u8]) -> Option<(String, Postings)> {
    let word = read_text(rest)?;
    let (docs, last) = (varint::read(rest)?, varint::read(rest)?);
    Some((word, Postings { bytes: read_bytes(rest)?.to_vec(), docs, last }))
}

fn read_text(rest: &mut &[u8]) -> Option<String> {
    // A path that is no Unicode comes back with replacement characters: it is only shown.
    Some(String::from_utf8_lossy(read_bytes(rest)?).into_owned())
}

fn write_bytes(bytes: &mut Vec<u8>, part: &[u8]) {
    varint::write(bytes, part.len() as u32);
    bytes.extend_from_slice(part);
}

fn read_bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = varint::read(rest)? as usize;
    let (part, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(part)
}
