//! The whole program on a corpus with a file that is no text.
#![cfg(not(feature = "off"))]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Of one round: generations of the index, and queries.
const GENERATIONS: usize = 8;
const QUERIES: usize = 10_000 + 7 * 12_500;

/// A corpus of our own, removed at the end.
struct Corpus(PathBuf);

impl Corpus {
    /// Eight files that are text and two that are not.
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("corpus-{}-{name}", std::process::id()));
        std::fs::create_dir_all(root.join("deeper")).unwrap();
        for number in 0..8 {
            let text = "the ring of a thread\nis read by one\n".repeat(number + 1);
            std::fs::write(root.join("deeper").join(format!("{number}.txt")), text).unwrap();
        }
        for name in ["bad.bin", "deeper/worse.bin"] {
            std::fs::write(root.join(name), b"text until \xff\xfe").unwrap();
        }
        Self(root)
    }
}

impl Drop for Corpus {
    fn drop(&mut self) {
        // What stays behind in a temporary directory does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn index(arguments: &[&str], root: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_index")).args(arguments).arg(root).output().unwrap()
}

/// Calls and errors of the function whose row begins so.
fn row(table: &str, function: &str) -> [usize; 2] {
    let line = table.lines().find(|line| line.split_whitespace().next().is_some_and(|name| name.ends_with(function)));
    let line = line.unwrap_or_else(|| panic!("{function} is not in\n{table}"));
    let cells: Vec<&str> = line.split_whitespace().skip(1).collect();
    // Without errors the second cell is a duration, which is followed by its unit.
    let has_errors = !["ns", "µs", "ms", "s"].contains(&cells[2]);
    let errors = if has_errors { cells[1].parse().unwrap() } else { 0 };
    [cells[0].parse().unwrap(), errors]
}

#[test]
fn the_table_has_the_exact_counts() {
    let corpus = Corpus::new("counts");
    let output = index(&["--rounds", "1", "--threads", "3"], &corpus.0);
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{table}");
    assert!(output.stderr.is_empty(), "no bar where nobody looks");

    let malformed = (0..QUERIES).filter(|number| number % 16 == 15).count();
    let hung_up = (0..QUERIES).filter(|number| number % 50 == 49 && number % 16 != 15).count();
    for (function, expected) in [
        ("Work<'_>::round", [1, 0]),
        ("Work<'_>::generation", [GENERATIONS, 0]),
        ("inverted::index_some", [3 * GENERATIONS, 0]),
        ("Segment::index_file", [10 * GENERATIONS, 2 * GENERATIONS]),
        // Once more for the questions.
        ("corpus::read_text", [10 * (GENERATIONS + 1), 2 * (GENERATIONS + 1)]),
        ("query::parse", [QUERIES, malformed]),
        ("serve::ask", [QUERIES, malformed + hung_up]),
        // Dropped half-way, where the asker hung up.
        ("search::answer", [QUERIES, malformed + hung_up]),
    ] {
        assert_eq!(row(&table, function), expected, "{function} in\n{table}");
    }
    assert!(table.contains(&format!("{malformed} were malformed, {hung_up} clients hung up")), "{table}");
    assert!(table.contains("bad.bin: not UTF-8 at byte 11"), "{table}");
    assert!(table.contains("s CPU time (0.50 % budgeted):"), "{table}");
    assert!(table.contains("loaded 8 times"), "{table}");
}

#[test]
fn where_there_is_no_terminal_nothing_is_drawn() {
    let corpus = Corpus::new("live");
    let output = index(&["--live", "--rounds", "1"], &corpus.0);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    assert!(!text.contains('\x1b') && text.starts_with("Indexed 8 files"), "{text}");
}

#[test]
fn a_missing_path_is_an_error_that_says_so() {
    let output = index(&[], Path::new("/no/such/place"));
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("no file or directory `/no/such/place`"), "{error}");
}

#[test]
fn a_wrong_option_is_an_error_that_says_what_to_write() {
    let output = index(&["--environment", "prod"], Path::new("."));
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("`prod`") && error.contains("production, development, testing"), "{error}");
}

#[test]
fn files_without_words_are_no_reason_to_fail() {
    let corpus = Corpus::new("none");
    let empty = corpus.0.join("empty.txt");
    std::fs::write(&empty, "").unwrap();
    let output = index(&["--rounds", "1"], &empty);
    assert!(output.status.success(), "{output:?}");
}
