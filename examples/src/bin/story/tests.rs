use super::*;

/// As much shorter as it can be while the circuit still opens and closes a few times.
const SHORT_SECOND: Duration = Duration::from_millis(600);

#[test]
fn with_guards_callers_do_not_wait_and_answers_are_back_within_the_backoff() {
    let (bare, guarded) = both(SHORT_SECOND).unwrap();
    let at = |second: f64| SHORT_SECOND.mul_f64(second);
    let (well_until, recovers, ends) = (at(STORY[0].1), at(STORY[2].1), at(STORY[3].1));
    for calls in [&bare, &guarded] {
        let before = goodput(between(calls, Duration::ZERO, well_until));
        assert!(before > 0.5, "all is well at first: {before}");
    }

    // Ratios of one run: how fast the machine is cancels out.
    let (slowest_bare, slowest_guarded) = (p99(&bare), p99(&guarded));
    assert!(slowest_guarded * 3 < slowest_bare, "p99 with guards {slowest_guarded:?}, without {slowest_bare:?}");

    // The longest that it may stay open, a tenth more for jitter, and as long for what was due meanwhile.
    let back = recovers + callers::MAX_OPEN.mul_f64(1.2);
    let soon = |calls| goodput(between(calls, back, back + ends.saturating_sub(back) / 2));
    assert!(soon(&guarded) > 0.5, "with guards, answers are back: {}", soon(&guarded));
    assert!(soon(&guarded) > 1.5 * soon(&bare), "without, they are not: {}", soon(&bare));
}
