use std::time::Duration;

use perf_core::__guard::ResourceUse;
use perf_core::{CgroupStats, ThreadState, Throttling};
use proptest::prelude::*;

use crate::difference::{LISTED, stats};
use crate::reading::{Memory, Reading, Thread};

const SECOND: u64 = 1_000_000_000;

fn thread(id: u64, user: u64, system: u64, ran: Option<u64>) -> Thread {
    Thread {
        id,
        begun: 1,
        name: format!("worker {id}"),
        state: ThreadState::Sleeping,
        user,
        system,
        ran,
        waited: None,
        voluntary_switches: None,
        involuntary_switches: None,
        minor_faults: 0,
        major_faults: 0,
    }
}

fn reading(at: u64, threads: Vec<Thread>) -> Reading {
    Reading { at, id: 1, thread_count: Some(threads.len() as u64), threads, ..Reading::default() }
}

fn is_about(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

#[test]
fn shares_are_of_the_time_between_two_readings() {
    let used = |user, system| Some(ResourceUse { user, system, ..ResourceUse::default() });
    let then = Reading { used: used(SECOND, 0), ..reading(0, vec![thread(1, 0, 0, Some(7))]) };
    let now = Reading {
        used: used(4 * SECOND, SECOND),
        ..reading(2 * SECOND, vec![thread(1, SECOND, SECOND / 2, Some(7 + SECOND))])
    };
    let stats = stats(&now, &then);
    let (share, of_thread) = (stats.cpu_share.unwrap(), stats.threads[0].cpu_share.unwrap());
    assert_eq!(stats.period, Some(Duration::from_secs(2)));
    assert!(is_about(share.user, 1.5) && is_about(share.system, 0.5));
    assert!(is_about(of_thread.total(), 0.5), "what the scheduler counted, not the ticks");
    assert!(is_about(of_thread.user, 1.0 / 3.0), "parted as the ticks are");
}

#[test]
fn memory_is_never_more_than_it_was_at_its_peak() {
    let used = Some(ResourceUse { peak_resident: 100, ..ResourceUse::default() });
    let now = Reading { used, memory: Some(Memory { resident: 104, virtual_size: 200 }), ..reading(0, Vec::new()) };
    let stats = stats(&now, &now);
    assert_eq!((stats.resident, stats.peak_resident), (Some(104), Some(104)));
}

#[test]
fn one_reading_has_no_shares_and_a_thread_with_the_id_of_another_neither() {
    let now = reading(SECOND, vec![thread(1, SECOND, 0, None)]);
    let alone = stats(&now, &now);
    assert_eq!((alone.period, alone.threads[0].cpu_share), (None, None));
    let other = Thread { begun: 0, ..thread(1, 9 * SECOND, 0, None) };
    assert_eq!(stats(&now, &reading(0, vec![other])).threads[0].cpu_share, None);
}

#[test]
fn throttling_is_a_share_of_the_periods_between_two_readings() {
    let at = |at, periods, throttled| {
        let throttling = Some(Throttling { periods, throttled, ..Throttling::default() });
        Reading { cgroup: Some(CgroupStats { throttling, ..CgroupStats::default() }), ..reading(at, Vec::new()) }
    };
    let share = |now, then| stats(&now, &then).cgroup.unwrap().throttling.unwrap().share;
    assert!(is_about(share(at(2, 120, 45), at(1, 20, 20)).unwrap(), 0.25));
    assert_eq!(share(at(2, 20, 20), at(1, 20, 20)), None, "nothing wanted to run");
    assert_eq!(share(at(2, 5, 1), at(1, 20, 20)), None, "another control group");
}

proptest! {
    #[test]
    fn as_many_threads_as_there_is_room_for_are_listed_the_busiest_first_and_none_is_lost(
        times in prop::collection::vec((0..SECOND, 0..SECOND), 0..200), unread in 0..50_u64
    ) {
        let at = |which: fn(&(u64, u64)) -> u64| {
            times.iter().zip(0..).map(|(time, id)| thread(id, 0, 0, Some(which(time)))).collect()
        };
        let then = reading(0, at(|time| time.0));
        let mut now = reading(SECOND, at(|time| time.0 + time.1));
        now.thread_count = Some(times.len() as u64 + unread);
        let stats = stats(&now, &then);
        let shares: Vec<f64> = stats.threads.iter().map(|thread| thread.cpu_share.unwrap().total()).collect();
        prop_assert!(shares.is_sorted_by(|a, b| a >= b));
        prop_assert_eq!(stats.threads.len(), times.len().min(LISTED));
        prop_assert_eq!(stats.threads.len() as u64 + stats.other_threads.count, now.thread_count.unwrap());
        prop_assert_eq!(stats.other_threads.unread, unread);
        let all: f64 = times.iter().map(|time| time.1 as f64 / SECOND as f64).sum();
        prop_assert!((shares.iter().sum::<f64>() + stats.other_threads.cpu_share - all).abs() < 1e-6);
        prop_assert!(shares.iter().all(|share| *share >= stats.other_threads.cpu_share / 200.0));
    }

    #[test]
    fn no_pair_of_readings_makes_anything_negative(
        now in (any::<u64>(), any::<u64>(), any::<u64>()), then in (any::<u64>(), any::<u64>(), any::<u64>())
    ) {
        let of = |(at, user, ran): (u64, u64, u64)| reading(at, vec![thread(1, user / 4, user / 8, Some(ran))]);
        if let Some(share) = stats(&of(now), &of(then)).threads[0].cpu_share {
            prop_assert!(share.user >= 0.0 && share.system >= -1e-9 * share.total().max(1.0));
        }
    }
}
