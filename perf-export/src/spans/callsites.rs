//! Which function a span is of.
//!
//! A callsite is looked up by its address in a table that is never larger than at first and is only ever added to, so
//! that it takes no lock. Callsites that call their spans the same are led to one function.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use once_cell::race::OnceBox;
use perf_core::__export::{Site, make};
use tracing_core::Metadata;

/// Callsites that become functions.
const MOST: usize = 1024;

/// The spans of all others.
static OTHER: Site = Site::found("tracing::(other)", "tracing", ("", 0));

static CALLSITES: Table<Callsite> = Table::new();
static FUNCTIONS: Table<Function> = Table::new();

struct Callsite {
    metadata: &'static Metadata<'static>,
    site: &'static Site,
}

struct Function {
    target: &'static str,
    span: &'static str,
    site: Site,
}

/// The function of a callsite's spans.
#[inline]
pub(super) fn site(metadata: &'static Metadata<'static>) -> &'static Site {
    let is_it = |callsite: &Callsite| ptr::eq(callsite.metadata, metadata);
    let hash = (ptr::from_ref(metadata).addr() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    if let Some(known) = CALLSITES.find(hash, is_it) {
        return known.site;
    }
    // Once all places are taken, nobody is to slow spans down with ever new callsites.
    if CALLSITES.is_full() {
        return &OTHER;
    }
    // Making allocates; where the thread is making already, the allocator may be what has spans.
    let new = || {
        let site = function(metadata).unwrap_or(&OTHER);
        // These count what comes in a thread's last destructors, and while another makes; that is not to be forgotten.
        [site, &OTHER].into_iter().for_each(Site::register);
        Callsite { metadata, site }
    };
    make(|| CALLSITES.find_or_add(hash, is_it, new)).flatten().map_or(&OTHER, |callsite| callsite.site)
}

#[cold]
fn function(metadata: &'static Metadata<'static>) -> Option<&'static Site> {
    let (target, span) = (metadata.target(), metadata.name());
    let hash = BuildHasherDefault::<DefaultHasher>::new().hash_one((target, span));
    let is_it = |function: &Function| function.target == target && function.span == span;
    let new = || {
        // For good, as the function is. Where another thread makes the same at this very moment, one name is in vain.
        let name = format!("{target}::{span}").leak();
        let place = (metadata.file().unwrap_or_default(), metadata.line().unwrap_or_default());
        Function { target, span, site: Site::found(name, target, place) }
    };
    FUNCTIONS.find_or_add(hash, is_it, new).map(|function| &function.site)
}

/// [`MOST`] values by their hashes.
struct Table<T: 'static> {
    /// Twice as many places as values, so that there always is an empty one.
    places: OnceBox<Box<[OnceBox<T>]>>,
    taken: AtomicUsize,
}

impl<T: 'static> Table<T> {
    const fn new() -> Self {
        Self { places: OnceBox::new(), taken: AtomicUsize::new(0) }
    }

    fn is_full(&self) -> bool {
        self.taken.load(Relaxed) >= MOST
    }

    #[inline]
    fn find(&self, hash: u64, is_it: impl Fn(&T) -> bool) -> Option<&T> {
        look(self.places.get()?, hash, is_it).ok()
    }

    /// A value, made where there is none; none where there is no room for it.
    fn find_or_add(&self, hash: u64, is_it: impl Fn(&T) -> bool, new: impl FnOnce() -> T) -> Option<&T> {
        let places = self.places.get_or_init(|| Box::new((0..2 * MOST).map(|_| OnceBox::new()).collect()));
        if let Ok(known) = look(places, hash, &is_it) {
            return Some(known);
        }
        let more = |taken: usize| (taken < MOST).then_some(taken + 1);
        self.taken.fetch_update(Relaxed, Relaxed, more).ok()?;
        let mut value = Box::new(new());
        loop {
            match look(places, hash, &is_it) {
                Ok(known) => {
                    // Another thread has added it meanwhile.
                    self.taken.fetch_sub(1, Relaxed);
                    return Some(known);
                }
                Err(at) => match places[at].set(value) {
                    Ok(()) => return places[at].get(),
                    // Another thread took that very place: for the same value, or there is one further on.
                    Err(again) => value = again,
                },
            }
        }
    }
}

/// A value, or else the place that it would have: the first that is empty from its own on.
#[inline]
fn look<T>(places: &[OnceBox<T>], hash: u64, is_it: impl Fn(&T) -> bool) -> Result<&T, usize> {
    let own = ((u128::from(hash) * places.len() as u128) >> 64) as usize;
    for at in (own..places.len()).chain(0..own) {
        match places[at].get() {
            None => return Err(at),
            Some(value) if is_it(value) => return Ok(value),
            Some(_) => {}
        }
    }
    unreachable!("no more than half of the places are taken")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use proptest::prelude::*;
    use tracing::level_filters::LevelFilter;
    use tracing_core::callsite::{Callsite as IsCallsite, Identifier};
    use tracing_core::{Dispatch, Interest, Kind, Level, dispatcher, field::FieldSet};
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::SpanLayer;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn a_table_has_what_came_first_and_no_more(values in prop::collection::vec(0..3_000_u64, 0..6_000)) {
            let table = Table::new();
            let mut all = HashSet::new();
            for value in values {
                // A bad hash: many want the same place.
                let hash = (value % 7) << 61;
                let found = table.find_or_add(hash, |known| *known == value, || value);
                if all.len() < MOST {
                    all.insert(value);
                }
                prop_assert_eq!(found.copied(), all.contains(&value).then_some(value));
                prop_assert_eq!(table.find(hash, |known| *known == value), found);
            }
            prop_assert_eq!(table.taken.load(Relaxed), all.len());
        }
    }

    #[test]
    fn threads_that_bring_the_same_at_a_time_agree() {
        for round in 0..50 {
            let table = Table::new();
            let found = |value: u64| {
                let found = table.find_or_add(value << 50, |known: &u64| *known == value, || value);
                ptr::from_ref(found.unwrap()).addr()
            };
            let all = |start: u64| (0..40).map(|n| found((n + start) % 40)).collect::<HashSet<_>>();
            let mut seen = HashSet::new();
            thread::scope(|scope| {
                let threads: Vec<_> = (0..4).map(|at| scope.spawn(move || all(at * 10 + round))).collect();
                seen.extend(threads.into_iter().flat_map(|thread| thread.join().unwrap()));
            });
            assert_eq!((seen.len(), table.taken.load(Relaxed)), (40, 40));
        }
    }

    /// A callsite that is made while the program runs, which the macros cannot do.
    struct Made;

    impl IsCallsite for Made {
        fn set_interest(&self, _: Interest) {}

        fn metadata(&self) -> &Metadata<'_> {
            unreachable!("it is not registered")
        }
    }

    fn made(name: String) -> &'static Metadata<'static> {
        static MADE: Made = Made;
        let fields = FieldSet::new(&[], Identifier(&MADE));
        let metadata = Metadata::new(name.leak(), "made", Level::INFO, None, None, None, fields, Kind::SPAN);
        Box::leak(Box::new(metadata))
    }

    #[test]
    fn spans_of_callsites_that_have_no_room_are_counted_together() {
        let subscriber = tracing_subscriber::registry().with(SpanLayer::new().with_filter(LevelFilter::INFO));
        dispatcher::with_default(&Dispatch::new(subscriber), || {
            let all: Vec<_> = (0..MOST + 100).map(|n| made(format!("span{n}"))).collect();
            for _ in 0..3 {
                for metadata in &all {
                    let span = tracing::Span::new(metadata, &metadata.fields().value_set(&[]));
                    span.in_scope(|| tracing::error!("it fails"));
                }
            }
        });
        let snapshot = perf_core::snapshot();
        let calls = |name: &str| snapshot.function(name).map(|known| (known.calls(), known.errors()));
        assert_eq!((calls("made::span0"), calls("made::span1023")), (Some((3, 3)), Some((3, 3))));
        assert_eq!((calls("made::span1024"), calls("tracing::(other)")), (None, Some((300, 300))));
    }
}
