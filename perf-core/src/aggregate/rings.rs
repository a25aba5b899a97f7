//! Slices of time, kept until no window has them any more.
//!
//! Finished slices as long as the shortest window are kept for as long as the next one; so many become
//! a slice of that length, which is kept for as long as the third, and so on. A window is the whole
//! slices that cover it; the longer ones reach back as far as needed to cover their full length, up to
//! one slice more.

use std::ops::Range;

use super::timeline::Layout;

/// See the module.
#[derive(Clone, Debug)]
pub struct Rings<T> {
    layout: Layout,
    /// The shortest ones first; those of one size in a ring.
    slices: Box<[T]>,
}

impl<T: Clone> Rings<T> {
    /// With as many slices as `layout` has room for, all of them `empty`.
    #[must_use]
    pub fn new(layout: Layout, empty: T) -> Self {
        let slices: u8 = layout.multiples().iter().sum();
        Self { layout, slices: vec![empty; usize::from(slices)].into() }
    }

    /// How long windows are.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// All slices.
    #[must_use]
    pub fn all(&self) -> &[T] {
        &self.slices
    }

    /// The slices of one size.
    pub(super) fn ring(&self, level: usize) -> &[T] {
        let (from, len) = self.layout.ring(level);
        &self.slices[from..from + len]
    }

    fn put(&mut self, level: usize, number: usize, slice: T) {
        let (from, len) = self.layout.ring(level);
        self.slices[from + number % len] = slice;
    }

    /// Takes a finished slice, the `number`-th of all; `merge` makes one of several.
    pub fn finish(&mut self, number: u64, slice: T, merge: &mut dyn FnMut(&[T]) -> T) {
        let mut number = number as usize;
        self.put(0, number, slice);
        for level in 0..2 {
            let ring = self.ring(level);
            if !(number + 1).is_multiple_of(ring.len()) {
                return;
            }
            number /= ring.len();
            let merged = merge(ring);
            self.put(level + 1, number, merged);
        }
    }

    /// Goes through the slices of a window, after `finished` of them; gives the nanoseconds that they cover.
    ///
    /// A window is made of all slices of the size of the window before, and of the smaller ones that have
    /// become none of that size yet.
    pub fn window(&self, window: usize, finished: u64, each: &mut dyn FnMut(&T)) -> u64 {
        let (mut done, mut size, mut covered) = (finished as usize, 1, 0);
        for level in 0..window.max(1) {
            let ring = self.ring(level);
            let taken = match window {
                0 => done.min(1),
                _ if level + 1 == window => done.min(ring.len()),
                _ => done % ring.len(),
            };
            (0..taken).for_each(|back| each(&ring[(done - 1 - back) % ring.len()]));
            covered += taken * size;
            size *= ring.len();
            done /= ring.len();
        }
        self.layout.nanos(covered as u64)
    }

    /// The slices that the longest window is made of after `finished` of them, oldest first, and which of the shortest
    /// ones each of them covers.
    pub(super) fn parts(&self, finished: u64) -> Vec<(Range<u64>, &T)> {
        let (mut end, mut size, mut done, mut parts) = (finished, 1, finished as usize, Vec::new());
        for level in 0..3 {
            let ring = self.ring(level);
            let taken = if level == 2 { done.min(ring.len()) } else { done % ring.len() };
            for back in 0..taken {
                parts.push((end - size..end, &ring[(done - 1 - back) % ring.len()]));
                end -= size;
            }
            size *= ring.len() as u64;
            done /= ring.len();
        }
        parts.reverse();
        parts
    }
}
