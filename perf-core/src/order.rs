//! Sorting, compiled once. The standard library's sort is built anew for every type that is sorted, and
//! takes longer to build than a dozen modules: it was an eighth of all that users waited for.

use std::cmp::Ordering;
use std::mem;

/// The indices from 0 to `count` in the order that `compare` says; equals stay in their order.
pub(crate) fn order(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut merged = order.clone();
    // Runs of this length are in order; two by two they become one.
    let mut run = 1;
    while run < count {
        let mut from = 0;
        while from < count {
            let (middle, end) = ((from + run).min(count), (from + 2 * run).min(count));
            let (mut left, mut right) = (from, middle);
            for slot in &mut merged[from..end] {
                let is_left = right == end || left < middle && compare(order[left], order[right]).is_le();
                let next = if is_left { &mut left } else { &mut right };
                *slot = order[*next];
                *next += 1;
            }
            from = end;
        }
        mem::swap(&mut order, &mut merged);
        run *= 2;
    }
    order
}

/// Puts the items in the order that `compare` says, by their indices.
pub(crate) fn sort<T>(items: &mut [T], compare: &mut dyn FnMut(&[T], usize, usize) -> Ordering) {
    let mut order = order(items.len(), &mut |a, b| compare(items, a, b));
    for at in 0..items.len() {
        // What stood before this place has been swapped to where `order` now says.
        let mut from = order[at];
        while from < at {
            from = order[from];
        }
        order[at] = from;
        items.swap(at, from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_stay_in_their_order() {
        let mut words = ["one", "three", "two", "seven", "six"];
        sort(&mut words, &mut |words, a, b| words[a].len().cmp(&words[b].len()));
        assert_eq!(words, ["one", "two", "six", "three", "seven"]);
    }

    proptest::proptest! {
        #[test]
        fn items_are_sorted_as_the_standard_library_does(mut items in proptest::collection::vec((0_u8..20, 0_u8..9), 0..70)) {
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            sort(&mut items, &mut |items, a, b| items[a].0.cmp(&items[b].0));
            assert_eq!(items, expected);
        }
    }
}
