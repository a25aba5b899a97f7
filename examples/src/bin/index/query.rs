//! What may be asked: words, `"phrases"` and `prefixes*`, all of which a document must hold.

use std::fmt::{self, Display, Formatter};

use perf_runtime::profiled;

use crate::text::words_of;

/// All of its clauses must match.
#[derive(Debug, PartialEq)]
pub(crate) struct Query {
    pub(crate) clauses: Vec<Clause>,
}

/// One of the things that a document must hold.
#[derive(Debug, PartialEq)]
pub(crate) enum Clause {
    Word(String),
    /// Words one right after the other.
    Phrase(Vec<String>),
    Prefix(String),
}

impl Clause {
    /// What it is, in a word.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Word(_) => "word",
            Self::Phrase(_) => "phrase",
            Self::Prefix(_) => "prefix",
        }
    }
}

/// Why a text is no query.
#[derive(Debug, PartialEq)]
pub(crate) enum QueryError {
    Empty,
    OpenQuote { column: usize },
    BareStar { column: usize },
}

impl Display for QueryError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the query has no words; write at least one"),
            Self::OpenQuote { column } => {
                write!(f, "the quote at column {column} is never closed; write \"two words\"")
            }
            Self::BareStar { column } => {
                write!(f, "the `*` at column {column} follows no word; write the beginning of one before it: pre*")
            }
        }
    }
}

/// Reads a query.
#[profiled(workload = "micro", alloc)]
pub(crate) fn parse(text: &str) -> Result<Query, QueryError> {
    let mut clauses = Vec::new();
    let mut rest = text;
    while let Some(next) = rest.trim_start().chars().next() {
        rest = rest.trim_start();
        let column = text[..text.len() - rest.len()].chars().count() + 1;
        rest = if next == '"' {
            let (phrase, after) = rest[1..].split_once('"').ok_or(QueryError::OpenQuote { column })?;
            clauses.extend(phrase_of(phrase));
            after
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(rest.len());
            clauses.extend(word_of(&rest[..end], column)?);
            &rest[end..]
        };
    }
    if clauses.is_empty() { Err(QueryError::Empty) } else { Ok(Query { clauses }) }
}

fn word_of(text: &str, column: usize) -> Result<Option<Clause>, QueryError> {
    let Some(beginning) = text.strip_suffix('*') else { return Ok(phrase_of(text)) };
    match words_of(beginning).iter().last() {
        Some(word) => Ok(Some(Clause::Prefix(word.to_owned()))),
        None => Err(QueryError::BareStar { column }),
    }
}

/// What stands together in one piece, like `a::b`, is found together.
fn phrase_of(text: &str) -> Option<Clause> {
    let mut words: Vec<String> = words_of(text).iter().map(str::to_owned).collect();
    match words.len() {
        0 => None,
        1 => words.pop().map(Clause::Word),
        _ => Some(Clause::Phrase(words)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_phrases_and_prefixes() {
        let phrase = |words: &[&str]| Clause::Phrase(words.iter().map(|&word| word.to_owned()).collect());
        let query = parse(r#"Ring "spsc  Buffer" a::b samp* "one""#).unwrap();
        let word = |word: &str| Clause::Word(word.to_owned());
        let clauses = vec![
            word("ring"),
            phrase(&["spsc", "buffer"]),
            phrase(&["a", "b"]),
            Clause::Prefix("samp".to_owned()),
            word("one"),
        ];
        assert_eq!(query, Query { clauses });
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        assert_eq!(parse(" … "), Err(QueryError::Empty));
        assert_eq!(parse("é \"open"), Err(QueryError::OpenQuote { column: 3 }));
        assert_eq!(parse("word *"), Err(QueryError::BareStar { column: 6 }));
    }
}
