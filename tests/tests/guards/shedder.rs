use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use perf_runtime::{
    GuardKind, LoadShedder, LoadShedderBuilder, LoadSource, Priority, Reason, Rejected, circuit_breaker, guards,
    load_shed,
};

use crate::support::{Error, block_on, stats};

/// A shedder by that name that refuses as much as it may, whatever this machine has to do: work waits for ever.
fn overloaded(name: &'static str) -> LoadShedder {
    let builder = LoadShedder::builder().name(name).max_load(1.0).max_queueing(Duration::from_nanos(1));
    let shedder = builder.build().unwrap();
    while shedder.refusing(Priority::Critical) < 0.98 {
        shedder.record_queueing(Duration::from_secs(1));
        std::thread::yield_now();
    }
    shedder
}

/// Calls until so many are refused, while work waits for ever; says how many were not.
fn until_refused(shedder: &LoadShedder, refusals: u64, mut call: impl FnMut() -> bool) -> u64 {
    let (mut admitted, mut refused) = (0, 0);
    while refused < refusals {
        shedder.record_queueing(Duration::from_secs(1));
        if call() { admitted += 1 } else { refused += 1 }
    }
    admitted
}

#[test]
fn a_call_that_is_refused_never_runs() {
    static RAN: AtomicU64 = AtomicU64::new(0);

    #[load_shed(name = "sheds")]
    fn sheds() -> Result<(), Error> {
        RAN.fetch_add(1, Relaxed);
        Ok(())
    }

    let shedder = overloaded("sheds");
    let admitted = until_refused(&shedder, 500, || match sheds() {
        Ok(()) => true,
        Err(Error::Refused(rejected)) => {
            assert_eq!((rejected.guard(), rejected.reason()), ("sheds", Reason::Overloaded));
            false
        }
        Err(Error::Own) => unreachable!(),
    });
    let stats = stats(GuardKind::LoadShedder, "sheds");
    assert_eq!((stats.refusals(), stats.admitted, RAN.load(Relaxed)), (500, admitted, admitted));
}

#[test]
fn the_fallback_has_the_arguments_of_a_call_that_was_refused() {
    #[load_shed(name = "sheds to another", fallback = worth_less)]
    fn worth(text: String) -> usize {
        text.len()
    }

    fn worth_less(text: String) -> usize {
        text.len() + 100
    }

    #[load_shed(name = "sheds to another", fallback = worth_less_later)]
    async fn worth_later(text: String) -> usize {
        text.len()
    }

    async fn worth_less_later(text: String) -> usize {
        text.len() + 100
    }

    let shedder = overloaded("sheds to another");
    let is_own = |worth| match worth {
        3 => true,
        103 => false,
        _ => panic!("{worth}"),
    };
    until_refused(&shedder, 100, || is_own(worth("abc".to_owned())));
    until_refused(&shedder, 100, || is_own(block_on(worth_later("abc".to_owned()))));
}

#[test]
fn what_it_is_told_it_goes_by() {
    const MOST: f64 = 0.7;

    #[load_shed(max_load = "90%", priority = "high")]
    fn matters() -> Result<(), Rejected> {
        Ok(())
    }

    #[load_shed(max_load = MOST)]
    fn is_like_others() -> Result<(), Rejected> {
        Ok(())
    }

    // Before anything is measured, nothing is refused.
    matters().unwrap();
    is_like_others().unwrap();
    let shedder = |name| guards().find(GuardKind::LoadShedder, name).unwrap().handle::<LoadShedder>().unwrap();
    assert_eq!((shedder("matters").priority(), shedder("matters").max_load()), (Priority::High, 0.9));
    assert_eq!((shedder("is_like_others").priority(), shedder("is_like_others").max_load()), (Priority::Normal, 0.7));
}

#[test]
fn functions_that_share_a_shedder_keep_their_own_priorities() {
    #[load_shed(name = "shared", priority = "low")]
    fn can_wait() -> Result<(), Rejected> {
        Ok(())
    }

    #[load_shed(name = "shared", priority = "critical")]
    fn cannot_wait() -> Result<(), Rejected> {
        Ok(())
    }

    use LoadSource::{Cpu, CpuPressure, IoPressure, Memory, MemoryPressure};

    // Of all the load there is, so much is queueing that none of critical priority is refused.
    let builder = LoadShedder::builder().name("shared").max_load(0.5).max_queueing(Duration::from_micros(1));
    let of_machine = [Cpu, Memory, CpuPressure, MemoryPressure, IoPressure];
    let builder = of_machine.into_iter().fold(builder, LoadShedderBuilder::ignore);
    let shedder = builder.build().unwrap();
    let mut has_refused = false;
    while !has_refused {
        shedder.record_queueing(Duration::from_nanos(700));
        has_refused = can_wait().is_err();
        cannot_wait().unwrap();
        std::thread::yield_now();
    }
}

#[test]
fn what_is_shed_no_other_guard_hears_of() {
    #[circuit_breaker(name = "behind the shedder")]
    #[load_shed(name = "before the breaker")]
    fn passes_both() -> Result<(), Error> {
        Ok(())
    }

    let shedder = overloaded("before the breaker");
    let admitted = until_refused(&shedder, 500, || passes_both().is_ok());
    assert_eq!(shedder.stats().refusals(), 500);
    let breaker = stats(GuardKind::CircuitBreaker, "behind the shedder");
    assert_eq!((breaker.admitted, breaker.refusals()), (admitted, 0));
}

#[test]
fn its_numbers_are_set_by_name() {
    let shedder = LoadShedder::builder().name("steered").build().unwrap();
    let guards = guards();
    let guard = guards.find(GuardKind::LoadShedder, "steered").unwrap();
    guard.set("max_load", "95%").unwrap();
    guard.set("max_queueing", "3s").unwrap();
    assert_eq!((shedder.max_load(), shedder.max_queueing()), (0.95, Duration::from_secs(3)));
    let error = guard.set("priority", "high").unwrap_err().to_string();
    assert!(error.contains("`max_load`") && error.contains("`max_queueing`"), "{error}");
}
