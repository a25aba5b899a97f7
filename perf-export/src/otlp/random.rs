//! Numbers that nobody else draws: for ids, and so that not all come back at once.

use std::hash::{BuildHasher, RandomState};

/// `SipHash` of a count, under a key of this process' own, which the system drew.
pub(super) struct Random {
    key: RandomState,
    drawn: u64,
}

impl Random {
    pub(super) fn new() -> Self {
        Self { key: RandomState::new(), drawn: 0 }
    }

    pub(super) fn next(&mut self) -> u64 {
        self.drawn += 1;
        self.key.hash_one(self.drawn)
    }

    /// Eight bytes, never all zero, which means no id.
    pub(super) fn id(&mut self) -> [u8; 8] {
        self.next().max(1).to_be_bytes()
    }

    /// Sixteen such bytes, the same each time for the same number.
    pub(super) fn id_of(&self, number: u64) -> [u8; 16] {
        let [high, low] = [false, true].map(|is_low| u128::from(self.key.hash_one((number, is_low)).max(1)));
        (high << 64 | low).to_be_bytes()
    }

    /// An id of a version that says that it is random.
    pub(super) fn uuid(&mut self) -> String {
        // Version 4, variant 10, as RFC 9562 has it.
        let high = self.next() & !0xf000 | 0x4000;
        let low = self.next() & !(3 << 62) | 2 << 62;
        let digits = format!("{high:016x}{low:016x}");
        [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_well_formed_and_differ() {
        let mut random = Random::new();
        let mut seen = std::collections::HashSet::new();
        for _ in 0..1000 {
            let id = random.uuid();
            assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{id}");
            assert!(id.as_bytes()[14] == b'4' && b"89ab".contains(&id.as_bytes()[19]), "{id}");
            assert!(seen.insert(id));
            assert!(seen.insert(random.next().to_string()));
            let number = random.next();
            assert_eq!(random.id_of(number), random.id_of(number));
            assert!(seen.insert(format!("{:x?}", random.id_of(number))));
        }
        assert!(seen.insert(Random::new().uuid()), "nor does another begin with the same");
    }
}
