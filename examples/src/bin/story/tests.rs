use super::*;

/// As much shorter as it can be while the circuit still opens and closes a few times.
const SHORT_SECOND: Duration = Duration::from_millis(600);

/// How many of `others` took longer than 99 of 100 of `calls` did.
fn slower_than_all_but_one_of_a_hundred(calls: &[Call], others: &[Call]) -> usize {
    let longest = p99(calls);
    others.iter().filter(|call| call.took > longest).count()
}

#[test]
fn with_guards_callers_do_not_wait_and_answers_are_back_within_the_backoff() {
    let (bare, guarded) = both(SHORT_SECOND).unwrap();
    let at = |second: f64| SHORT_SECOND.mul_f64(second);
    let (well_until, recovers, ends) = (at(STORY[0].1), at(STORY[2].1), at(STORY[3].1));
    for calls in [&bare, &guarded] {
        let before = goodput(between(calls, Duration::ZERO, well_until));
        assert!(before > 0.5, "all is well at first: {before}");
    }

    // Calls of one run are counted beside those of the other: how fast the machine is cancels out.
    let slow = slower_than_all_but_one_of_a_hundred(&guarded, &bare);
    assert!(slow > bare.len() / 2, "{slow} of {} took longer than 99 of 100 guarded ones did", bare.len());

    // The longest that it may stay open, a tenth more for jitter, and as long for what was due meanwhile.
    let back = recovers + callers::MAX_OPEN.mul_f64(1.2);
    let soon = |calls| goodput(between(calls, back, back + ends.saturating_sub(back) / 2));
    assert!(soon(&guarded) > 0.5, "with guards, answers are back: {}", soon(&guarded));
    assert!(soon(&guarded) > 1.5 * soon(&bare), "without, they are not: {}", soon(&bare));
}
