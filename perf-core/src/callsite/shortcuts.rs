//! Where known values are, by a hash that is quick and no secret.
//!
//! A shortcut names a place where a text may be, and whoever takes it compares the texts. So values that are chosen to
//! meet here only miss, and are looked up by their secret hash. Each keeps what it was first given, so that nobody can
//! make threads write to it in turn.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A power of two of them; each a place, counted from one, or 0.
#[derive(Debug)]
pub(super) struct Shortcuts(Box<[AtomicU32]>);

/// The golden ratio's bits, an odd number without a pattern (Knuth, "The Art of Computer Programming", volume 3, 1998, section 6.4).
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

impl Shortcuts {
    /// Four times as many as values, so that few meet.
    pub(super) fn new(values: usize) -> Self {
        Self((0..(4 * values).next_power_of_two()).map(|_| AtomicU32::new(0)).collect())
    }

    /// The shortcut of a text.
    #[inline]
    pub(super) fn of(&self, text: &str) -> &AtomicU32 {
        let bits = self.0.len().trailing_zeros();
        &self.0[(quick_hash(text) >> (u64::BITS - bits)) as usize]
    }
}

/// Eight bytes at a time, the last of which may have been there before.
#[inline]
fn quick_hash(text: &str) -> u64 {
    let bytes = text.as_bytes();
    // Both halves of the product, so that all bits come to count.
    let add = |hash: u64, word: u64| {
        let product = u128::from(hash ^ word) * u128::from(GOLDEN);
        product as u64 ^ (product >> 64) as u64
    };
    let (chunks, _) = bytes.as_chunks::<8>();
    let hash = chunks.iter().fold(bytes.len() as u64, |hash, chunk| add(hash, u64::from_le_bytes(*chunk)));
    let last = match (bytes.last_chunk::<8>(), bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(last), ..) => u64::from_le_bytes(*last),
        (_, Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    add(hash, last)
}

/// Where a shortcut leads.
#[inline]
pub(super) fn place(shortcut: &AtomicU32) -> Option<usize> {
    shortcut.load(Relaxed).checked_sub(1).map(|place| place as usize)
}

/// Lets a shortcut lead there, where it leads nowhere yet.
#[inline]
pub(super) fn lead(shortcut: &AtomicU32, place: usize) {
    if shortcut.load(Relaxed) == 0 {
        shortcut.store(place as u32 + 1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_of_the_usual_values_meet() {
        let numbers: Vec<String> = (0..32).map(|n| n.to_string()).collect();
        let routes: Vec<String> = (0..32).map(|n| format!("/api/v1/customers/{n}/orders")).collect();
        let words = "get head post put delete connect options trace patch true false word phrase prefix red green";
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        for values in [numbers, routes, words] {
            let shortcuts = Shortcuts::new(32);
            for value in &values {
                lead(shortcuts.of(value), 0);
            }
            let taken = shortcuts.0.iter().filter(|shortcut| place(shortcut).is_some()).count();
            assert!(taken * 4 >= values.len() * 3, "{taken} for {values:?}");
        }
    }
}
