//! Every order in which threads may come between each other where the state changes.

use loom::sync::Arc;
use loom::thread;

use super::core::{BreakerState, Core};
use super::outcomes::BreakerWindow;
use super::settings::{Settings, defaults};
use crate::name::Name;

/// Open until the moment 100, and then with one probe at a time.
fn opened() -> Core {
    let settings = Settings::new(&defaults(perf_core::Workload::Heavy));
    let core = Core::new(Name::NONE, settings, BreakerWindow::Calls(4), 0);
    core.force(BreakerState::Open, 0);
    core.open_at(100);
    core
}

#[test]
fn of_two_that_come_at_once_one_is_the_probe() {
    crate::primitive::model(|| {
        let core = Arc::new(opened());
        let other = thread::spawn({
            let core = core.clone();
            move || core.enter(200).is_ok()
        });
        let admitted = [core.enter(200).is_ok(), other.join().unwrap()];
        assert_eq!(admitted.into_iter().filter(|is_in| *is_in).count(), 1);
        assert_eq!(core.state(), BreakerState::HalfOpen);
    });
}

#[test]
fn a_probe_that_is_given_back_is_anothers_and_never_twos() {
    crate::primitive::model(|| {
        let core = Arc::new(opened());
        let ticket = core.enter(200).unwrap();
        let other = thread::spawn({
            let core = core.clone();
            move || core.enter(200).is_ok()
        });
        core.ignore(ticket);
        let is_in = other.join().unwrap();
        assert_eq!(core.enter(200).is_ok(), !is_in, "one of the two has it");
    });
}

#[test]
fn what_a_probe_of_an_earlier_generation_ended_with_decides_nothing() {
    crate::primitive::model(|| {
        let core = Arc::new(opened());
        let old = core.enter(200).unwrap();
        let other = thread::spawn({
            let core = core.clone();
            // Long after it should have reported: a new generation, with a probe of its own.
            move || core.enter(200 + 3_600_000_000_000).is_ok()
        });
        core.succeed(old, 300);
        let is_in = other.join().unwrap();
        match core.state() {
            BreakerState::Closed => assert!(is_in, "it came after the probe had reported"),
            BreakerState::HalfOpen => assert!(is_in && core.enter(200).is_err(), "its probe is the only one"),
            state => panic!("{state:?}"),
        }
    });
}
