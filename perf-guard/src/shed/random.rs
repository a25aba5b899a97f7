//! Random numbers that cost a call next to nothing.

use std::cell::Cell;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

thread_local! {
    /// Zero until the thread needs its first. Without a destructor, so that it is there as long as the thread.
    static STATE: Cell<u64> = const { Cell::new(0) };
}

/// A number of 16 bits, as likely as any other: the upper ones of a xorshift generator's, multiplied (Vigna, "An
/// experimental exploration of Marsaglia's xorshift generators, scrambled", 2016, `xorshift64*`).
#[inline]
pub(super) fn random() -> u16 {
    let drawn = STATE.try_with(|state| {
        let mut x = state.get();
        if x == 0 {
            x = seed();
        }
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        state.set(x);
        x
    });
    (drawn.unwrap_or_else(|_| seed()).wrapping_mul(0x2545_F491_4F6C_DD1D) >> 48) as u16
}

/// Another for every thread, and never zero.
#[cold]
#[inline(never)]
fn seed() -> u64 {
    RandomState::new().build_hasher().finish() | 1
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn all_numbers_are_as_likely() {
        let mut counts = [0_u32; 16];
        (0..160_000).for_each(|_| counts[usize::from(random() >> 12)] += 1);
        // Six standard deviations.
        assert!(counts.iter().all(|count| (9_400..10_600).contains(count)), "{counts:?}");
    }

    #[test]
    fn threads_draw_other_numbers() {
        let draw = || (0..8).map(|_| random()).collect::<Vec<_>>();
        assert_ne!(draw(), std::thread::spawn(draw).join().unwrap());
    }
}
