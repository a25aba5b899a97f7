//! Sorting, compiled once. The standard library's sort is built anew for every type that is sorted, and
//! was an eighth of all that users waited for when this crate was built.

use std::cmp::Ordering;

/// The indices from 0 to `count` in the order that `compare` says; equals stay in their order.
pub(crate) fn order(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_unstable_by(|&a, &b| compare(a, b).then(a.cmp(&b)));
    order
}

/// The items in the order that `compare` says, by their indices.
pub(crate) fn sorted<T>(items: Vec<T>, compare: &mut dyn FnMut(&[T], usize, usize) -> Ordering) -> Vec<T> {
    let order = order(items.len(), &mut |a, b| compare(&items, a, b));
    let mut left: Vec<Option<T>> = Vec::with_capacity(order.len());
    for item in items {
        left.push(Some(item));
    }
    let mut sorted = Vec::with_capacity(order.len());
    for at in order {
        sorted.extend(left[at].take());
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_stay_in_their_order() {
        let words = vec!["one", "three", "two", "seven", "six"];
        let by_length = sorted(words, &mut |words, a, b| words[a].len().cmp(&words[b].len()));
        assert_eq!(by_length, ["one", "two", "six", "three", "seven"]);
    }
}
