//! All queues, or all locks, by their names. Looking one up takes no lock, and neither does adding one: a place in the
//! table is taken once and for good.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use once_cell::race::OnceBox;

/// Names that may be told apart, of queues and of locks each. They are the program's, and not its users', so they do not
/// get out of hand.
const MOST: usize = 1024;

/// At most half of them are taken, so that whoever looks comes to an end.
const PLACES: usize = 2 * MOST;

/// More than there are kinds.
const KINDS: usize = 8;

/// What stands for the names that there was no room for.
const OTHER: &str = "(other)";

/// Something that has a name, and whatever else tells it from others.
pub(crate) trait Named {
    type Key: Copy + Eq;

    fn new(name: &str, key: Self::Key) -> Self;
    fn is(&self, name: &str, key: Self::Key) -> bool;

    /// A key that stands for all of the same kind, and the number of that.
    fn other(key: Self::Key) -> (Self::Key, usize);
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Names<T> {
    places: [OnceBox<T>; PLACES],
    /// Of each kind, all that there was no room for.
    others: [OnceBox<T>; KINDS],
    kept: AtomicUsize,
}

/// FNV-1a (Fowler, Noll, Vo): names are short, and looked up where something is made.
fn hash_of(name: &str) -> u64 {
    name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

impl<T: Named> Names<T> {
    pub(crate) const fn new() -> Self {
        Self {
            places: [const { OnceBox::new() }; PLACES],
            others: [const { OnceBox::new() }; KINDS],
            kept: AtomicUsize::new(0),
        }
    }

    /// What has this name and key; what all others share, where there is no room.
    pub(crate) fn find(&self, name: &str, key: T::Key) -> &T {
        let mut at = (hash_of(name) >> 32) as usize % PLACES;
        let mut is_counted = false;
        let mut new = None;
        loop {
            match self.places[at].get() {
                Some(known) if known.is(name, key) => {
                    if is_counted {
                        self.kept.fetch_sub(1, Relaxed);
                    }
                    return known;
                }
                Some(_) => at = (at + 1) % PLACES,
                None => {
                    is_counted = is_counted || self.take();
                    if !is_counted {
                        return self.other(key);
                    }
                    let made = new.take().unwrap_or_else(|| Box::new(T::new(name, key)));
                    match self.places[at].set(made) {
                        // Whoever looks now finds it.
                        Ok(()) => is_counted = false,
                        // Somebody was faster, and is looked at in the next round.
                        Err(refused) => new = Some(refused),
                    }
                }
            }
        }
    }

    /// Takes a place, if there is one left.
    fn take(&self) -> bool {
        self.kept.fetch_update(Relaxed, Relaxed, |kept| (kept < MOST).then_some(kept + 1)).is_ok()
    }

    fn other(&self, key: T::Key) -> &T {
        let (key, kind) = T::other(key);
        self.others[kind].get_or_init(|| Box::new(T::new(OTHER, key)))
    }

    /// All of them, each with a number that stays its own.
    pub(crate) fn all(&self) -> impl Iterator<Item = (usize, &T)> {
        let all = self.places.iter().chain(&self.others).enumerate();
        all.filter_map(|(number, place)| Some((number, place.get()?)))
    }

    /// The numbers that [`all`](Self::all) gives are less than this.
    pub(crate) const NUMBERS: usize = PLACES + KINDS;
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::AtomicU64;
    use std::thread;

    use super::*;

    #[derive(Debug)]
    struct Thing(String, u8, AtomicU64);

    impl Named for Thing {
        type Key = u8;

        fn new(name: &str, key: u8) -> Self {
            Self(name.to_owned(), key, AtomicU64::new(0))
        }

        fn is(&self, name: &str, key: u8) -> bool {
            self.0 == name && self.1 == key
        }

        fn other(key: u8) -> (u8, usize) {
            (key % 2, usize::from(key % 2))
        }
    }

    #[test]
    fn threads_that_add_the_same_names_at_a_time_find_the_same_things() {
        for _ in 0..20 {
            let names = Box::new(Names::<Thing>::new());
            let together = Barrier::new(4);
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        together.wait();
                        for number in 0..100_u8 {
                            names.find(&format!("name {}", number % 10), number % 2).2.fetch_add(1, Relaxed);
                        }
                    });
                }
            });
            let counts: Vec<u64> = names.all().map(|(_, thing)| thing.2.load(Relaxed)).collect();
            assert_eq!(counts, [40; 10], "none is there twice, and none is lost");
            assert_eq!(names.kept.load(Relaxed), 10);
        }
    }

    #[test]
    fn names_beyond_the_room_share_one_of_their_kind() {
        let names = Box::new(Names::<Thing>::new());
        for number in 0..2 * MOST {
            names.find(&number.to_string(), (number % 4) as u8).2.fetch_add(1, Relaxed);
        }
        let others: Vec<_> = names.all().filter(|(_, thing)| thing.0 == OTHER).collect();
        let (kept, shared) = (names.all().count() - others.len(), others.len());
        let counted: u64 = others.iter().map(|(_, thing)| thing.2.load(Relaxed)).sum();
        assert_eq!((kept, shared, counted), (MOST, 2, MOST as u64));
        assert_eq!(names.find("0", 0).2.load(Relaxed), 1, "what is known stays known");
    }
}
