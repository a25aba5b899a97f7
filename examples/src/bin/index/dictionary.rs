//! Words and their numbers: an open hash table over one buffer of text.

use perf_runtime::profiled;

use crate::text::hash;

/// Gives each word a number, in the order in which they come.
#[derive(Default)]
pub(crate) struct Dictionary {
    text: String,
    ends: Vec<u32>,
    /// Numbers of words, plus one; 0 is a free slot. A power of two, at most half full.
    slots: Vec<u32>,
}

impl Dictionary {
    /// The number of a word, a new one where it has none.
    #[profiled(workload = "micro")]
    pub(crate) fn intern(&mut self, word: &str) -> u32 {
        if self.ends.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let slot = self.slot(word);
        if self.slots[slot] == 0 {
            self.text.push_str(word);
            self.ends.push(self.text.len() as u32);
            self.slots[slot] = self.ends.len() as u32;
        }
        self.slots[slot] - 1
    }

    /// The number of a word that has one.
    pub(crate) fn find(&self, word: &str) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        self.slots[self.slot(word)].checked_sub(1)
    }

    /// The word of a number.
    pub(crate) fn word(&self, number: u32) -> &str {
        let at = number as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.text[start as usize..self.ends[at] as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Numbers in the order of their words.
    pub(crate) fn sorted(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = (0..self.len() as u32).collect();
        numbers.sort_unstable_by(|&a, &b| self.word(a).cmp(self.word(b)));
        numbers
    }

    /// Where a word is, or where it goes.
    fn slot(&self, word: &str) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash(word.as_bytes()) as usize & mask;
        while self.slots[slot] != 0 && self.word(self.slots[slot] - 1) != word {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        self.slots = vec![0; (self.slots.len() * 2).max(64)];
        for number in 0..self.len() as u32 {
            let slot = self.slot(self.word(number));
            self.slots[slot] = number + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_numbers() {
        let mut dictionary = Dictionary::default();
        let words: Vec<String> = (0..1_000).map(|n| format!("w{n}")).collect();
        for _ in 0..2 {
            for (number, word) in words.iter().enumerate() {
                assert_eq!(dictionary.intern(word), number as u32);
                assert_eq!(dictionary.word(number as u32), word);
            }
        }
        assert_eq!((dictionary.len(), dictionary.find("w7"), dictionary.find("absent")), (1_000, Some(7), None));
        assert!(dictionary.sorted().is_sorted_by_key(|&number| dictionary.word(number).to_owned()));
    }
}
