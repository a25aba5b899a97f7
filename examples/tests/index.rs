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

/// What stands under `column` for the function whose name ends so; nothing is zero.
fn cell(table: &str, function: &str, column: &str) -> usize {
    let head = table.lines().find(|line| line.starts_with("function ")).expect("the table has a head");
    let Some(end) = head.find(column).map(|at| at + column.len()) else { return 0 };
    let line = table.lines().find(|line| line.split_whitespace().next().is_some_and(|name| name.ends_with(function)));
    let line = line.unwrap_or_else(|| panic!("{function} is not in\n{table}"));
    // Columns end where their heads do; the head is ASCII, names may not be.
    let upto: String = line.chars().take(end).collect();
    let text = upto.rsplit(' ').next().unwrap_or_default();
    if text.is_empty() { 0 } else { text.parse().unwrap_or_else(|_| panic!("{column} of {function} in\n{table}")) }
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
    for (function, calls, errors, cancelled) in [
        ("::round", 1, 0, 0),
        ("::generation", GENERATIONS, 0, 0),
        ("::index_some", 3 * GENERATIONS, 0, 0),
        ("::index_file", 10 * GENERATIONS, 2 * GENERATIONS, 0),
        // Once more for the questions.
        ("::read_text", 10 * (GENERATIONS + 1), 2 * (GENERATIONS + 1), 0),
        ("query::parse", QUERIES, malformed, 0),
        // Who asks gives up; the answer is then dropped half-way.
        ("::ask", QUERIES, malformed + hung_up, 0),
        ("::answer", QUERIES, malformed, hung_up),
    ] {
        let found = ["calls", "errors", "cancelled"].map(|column| cell(&table, function, column));
        assert_eq!(found, [calls, errors, cancelled], "{function} in\n{table}");
    }
    assert!(table.contains(&format!("{malformed} were malformed, {hung_up} clients hung up")), "{table}");
    assert!(table.contains("bad.bin: not UTF-8 at byte 11"), "{table}");
    assert!(table.contains("s CPU time (0.50 % budgeted):"), "{table}");
    assert!(table.contains("loaded 8 times"), "{table}");
    check_allocations(&table, QUERIES);
}

/// What the second table says of the allocations of queries and answers.
fn check_allocations(table: &str, queries: usize) {
    let of = |function: &str| {
        let rows = table.lines().skip_while(|line| !line.starts_with("per call ")).skip(1);
        let mut rows = rows.filter(|line| line.split_whitespace().next().is_some_and(|name| name.ends_with(function)));
        let row = rows.next().unwrap_or_else(|| panic!("{function} has no allocations in\n{table}"));
        let number = |cell: &str| cell.parse::<f64>().unwrap_or_else(|_| panic!("{row}"));
        let cells: Vec<&str> = row.split_whitespace().collect();
        [number(cells[1]), number(cells[2]), number(cells[cells.len() - 1])]
    };
    let (parse, answer) = (of("query::parse"), of("::answer"));
    assert!(parse[0] > 0.0 && (parse[0] - parse[1]).abs() < 1e-9, "nothing in a query counts by itself\n{table}");
    assert!(answer[0] > answer[1], "an answer parses its query\n{table}");
    // Those that clients gave up have begun too.
    assert!([parse[2], answer[2]].map(|calls| calls as usize) == [queries, queries], "{table}");
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

#[test]
fn the_collector_really_goes_away_and_its_callers_are_refused_meanwhile() {
    let corpus = Corpus::new("collector");
    let output = index(&["--rounds", "2"], &corpus.0);
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find(|line| line.starts_with("Reported ")).expect("there is a line about it");
    let numbers: Vec<usize> = line.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    let [taken, failed, refused] = numbers[..] else { panic!("{line}") };
    assert!(taken > 0 && failed > 0 && refused > 0, "{line}");
    assert_eq!(taken + failed + refused, 2 * QUERIES / 100, "{line}");
    for guard in ["::send retry", "::send circuit_breaker", "::send rate_limited"] {
        assert!(text.contains(guard), "{guard} is not in\n{text}");
    }
}
