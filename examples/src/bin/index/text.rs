//! Words: what is indexed and what is asked for.

use perf_runtime::profiled;

/// Longer words are cut: nobody asks for more, and a file of base64 would fill the dictionary.
const WORD_BYTES: usize = 64;

/// Appends the words of `line` to `words`, in lower case.
///
/// A word is a run of letters, digits and `_`, so that identifiers stay whole.
#[profiled(workload = "micro")]
pub(crate) fn tokenise(line: &str, words: &mut Words) {
    for run in line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|run| !run.is_empty()) {
        words.push(run);
    }
}

/// FNV-1a with a final mix: short words, no dependency, good enough for a table of powers of two.
#[profiled(workload = "micro")]
pub(crate) fn hash(word: &[u8]) -> u64 {
    let hash = word.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| fnv1a(hash, byte));
    hash ^ (hash >> 29)
}

/// One step of FNV-1a, 64 bits.
pub(crate) fn fnv1a(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}

/// Words one after the other in one buffer, used again for each line.
#[derive(Default)]
pub(crate) struct Words {
    text: String,
    ends: Vec<usize>,
}

impl Words {
    fn push(&mut self, run: &str) {
        let start = self.text.len();
        if run.is_ascii() {
            self.text.push_str(&run[..run.len().min(WORD_BYTES)]);
            self.text[start..].make_ascii_lowercase();
        } else {
            self.text.extend(run.chars().take(WORD_BYTES / 4).flat_map(char::to_lowercase));
        }
        self.ends.push(self.text.len());
    }

    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.text[start..end])
    }
}

/// The words of one text.
pub(crate) fn words_of(text: &str) -> Words {
    let mut words = Words::default();
    tokenise(text, &mut words);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case_runs_of_letters_digits_and_underscores() {
        let words = words_of("Fn(tail_call2) -> Straße; İ…");
        let words: Vec<&str> = words.iter().collect();
        assert_eq!(words, ["fn", "tail_call2", "straße", "i\u{307}"]);
    }

    #[test]
    fn long_words_are_cut() {
        assert_eq!(words_of(&"x".repeat(100)).iter().next().map(str::len), Some(WORD_BYTES));
    }
}
