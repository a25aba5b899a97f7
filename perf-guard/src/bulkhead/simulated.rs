//! The adaptive limit before a callee that is simulated: so many workers, and a queue before them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use proptest::prelude::*;

use super::adaptive::{Adaptive, Sample};
use crate::verdict::Verdict;

const SECOND: u64 = 1_000_000_000;

struct Callee {
    /// When each worker is free again.
    workers: BinaryHeap<Reverse<u64>>,
    /// Nanoseconds that a call is worked on, on average.
    service: u64,
    is_random: bool,
    random: u64,
    /// When calls in flight end, and when they began.
    in_flight: BinaryHeap<Reverse<(u64, u64)>>,
}

/// What came of some time.
#[derive(Debug, Default)]
struct Report {
    done: u64,
    lowest: u32,
    highest: u32,
    longest: u64,
}

impl Callee {
    fn new(workers: usize, service: u64) -> Self {
        let workers = (0..workers).map(|_| Reverse(0)).collect();
        Self { workers, service, is_random: false, random: 1, in_flight: BinaryHeap::new() }
    }

    fn capacity(&self) -> f64 {
        self.workers.len() as f64 * SECOND as f64 / self.service as f64
    }

    fn random(&mut self) -> f64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.random >> 11) as f64 + 1.0) / (1_u64 << 53) as f64
    }

    fn begin(&mut self, now: u64) {
        let service = if self.is_random { (-self.random().ln() * self.service as f64) as u64 } else { self.service };
        let Reverse(free) = self.workers.pop().unwrap();
        let end = free.max(now) + service;
        self.workers.push(Reverse(end));
        self.in_flight.push(Reverse((end, now)));
    }

    /// Calls come at `load` times the capacity for a time, from `*now` on.
    fn run(&mut self, limit: &mut Adaptive, now: &mut u64, load: f64, seconds: u64) -> Report {
        let mut report = Report { lowest: u32::MAX, ..Report::default() };
        let gap = (SECOND as f64 / (self.capacity() * load)) as u64;
        let until = *now + seconds * SECOND;
        while *now < until {
            *now += if self.is_random { (-self.random().ln() * gap as f64) as u64 } else { gap };
            while let Some(&Reverse((end, began))) = self.in_flight.peek().filter(|call| call.0.0 <= *now) {
                let in_flight = self.in_flight.len() as u32;
                limit.take(Sample { now: end, duration: end - began, in_flight, verdict: Verdict::Success });
                self.in_flight.pop();
                report.done += 1;
                report.longest = report.longest.max(end - began);
                report.lowest = report.lowest.min(limit.limit());
                report.highest = report.highest.max(limit.limit());
            }
            if (self.in_flight.len() as u32) < limit.limit() {
                self.begin(*now);
            } else {
                limit.end_late_probe(*now);
            }
        }
        report
    }
}

/// What is settled for with so many workers, and some room for a window's step.
fn settled(workers: u32) -> u32 {
    let workers = f64::from(workers) * 1.5;
    (workers + 2.0 * workers.sqrt() + 3.0) as u32
}

#[test]
fn twice_the_load_all_the_time_does_not_make_the_limit_creep() {
    for (workers, millis, is_random) in
        [(1, 10, false), (4, 10, false), (4, 20, true), (20, 50, true), (100, 200, false), (200, 900, true)]
    {
        let mut callee = Callee { is_random, ..Callee::new(workers, millis * 1_000_000) };
        let (mut limit, mut now) = (Adaptive::new(16, 1, 1000), 0);
        callee.run(&mut limit, &mut now, 2.0, 100);
        for _ in 0..10 {
            let report = callee.run(&mut limit, &mut now, 2.0, 100);
            let may = settled(workers as u32) * if is_random { 2 } else { 1 };
            assert!(report.highest <= may, "{workers} workers: {report:?}, not {may}");
            let share = report.done as f64 / (callee.capacity() * 100.0);
            assert!(share > 0.9, "{workers} workers: {share} of what they can do, {report:?}");
        }
    }
}

#[test]
fn it_steps_down_when_the_callee_is_slow_and_recovers_with_it() {
    let mut callee = Callee::new(50, 10_000_000);
    let (mut limit, mut now) = (Adaptive::new(16, 1, 1000), 0);
    callee.run(&mut limit, &mut now, 2.0, 60);
    let well = limit.limit();
    // Nine of ten workers are gone.
    let mut slow = Callee::new(5, 10_000_000);
    slow.run(&mut limit, &mut now, 2.0, 20);
    let report = slow.run(&mut limit, &mut now, 2.0, 40);
    assert!(report.highest <= settled(5) && well > 60, "{well}, then {report:?}");
    callee.workers = Callee::new(50, 0).workers;
    callee.in_flight.clear();
    callee.run(&mut limit, &mut now, 2.0, 30);
    let report = callee.run(&mut limit, &mut now, 2.0, 30);
    assert!(report.highest >= well * 9 / 10, "{well}, in the end {report:?}");
}

#[test]
fn where_calls_take_longer_for_good_that_is_the_new_baseline() {
    let mut callee = Callee::new(20, 1_000_000);
    let (mut limit, mut now) = (Adaptive::new(16, 1, 1000), 0);
    callee.run(&mut limit, &mut now, 2.0, 60);
    let before = limit.limit();
    // Far beyond what a first probe waits for.
    callee.service = 500_000_000;
    callee.run(&mut limit, &mut now, 2.0, 900);
    assert!(limit.limit() >= before * 8 / 10, "{before}, then {}", limit.limit());
}

#[test]
fn where_the_application_is_the_limit_nothing_changes() {
    let mut callee = Callee::new(200, 10_000_000);
    let (mut limit, mut now) = (Adaptive::new(100, 1, 1000), 0);
    let report = callee.run(&mut limit, &mut now, 0.2, 120);
    assert_eq!((report.lowest, report.highest), (100, 100));
    // Nor where they become slow for another reason than their number.
    callee.service = 12_000_000;
    let report = callee.run(&mut limit, &mut now, 0.2, 120);
    assert_eq!((report.lowest, report.highest), (100, 100));
}

#[test]
fn calls_that_hang_end_no_probe_but_time_does() {
    let mut limit = Adaptive::new(40, 1, 100);
    let mut now = 0;
    while limit.limit() >= 20 {
        now += SECOND / 200;
        limit.take(Sample { now, duration: 10_000_000, in_flight: 40, verdict: Verdict::Success });
    }
    limit.end_late_probe(now + SECOND / 20);
    limit.end_late_probe(now - 1);
    assert!(limit.limit() < 20, "a probe has its time, also by a thread that read the clock a little before");
    limit.end_late_probe(now + SECOND);
    assert!(limit.limit() >= 40);
}

#[test]
fn quick_failures_do_not_make_the_callee_look_fast() {
    let mut limit = Adaptive::new(40, 1, 100);
    let mut now = 0;
    let mut feed = |limit: &mut Adaptive, duration, verdict| {
        for _ in 0..300 {
            now += SECOND / 200;
            limit.take(Sample { now, duration, in_flight: 20, verdict });
        }
    };
    feed(&mut limit, 10_000_000, Verdict::Success);
    let before = limit.baseline_nanos();
    feed(&mut limit, 1000, Verdict::Failure);
    feed(&mut limit, 1000, Verdict::Ignored);
    assert_eq!(limit.baseline_nanos(), before);
}

proptest! {
    #[test]
    fn whatever_happens_the_limit_stays_between_its_bounds(
        min in 1..50_u32,
        more in 0..200_u32,
        first in 1..500_u32,
        samples in proptest::collection::vec((any::<u64>(), any::<u64>(), 1..500_u32, 0..3_u8, 1..200_u32), 1..60),
    ) {
        let mut limit = Adaptive::new(first, min, min + more);
        for (now, duration, in_flight, verdict, times) in samples {
            let verdict = [Verdict::Success, Verdict::Failure, Verdict::Ignored][usize::from(verdict)];
            for at in 0..times {
                let now = now.wrapping_add(u64::from(at) * 10_000_000);
                limit.take(Sample { now, duration: duration >> (at % 64), in_flight, verdict });
                if times % 8 == 0 {
                    limit.set_bounds(min, min + more);
                }
                limit.end_late_probe(now);
                prop_assert!((min..=min + more).contains(&limit.limit()));
            }
        }
    }
}
