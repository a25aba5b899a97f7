//! What comes of the rule where the load answers to it.

use super::Priority;
use super::rule::{refused, severity};
use super::smooth::Smooth;

const TENTH: u64 = 100_000_000;

/// A machine of which so many times as much CPU time is asked as there is; a turn passes before what is refused shows.
struct Machine {
    asked: f64,
    priority: Priority,
    smooth: Smooth,
    severity: f64,
    used: f64,
    now: u64,
}

/// What came of so many turns.
struct Seen {
    mean_used: f64,
    least_used: f64,
    /// The difference between the most and the least that was refused at a time.
    swing: f64,
    refused: f64,
}

impl Machine {
    fn new(asked: f64, priority: Priority) -> Self {
        Self { asked, priority, smooth: Smooth::new(0), severity: 0.0, used: 0.0, now: 0 }
    }

    /// The share that is used, and that which is refused.
    fn turn(&mut self) -> (f64, f64) {
        self.now += TENTH;
        let load = self.smooth.add(self.now, self.used);
        self.severity = severity(self.severity, load, 0.8);
        let refused = refused(self.priority, self.severity);
        self.used = (self.asked * (1.0 - refused)).min(1.0);
        (self.used, refused)
    }

    fn run(&mut self, turns: u32) -> Seen {
        let all: Vec<_> = (0..turns).map(|_| self.turn()).collect();
        let most = all.iter().map(|(_, refused)| *refused).fold(0.0, f64::max);
        let least = all.iter().map(|(_, refused)| *refused).fold(1.0, f64::min);
        Seen {
            mean_used: all.iter().map(|(used, _)| used).sum::<f64>() / f64::from(turns),
            least_used: all.iter().map(|(used, _)| *used).fold(1.0, f64::min),
            swing: most - least,
            refused: all.last().map_or(0.0, |(_, refused)| *refused),
        }
    }
}

#[test]
fn twice_too_much_finds_a_balance_between_max_load_and_all_there_is() {
    for priority in [Priority::Low, Priority::Normal, Priority::High] {
        let mut machine = Machine::new(2.0, priority);
        machine.run(300);
        let seen = machine.run(600);
        assert!((0.8..1.0).contains(&seen.mean_used), "{priority:?}: {}", seen.mean_used);
        assert!(seen.swing < 0.1, "{priority:?}: {}", seen.swing);
    }
}

#[test]
fn ten_times_too_much_leaves_most_of_the_machine_at_work() {
    for priority in [Priority::Normal, Priority::High, Priority::Critical] {
        let mut machine = Machine::new(10.0, priority);
        machine.run(300);
        let seen = machine.run(600);
        assert!(seen.mean_used > 0.9 && seen.least_used > 0.6, "{priority:?}: {} {}", seen.mean_used, seen.least_used);
    }
    // The steepest where it begins, it swings most.
    let mut machine = Machine::new(10.0, Priority::Low);
    machine.run(300);
    assert!(machine.run(600).mean_used > 0.8);
}

#[test]
fn an_overload_is_answered_within_two_seconds_and_its_end_within_two() {
    let mut machine = Machine::new(0.5, Priority::Normal);
    machine.run(100);
    machine.asked = 3.0;
    assert!(machine.run(20).refused > 0.2);
    machine.run(100);
    machine.asked = 0.5;
    assert!(machine.run(20).refused <= 0.0);
}

#[test]
fn what_is_asked_of_a_machine_that_has_it_is_never_refused() {
    for asked in [0.1, 0.5, 0.79] {
        assert!(Machine::new(asked, Priority::Low).run(1000).swing <= 0.0);
    }
}
