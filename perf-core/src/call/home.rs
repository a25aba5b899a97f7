//! Lanes of sites that are made while the program runs, as those of labels are.
//!
//! They belong to the strand and are never freed: the next thread that takes the strand counts on them,
//! as it does on the tallies. So who holds the census may read them as any other lane, on every target.

use std::cell::Cell;
use std::ptr;

use super::lane::{Here, Lane, STRAY};
use super::strand::{Strand, current, current_or_new, make};
use crate::callsite::Site;

/// A lane on a line of the cache by itself, so that no other thread's shares it.
#[repr(align(64))]
struct Home(Lane);

/// The lanes of one strand, by the indices of their sites; null where none was needed yet.
pub(super) struct Homes(Cell<Vec<*const Home>>);

impl Homes {
    pub(super) const fn new() -> Self {
        Self(Cell::new(Vec::new()))
    }

    #[inline]
    fn get(&self, index: u32) -> Option<Here> {
        // SAFETY: only the thread that has the strand comes here, and no reference lives longer than this look.
        let homes = unsafe { &*self.0.as_ptr() };
        // SAFETY: null, or a home, which is never freed.
        let home = unsafe { homes.get(index as usize)?.as_ref()? };
        Some(home.0.here())
    }

    fn add(&self, index: u32) -> Here {
        let home: &'static Home = Box::leak(Box::new(Home(Lane::NEW)));
        // Allocating may be measured, and come back here: it finds no homes meanwhile.
        let mut homes = self.0.take();
        if homes.len() <= index as usize {
            homes.resize(index as usize + 1, ptr::null());
        }
        homes[index as usize] = home;
        self.0.set(homes);
        home.0.here()
    }
}

/// The running thread's lane of a site that has no thread-local. Two looks at memory, once the thread has
/// called it before.
#[inline]
pub(crate) fn here(site: &'static Site) -> Here {
    let known = site.known_index().and_then(|index| current()?.homes.get(index));
    known.unwrap_or_else(|| first(site))
}

/// The thread's first call of it, or one made where there are no lanes any more.
#[cold]
#[inline(never)]
fn first(site: &'static Site) -> Here {
    let find = |strand: &'static Strand| {
        let index = site.index();
        strand.homes.get(index).unwrap_or_else(|| strand.homes.add(index))
    };
    let made = current_or_new().and_then(|strand| strand.at_no_cost(|| make(|| find(strand))));
    made.unwrap_or_else(|| STRAY.here())
}
