//! Functions that call one another in a circle, and that are called from outside of it at several places.
//!
//! Below each of them is nearly the same then, whichever was called from outside, so the sums tell little of how often
//! each was: it is chance that decides. So what is looked for is not what makes the sums right to the last call, but
//! what makes them nearly right with traces of all counting about the same number of times, and none less than
//! nothing: least squares, regularised (Tikhonov), found one unknown after the other.

use super::scale::Top;

/// How much less it weighs that traces of one count twice as much as of another than that the calls of a function are
/// twice as many as they were.
const WEIGHT: f64 = 0.0003;

/// Rounds, at most; and the change from which on there is no use in another.
const ROUNDS: u32 = 100;
const CHANGE: f64 = 1e-4;

/// Part of a function's calls that are in traces of one, if these count as those of all do on average.
type Part = (usize, f64);

/// Finds for those of `tops` that are in `circle` how many times their traces count. The others that have these in
/// their traces are known.
pub(super) fn solve(tops: &[Top], circle: &[usize], factors: &mut [f64]) {
    let mut place = vec![None; tops.len()];
    for (row, &at) in circle.iter().enumerate() {
        place[at] = Some(row);
    }
    // So far those of the circle count nothing.
    let left: Vec<f64> = circle.iter().map(|&at| tops[at].left(factors).max(0.0)).collect();
    let inside = |row: usize| {
        let top = &tops[circle[row]];
        let others = top.others.iter().filter_map(|&(other, calls)| Some((place[other]?, calls)));
        others.chain([(row, top.own)])
    };
    let seen: f64 = (0..circle.len()).flat_map(inside).map(|(_, calls)| calls).sum();
    let average = left.iter().sum::<f64>() / seen.max(f64::MIN_POSITIVE);
    if average <= 0.0 {
        // None of them was called: what is in their traces is of calls that began earlier.
        for &at in circle {
            factors[at] = tops[at].called.factor;
        }
        return;
    }
    let mut columns: Vec<Vec<Part>> = vec![Vec::new(); circle.len()];
    let mut open = vec![0.0; circle.len()];
    for row in 0..circle.len() {
        let all = tops[circle[row]].called.calls;
        if all > 0.0 {
            open[row] = left[row] / all;
            inside(row).for_each(|(column, calls)| columns[column].push((row, calls * average / all)));
        }
    }
    let expected: Vec<f64> = circle
        .iter()
        .map(|&at| tops[at].called)
        .map(|called| if called.faith > 0.0 { called.factor / average } else { 1.0 })
        .collect();
    for (&at, found) in circle.iter().zip(least_squares(&columns, open, &expected)) {
        factors[at] = found * average;
    }
}

/// Of the `columns`, how much of each leaves the least `open`; about as much as is `expected`.
fn least_squares(columns: &[Vec<Part>], mut open: Vec<f64>, expected: &[f64]) -> Vec<f64> {
    let mut found = expected.to_vec();
    for (column, value) in columns.iter().zip(expected) {
        add(&mut open, column, -value);
    }
    for _ in 0..ROUNDS {
        let mut most = 0.0_f64;
        for ((found, column), expected) in found.iter_mut().zip(columns).zip(expected) {
            let gain: f64 = column.iter().map(|&(row, part)| part * open[row]).sum();
            let square: f64 = column.iter().map(|(_, part)| part * part).sum();
            let best = (square * *found + gain + WEIGHT * expected) / (square + WEIGHT);
            let change = best.max(0.0) - *found;
            *found += change;
            add(&mut open, column, -change);
            most = most.max(change.abs() * square.sqrt());
        }
        if most < CHANGE {
            break;
        }
    }
    found
}

fn add(open: &mut [f64], column: &[Part], times: f64) {
    for &(row, part) in column {
        open[row] += times * part;
    }
}
