//! All metrics of a kind, by their keys. Looking one up takes no lock, and neither does adding one: a place in the table
//! is taken once and for good.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use metrics::{Key, Unit};
use once_cell::race::OnceBox;

/// How many there may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) all: usize,
    pub(crate) of_a_name: usize,
}

/// Names that may be told apart. A name is of the program, and not of its users, so they do not get out of hand.
const NAMES: usize = 1024;

/// What stands for the names that there was no room for.
const OTHER_NAMES: &str = "(other)";

/// See the module.
#[derive(Debug)]
pub(crate) struct Table<S> {
    /// At most half of them are taken, so that whoever looks comes to an end.
    entries: Box<[OnceBox<Entry<S>>]>,
    names: Box<[OnceBox<Name<S>>]>,
    other_names: Name<S>,
    kept: AtomicUsize,
    names_kept: AtomicUsize,
    limits: Limits,
}

#[derive(Debug)]
pub(crate) struct Entry<S> {
    pub(crate) key: Key,
    pub(crate) metric: S,
}

/// What all metrics of a name have in common.
#[derive(Debug)]
pub(crate) struct Name<S> {
    text: String,
    said: OnceBox<Said>,
    kept: AtomicUsize,
    /// Of all labels that there was no room for.
    pub(crate) other: OnceBox<S>,
}

/// What a program says of a metric.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) unit: Option<Unit>,
    pub(crate) description: String,
}

impl<S> Name<S> {
    fn new(name: &str) -> Self {
        Self { text: name.to_owned(), said: OnceBox::new(), kept: AtomicUsize::new(0), other: OnceBox::new() }
    }
}

/// Takes one of so many, if there is one left.
fn take(kept: &AtomicUsize, limit: usize) -> bool {
    kept.fetch_update(Relaxed, Relaxed, |kept| (kept < limit).then_some(kept + 1)).is_ok()
}

fn give_back(kept: &AtomicUsize) {
    kept.fetch_sub(1, Relaxed);
}

/// Room for twice as many, all of it empty.
fn places<T>(count: usize) -> Box<[OnceBox<T>]> {
    (0..(2 * count).next_power_of_two()).map(|_| OnceBox::new()).collect()
}

/// Where to begin to look. Hashes come unmixed: the upper half of the product depends on all of their bits.
fn start(hash: u64, places: usize) -> usize {
    (hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & (places - 1)
}

/// FNV-1a (Fowler, Noll, Vo): names are short, and looked up where a metric is new or too many.
fn hash_of(name: &str) -> u64 {
    name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

impl<S: Default> Table<S> {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            entries: places(limits.all),
            names: places(NAMES),
            other_names: Name::new(OTHER_NAMES),
            kept: AtomicUsize::new(0),
            names_kept: AtomicUsize::new(0),
            limits,
        }
    }

    /// The metric of a key; where there is no room for it, that of all others of its name.
    #[inline]
    pub(crate) fn find(&self, key: &Key) -> &S {
        let mut at = start(key.get_hash(), self.entries.len());
        while let Some(entry) = self.entries[at].get() {
            if entry.key == *key {
                return &entry.metric;
            }
            at = (at + 1) & (self.entries.len() - 1);
        }
        self.add(key, at)
    }

    /// `at` was empty a moment ago, and nothing before it was the key's.
    #[cold]
    fn add(&self, key: &Key, mut at: usize) -> &S {
        let name = self.name(key.name());
        if !take(&name.kept, self.limits.of_a_name) {
            return name.other.get_or_init(Box::default);
        }
        if !take(&self.kept, self.limits.all) {
            give_back(&name.kept);
            return name.other.get_or_init(Box::default);
        }
        let mut entry = Box::new(Entry { key: key.clone(), metric: S::default() });
        loop {
            let Err(refused) = self.entries[at].set(entry) else {
                return self.entries[at].get().map_or_else(|| unreachable!("just set"), |entry| &entry.metric);
            };
            // Somebody was faster; it may be the same.
            if let Some(other) = self.entries[at].get().filter(|other| other.key == *key) {
                give_back(&name.kept);
                give_back(&self.kept);
                return &other.metric;
            }
            entry = refused;
            at = (at + 1) & (self.entries.len() - 1);
        }
    }

    fn name(&self, name: &str) -> &Name<S> {
        let mut at = start(hash_of(name), self.names.len());
        loop {
            match self.names[at].get() {
                Some(known) if known.text == name => return known,
                Some(_) => at = (at + 1) & (self.names.len() - 1),
                None if !take(&self.names_kept, NAMES) => return &self.other_names,
                None => {
                    // Whoever came between is looked at in the next round.
                    if self.names[at].set(Box::new(Name::new(name))).is_err() {
                        give_back(&self.names_kept);
                    }
                }
            }
        }
    }

    /// What is said first of a name counts.
    pub(crate) fn describe(&self, name: &str, unit: Option<Unit>, description: &str) {
        let _ = self.name(name).said.set(Box::new(Said { unit, description: description.to_owned() }));
    }

    /// What was said of a name.
    pub(crate) fn said(&self, name: &str) -> Option<&Said> {
        self.name(name).said.get()
    }

    /// All metrics, each with a number that stays its own; those of what there was no room for without a key.
    pub(crate) fn all(&self) -> impl Iterator<Item = (usize, Found<'_, S>)> {
        let entries = self.entries.iter().map(|place| {
            let entry = place.get()?;
            Some(Found { name: entry.key.name(), key: Some(&entry.key), metric: &entry.metric })
        });
        let names = self.names.iter().map(OnceBox::get).chain([Some(&self.other_names)]);
        let others = names.map(|name| {
            let name = name?;
            Some(Found { name: &name.text, key: None, metric: name.other.get()? })
        });
        entries.chain(others).enumerate().filter_map(|(number, found)| Some((number, found?)))
    }

    /// The numbers that [`all`](Self::all) gives are less than this.
    pub(crate) fn numbers(&self) -> usize {
        self.entries.len() + self.names.len() + 1
    }
}

/// A metric and what it is called.
pub(crate) struct Found<'a, S> {
    pub(crate) name: &'a str,
    pub(crate) key: Option<&'a Key>,
    pub(crate) metric: &'a S,
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::AtomicU64;
    use std::thread;

    use metrics::Label;

    use super::*;

    fn key(name: u64, label: u64) -> Key {
        Key::from_parts(format!("name {name}"), vec![Label::new("label", label.to_string())])
    }

    #[test]
    fn threads_that_add_the_same_keys_at_a_time_find_the_same_metrics() {
        for _ in 0..50 {
            let table = Table::<AtomicU64>::new(Limits { all: 64, of_a_name: 10 });
            let together = Barrier::new(4);
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        together.wait();
                        for number in 0..100 {
                            table.find(&key(number % 5, number % 20)).fetch_add(1, Relaxed);
                        }
                    });
                }
            });
            let counts: Vec<u64> = table.all().map(|(_, found)| found.metric.load(Relaxed)).collect();
            assert_eq!(counts, [20; 20], "none is there twice, and none is lost");
            assert_eq!(table.kept.load(Relaxed), 20);
        }
    }

    proptest::proptest! {
        #[test]
        fn a_table_is_a_map_with_room_for_so_many(
            keys in proptest::collection::vec((0..6_u64, 0..12_u64), 0..200), all in 1..40_usize, of_a_name in 1..12_usize
        ) {
            let table = Table::<AtomicU64>::new(Limits { all, of_a_name });
            let mut expected = std::collections::HashMap::new();
            let (mut kept, mut of_names) = (Vec::new(), [0; 6]);
            for (name, label) in keys {
                table.find(&key(name, label)).fetch_add(1, Relaxed);
                if !kept.contains(&(name, label)) && kept.len() < all && of_names[name as usize] < of_a_name {
                    kept.push((name, label));
                    of_names[name as usize] += 1;
                }
                let place = kept.contains(&(name, label)).then_some(label);
                *expected.entry((name, place)).or_insert(0) += 1;
            }
            for (_, found) in table.all() {
                let name = found.name.strip_prefix("name ").unwrap().parse().unwrap();
                let label = found.key.map(|key| key.labels().next().unwrap().value().parse().unwrap());
                assert_eq!(expected.remove(&(name, label)), Some(found.metric.load(Relaxed)));
            }
            assert!(expected.is_empty(), "{expected:?}");
        }
    }
}
