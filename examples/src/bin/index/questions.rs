//! Queries as people would write them, made of the corpus' own lines.

use std::path::PathBuf;

use perf_runtime::profiled;

use crate::corpus::read_text;
use crate::text::words_of;

/// Lines that are kept to ask for.
const LINES: usize = 2_000;

/// One query in so many is malformed, as some always are.
const MALFORMED_EVERY: usize = 16;

/// Lines of the corpus, as lists of words, evenly taken from all files.
pub(crate) struct Questions {
    lines: Vec<Vec<String>>,
}

impl Questions {
    /// Takes lines from `files`.
    #[profiled(workload = "light")]
    pub(crate) fn from_files(files: &[PathBuf]) -> Self {
        let each = LINES.div_ceil(files.len().max(1));
        let step = files.len().div_ceil(LINES).max(1);
        let texts = files.iter().step_by(step).filter_map(|file| read_text(file).ok());
        Self { lines: texts.flat_map(|text| some_lines(&text, each)).collect() }
    }

    /// Query number `number`: always the same.
    pub(crate) fn get(&self, number: usize) -> String {
        let mut draw = Draw(number as u64);
        let Some(line) = self.lines.get(draw.below(self.lines.len())) else { return "nothing".to_owned() };
        let at = draw.below(line.len() - 1);
        let (word, next) = (&line[at], &line[at + 1]);
        if number % MALFORMED_EVERY == MALFORMED_EVERY - 1 {
            return format!("\"{word} {next}");
        }
        match draw.below(4) {
            0 => word.clone(),
            1 => format!("{word} {}", line[draw.below(line.len())]),
            2 => format!("\"{word} {next}\""),
            _ => format!("{word} {}*", next.chars().take(3).collect::<String>()),
        }
    }
}

/// Lines with at least two words.
fn some_lines(text: &str, count: usize) -> Vec<Vec<String>> {
    let lines: Vec<&str> = text.lines().collect();
    let step = (lines.len() / count).max(1);
    let words = |line: &&str| words_of(line).iter().map(str::to_owned).collect::<Vec<_>>();
    lines.iter().step_by(step).map(words).filter(|words| words.len() >= 2).take(count).collect()
}

/// Numbers that look random and are the same in each run: `SplitMix64`.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound.max(1) as u64) as usize
    }
}
