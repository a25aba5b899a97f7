//! Calls of a function by the value of a label.
//!
//! Each value gets a site, whose calls are counted and sampled as a function's are. There are as many as the
//! attribute allows, of the values that came first; all others share one. So a value is looked up in a table
//! that is never larger than at first, is only ever added to, and needs no lock: a place is empty, or has its
//! value for good. What is known is mostly found without the hash by which it is there, which takes longer than all
//! else.

use std::fmt::{Debug, Display};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

use once_cell::race::OnceBox;
use once_cell::sync::OnceCell;

use super::Site;
use super::shortcuts::{self, Shortcuts};
use super::text::{Text, counted};
use crate::call::make;

/// What stands for all values beyond those that have a place.
pub(crate) const OTHER: &str = "(other)";

/// One label of a function, and its values so far.
#[derive(Debug)]
pub struct Labels {
    key: &'static str,
    /// Values that get a site of their own.
    max: u32,
    /// Places that are taken, or about to be.
    taken: AtomicU32,
    /// Made by the first call.
    places: OnceBox<Places>,
    /// All the others.
    other: Site,
}

#[derive(Debug)]
struct Places {
    /// Twice as many as values.
    values: Box<[OnceBox<Value>]>,
    shortcuts: Shortcuts,
}

#[derive(Debug)]
struct Value {
    hash: u64,
    text: Box<str>,
    site: Site,
}

impl Labels {
    /// No value yet. `other` is a [part](Site::part) of the function, as each value's site is.
    #[must_use]
    pub const fn new(key: &'static str, max: u32, other: Site) -> Self {
        Self { key, max, taken: AtomicU32::new(0), places: OnceBox::new(), other }
    }

    /// The site of a value, all of which counts.
    #[inline]
    pub fn find(&'static self, text: &str) -> &'static Site {
        let known = || {
            let places = self.places.get()?;
            let value = places.values[shortcuts::place(places.shortcuts.of(text))?].get()?;
            (*value.text == *text).then_some(&value.site)
        };
        known().unwrap_or_else(|| self.find_by_hash(text))
    }

    #[inline(never)]
    fn find_by_hash(&'static self, text: &str) -> &'static Site {
        let Some(hash) = hash_of(text) else { return &self.other };
        let Some(places) = self.places.get() else { return self.add(hash, text) };
        match places.look(hash, text) {
            Ok((place, value)) => {
                shortcuts::lead(places.shortcuts.of(text), place);
                &value.site
            }
            // Not worth another look: nobody is to slow calls down with ever new values.
            Err(_) if self.taken.load(Relaxed) >= self.max => &self.other,
            Err(_) => self.add(hash, text),
        }
    }

    /// Gives a new value its place, or the one that another thread gives it meanwhile.
    #[cold]
    #[inline(never)]
    fn add(&'static self, hash: u64, text: &str) -> &'static Site {
        // Making allocates; where the thread is making already, the allocator may be what is measured.
        make(|| {
            let places = self.places.get_or_init(|| Box::new(Places::new(self.max as usize)));
            // It counts what comes here while another makes, and that is not to be forgotten.
            self.other.index();
            let site = self.other.another_part();
            self.put(places, Box::new(Value { hash, text: text.into(), site }))
        })
        .unwrap_or(&self.other)
    }

    fn put(&'static self, places: &'static Places, mut value: Box<Value>) -> &'static Site {
        let more = |taken: u32| (taken < self.max).then_some(taken + 1);
        if self.taken.fetch_update(Release, Acquire, more).is_err() {
            return &self.other;
        }
        loop {
            let place = match places.look(value.hash, &value.text) {
                Err(Some(place)) => &places.values[place],
                known => {
                    self.taken.fetch_sub(1, Release);
                    return known.map_or(&self.other, |(_, value)| &value.site);
                }
            };
            match place.set(value) {
                Ok(()) => return place.get().map_or(&self.other, |value| &value.site),
                // Another thread took that very place: for the same value, or there is one further on.
                Err(again) => value = again,
            }
        }
    }

    pub(crate) fn key(&self) -> &'static str {
        self.key
    }

    /// All sites, each with the value that it stands for; none is what has no site of its own.
    pub(crate) fn each(&'static self, mut each: impl FnMut(Option<&'static str>, &'static Site)) {
        for value in self.places.get().into_iter().flat_map(|places| &places.values).filter_map(OnceBox::get) {
            each(Some(&value.text), &value.site);
        }
        each(None, &self.other);
    }
}

/// A hash that nobody outside of the process can foresee: no values can be chosen that meet in one place. None
/// where the thread is just finding out the secret.
#[inline]
fn hash_of(text: &str) -> Option<u64> {
    static STATE: OnceCell<RandomState> = OnceCell::new();
    // The first time, the standard library may allocate, and the allocator may be what is measured.
    let state = STATE.get().or_else(|| make(|| STATE.get_or_init(RandomState::new)))?;
    Some(state.hash_one(text))
}

impl Places {
    fn new(values: usize) -> Self {
        Self { values: (0..2 * values).map(|_| OnceBox::new()).collect(), shortcuts: Shortcuts::new(values) }
    }

    /// A value and its place, or else the place that it would have: the first that is empty from its own on.
    #[inline]
    fn look(&self, hash: u64, text: &str) -> Result<(usize, &Value), Option<usize>> {
        let own = ((u128::from(hash) * self.values.len() as u128) >> 64) as usize;
        for at in (own..self.values.len()).chain(0..own) {
            match self.values[at].get() {
                None => return Err(Some(at)),
                Some(value) if value.hash == hash && *value.text == *text => return Ok((at, value)),
                Some(_) => {}
            }
        }
        Err(None)
    }
}

/// A label's value, to be looked up as what it is: a text, or what shows itself (`Display`), or what does so to
/// programmers at least (`Debug`).
#[derive(Debug)]
pub struct LabelOf<'a, T: ?Sized>(pub &'a T);

impl<T: AsRef<str> + ?Sized> LabelOf<'_, T> {
    /// The site of the value.
    #[inline]
    #[must_use]
    pub fn find(&self, labels: &'static Labels) -> &'static Site {
        labels.find(counted(self.0.as_ref()))
    }
}

/// The same for what is no text.
pub trait Shown {
    /// The site of the value.
    fn find(&self, labels: &'static Labels) -> &'static Site;
}

impl<T: Display + ?Sized> Shown for LabelOf<'_, T> {
    #[inline]
    fn find(&self, labels: &'static Labels) -> &'static Site {
        labels.find(Text::of(format_args!("{}", self.0)).as_str())
    }
}

/// The same for what has no `Display` either.
pub trait Bare {
    /// The site of the value.
    fn find(&self, labels: &'static Labels) -> &'static Site;
}

impl<T: Debug + ?Sized> Bare for &LabelOf<'_, T> {
    #[inline]
    fn find(&self, labels: &'static Labels) -> &'static Site {
        labels.find(Text::of(format_args!("{:?}", self.0)).as_str())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::HashMap;
    use std::ptr;
    use std::thread;

    use proptest::prelude::*;

    use super::*;
    use crate::call::{Key, Lane, thread_local};

    thread_local! {
        static LANE: Lane = const { Lane::NEW };
    }

    fn labels(max: u32) -> &'static Labels {
        let key: &'static Key = &LANE;
        let other = Site::new(|| "labels::tests", "labels", key).part();
        Box::leak(Box::new(Labels::new("key", max, other)))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_table_says_what_a_map_says_of_the_values_that_came_first(
            max in 1..40_u32,
            values in prop::collection::vec("[a-d]{0,3}", 0..200),
        ) {
            let labels = labels(max);
            let mut map: HashMap<&str, &'static Site> = HashMap::new();
            for value in &values {
                let found = labels.find(value);
                if let Some(known) = map.get(&**value) {
                    prop_assert!(ptr::eq(*known, found), "it has the place that it had");
                } else if map.len() < max as usize {
                    prop_assert!(map.values().all(|other| !ptr::eq(*other, found)), "it has a place of its own");
                    prop_assert!(!ptr::eq(found, &raw const labels.other));
                    map.insert(value, found);
                } else {
                    prop_assert!(ptr::eq(found, &raw const labels.other));
                }
            }
            let mut seen = HashMap::new();
            labels.each(|value, site| _ = value.map(|value| seen.insert(value, ptr::from_ref(site))));
            prop_assert_eq!(seen, map.into_iter().map(|(value, site)| (value, ptr::from_ref(site))).collect());
        }
    }

    #[test]
    fn threads_that_bring_the_same_values_at_a_time_agree_on_their_places() {
        for round in 0..100 {
            let labels = labels(8);
            let find = |start: usize| {
                let values = (0..12).map(|n| (n + start) % 12);
                values.map(|n| (n, ptr::from_ref(labels.find(&n.to_string())).addr())).collect::<Vec<_>>()
            };
            let mut all: Vec<(usize, usize)> = thread::scope(|scope| {
                let threads: Vec<_> = (0..4).map(|at| scope.spawn(move || find(at * 3 + round))).collect();
                threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
            });
            let other = ptr::from_ref(&labels.other).addr();
            all.retain(|(_, site)| *site != other);
            all.sort_unstable();
            all.dedup();
            assert!(all.windows(2).all(|pair| pair[0].0 != pair[1].0), "one value, one place: {all:?}");
            // Where two had a place each in mind for one value, a third may have seen none left for the moment.
            (0..12).for_each(|n| _ = labels.find(&n.to_string()));
            let mut places = 0;
            labels.each(|value, _| places += usize::from(value.is_some()));
            assert_eq!(places, 8, "no place is lost, however they raced");
        }
    }
}
