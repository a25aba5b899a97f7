//! What is said of the process, held against what is known of it otherwise.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::hint::black_box;
use std::sync::mpsc;
use std::sync::{Barrier, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use perf_runtime::{Config, Perf, ProcessStats, Snapshot, ThreadState, process, profiled, set_config, snapshot};

/// The process is one, and so is its sampler.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn stats() -> ProcessStats {
    snapshot().process().expect("it was asked for").clone()
}

/// Takes this much CPU time of the running thread.
fn work(time: Duration) {
    let until = thread_cpu() + time;
    while thread_cpu() < until {
        black_box((0..1000_u64).fold(1_u64, |x, y| black_box(x.wrapping_mul(3) ^ y)));
    }
}

fn thread_cpu() -> Duration {
    cpu(libc::CLOCK_THREAD_CPUTIME_ID)
}

#[allow(unsafe_code)]
fn cpu(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes to the struct that it is given.
    assert_eq!(unsafe { libc::clock_gettime(clock, &raw mut time) }, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[allow(unsafe_code)]
fn resources() -> libc::rusage {
    // SAFETY: all zeros is a use, of nothing.
    let mut used: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: writes to the struct that it is given.
    assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut used) }, 0);
    used
}

fn between<T: PartialOrd + Copy + std::fmt::Debug>(before: T, value: T, after: T) {
    assert!(before <= value && value <= after, "{before:?} <= {value:?} <= {after:?}");
}

#[test]
fn nothing_is_said_where_nobody_has_asked() {
    let _alone = alone();
    process::stop();
    let silent = snapshot();
    assert!(silent.process().is_none());
    assert!(!silent.to_string().contains("resident"));
    process::start();
    let asked = snapshot();
    assert_eq!(asked.process().unwrap().id, std::process::id());
    assert!(asked.to_string().contains("resident"), "{asked}");
    process::stop();
    assert!(snapshot().process().is_none());
}

#[test]
fn cpu_time_faults_and_switches_are_those_that_the_system_counts() {
    let _alone = alone();
    process::sample_every(Duration::from_secs(3600));
    work(Duration::from_millis(30));
    let (before, started) = (resources(), cpu(libc::CLOCK_PROCESS_CPUTIME_ID));
    let stats = stats();
    let (after, ended) = (resources(), cpu(libc::CLOCK_PROCESS_CPUTIME_ID));
    // The two clocks of the system's differ by what a tick may be off.
    let slack = Duration::from_millis(20);
    between(started.saturating_sub(slack), stats.cpu.unwrap().total(), ended + slack);
    between(before.ru_minflt as u64, stats.minor_faults.unwrap(), after.ru_minflt as u64);
    between(before.ru_majflt as u64, stats.major_faults.unwrap(), after.ru_majflt as u64);
    between(before.ru_nvcsw as u64, stats.voluntary_switches.unwrap(), after.ru_nvcsw as u64);
    between(before.ru_nivcsw as u64, stats.involuntary_switches.unwrap(), after.ru_nivcsw as u64);
}

#[test]
fn as_many_files_are_open_as_were_opened() {
    let _alone = alone();
    process::start();
    let _ = stats();
    let before = stats().open_files.unwrap();
    let opened: Vec<File> = (0..37).map(|_| File::open("/dev/null").unwrap()).collect();
    let after = stats();
    assert_eq!(after.open_files.unwrap() - before, 37);
    drop(opened);
    assert_eq!(stats().open_files, Some(before));
    let limit = after.open_files_limit.unwrap();
    assert!(limit >= after.open_files.unwrap());
}

#[test]
fn memory_that_is_touched_is_resident() {
    const BYTES: usize = 64 << 20;
    let _alone = alone();
    process::start();
    let before = stats();
    let mut memory = vec![0_u8; BYTES];
    let mapped = stats();
    let page = 4096;
    memory.iter_mut().step_by(page).for_each(|byte| *byte = 1);
    black_box(&memory);
    let touched = stats();
    let grown = |now: &ProcessStats, then: &ProcessStats| now.resident.unwrap().saturating_sub(then.resident.unwrap());
    // What the kernel counts of a thread at a time may be missing.
    let slack = 4 << 20;
    assert!(grown(&mapped, &before) < slack, "{} bytes are there before they are touched", grown(&mapped, &before));
    // Other threads of the tests come and go meanwhile, with their stacks.
    assert!(mapped.virtual_size.unwrap() >= mapped.resident.unwrap() + BYTES as u64 - slack);
    between(BYTES as u64 - slack, grown(&touched, &mapped), BYTES as u64 + slack);
    assert!(touched.peak_resident.unwrap() + slack >= touched.resident.unwrap());
    assert!(touched.minor_faults > mapped.minor_faults);
    drop(memory);
}

#[test]
fn threads_are_known_by_their_names_and_by_what_they_do() {
    let _alone = alone();
    process::sample_every(Duration::from_secs(3600));
    let (started, ended) = (Barrier::new(3), Barrier::new(3));
    // Nothing is asserted before all have ended: a panic would keep them waiting.
    let (snapshot, most) = thread::scope(|scope| {
        let spawn = |name: &str, time| {
            let (started, ended) = (&started, &ended);
            let work = move || {
                started.wait();
                // Counted from here on, by a sampler that knows the thread.
                started.wait();
                work(time);
                ended.wait();
                ended.wait();
            };
            thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, work).unwrap();
        };
        spawn("busy-thread", Duration::from_millis(120));
        spawn("idle-thread", Duration::ZERO);
        started.wait();
        let begin = Instant::now();
        process::sample_every(Duration::from_secs(3600));
        started.wait();
        ended.wait();
        // Until the idle one is back from the barrier, and at the next.
        let is_asleep = |snapshot: &Snapshot| {
            let idle = snapshot.process().and_then(|process| process.thread("idle-thread"));
            idle.is_some_and(|thread| thread.state == ThreadState::Sleeping)
        };
        let mut taken = snapshot();
        while !is_asleep(&taken) && begin.elapsed() < Duration::from_secs(30) {
            thread::sleep(Duration::from_millis(1));
            taken = snapshot();
        }
        let most = begin.elapsed();
        ended.wait();
        (taken, most)
    });
    let stats = snapshot.process().unwrap();
    let (busy, idle) = (stats.thread("busy-thread").unwrap(), stats.thread("idle-thread").unwrap());
    let share = busy.cpu_share.unwrap().total();
    assert!(share >= 0.12 / most.as_secs_f64() && share <= 1.01, "{share} in {most:?}");
    assert!(idle.cpu_share.unwrap().total() < share);
    assert_eq!(idle.state, ThreadState::Sleeping);
    assert!(idle.voluntary_switches.unwrap() > 0, "it has waited");
    assert!(stats.thread_count.unwrap() >= 3);
    assert!(stats.thread("main").is_some() && stats.thread("no such thread").is_none());
    assert!(stats.cpu_share.unwrap().total() + 0.02 >= share, "of the process it is a part");
    assert!(snapshot.to_string().contains("busy-thread"), "{snapshot}");
}

#[test]
fn of_many_threads_those_that_are_not_listed_are_counted() {
    let _alone = alone();
    process::start();
    let before = stats().thread_count.unwrap();
    let (end, wait) = (Barrier::new(101), Barrier::new(101));
    let stats = thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                wait.wait();
                end.wait();
            });
        }
        wait.wait();
        let stats = stats();
        end.wait();
        stats
    });
    assert!(stats.thread_count.unwrap() >= before + 100);
    assert_eq!(stats.threads.len(), 64);
    assert_eq!(stats.threads.len() as u64 + stats.other_threads.count, stats.thread_count.unwrap());
    assert_eq!(stats.other_threads.unread, 0);
}

#[test]
fn between_two_snapshots_is_what_happened_between_them() {
    let _alone = alone();
    process::start();
    let then = snapshot();
    work(Duration::from_millis(50));
    let now = snapshot();
    let difference = now.since(&then);
    let cpu = |of: &Snapshot| of.process().unwrap().cpu.unwrap().total();
    assert_eq!(cpu(&difference), cpu(&now).saturating_sub(cpu(&then)));
    assert!(cpu(&difference) >= Duration::from_millis(40));
    assert_eq!(difference.process().unwrap().resident, now.process().unwrap().resident, "is as it is now");
}

#[test]
fn the_machine_and_its_load_are_those_of_the_system() {
    let _alone = alone();
    process::start();
    let stats = stats();
    let text = std::fs::read_to_string("/proc/loadavg").unwrap();
    let load: f64 = text.split(' ').next().unwrap().parse().unwrap();
    // It changes every five seconds, by a twelfth of the difference at most.
    assert!((stats.machine.load.unwrap()[0] - load).abs() < 1.0);
    let memory = stats.machine.memory.unwrap();
    assert!(memory.used > 0 && memory.used < memory.limit);
    assert!(stats.machine.processors.unwrap() >= stats.processors.unwrap());
    let parallelism = thread::available_parallelism().unwrap().get() as f64;
    assert!(stats.processors.unwrap() >= parallelism, "a quota may make it less");
    assert!(stats.cgroup.is_some());
}

#[test]
fn a_snapshot_as_json_comes_back_with_its_process_and_an_old_one_without() {
    let _alone = alone();
    process::start();
    let snapshot = snapshot();
    let json = serde_json::to_string(&snapshot).unwrap();
    let back: Snapshot = serde_json::from_str(&json).unwrap();
    assert_eq!(back.process().map(|process| process.id), Some(std::process::id()));
    // Shares may be off by their last digit.
    let exact = |of: &Snapshot| -> Vec<_> {
        let threads = of.process().unwrap().threads.iter();
        threads.map(|thread| (thread.name.clone(), thread.id, thread.state, thread.cpu, thread.run_delay)).collect()
    };
    assert_eq!(exact(&back), exact(&snapshot));
    let mut old: serde_json::Value = serde_json::from_str(&json).unwrap();
    old.as_object_mut().unwrap().remove("process");
    assert!(serde_json::from_value::<Snapshot>(old).unwrap().process().is_none());
}

#[profiled(sample = "always")]
fn measured() {}

#[test]
fn what_sampling_costs_is_part_of_the_overhead() {
    let _alone = alone();
    let _perf = Perf::builder().config(Config::testing()).manual().start().unwrap();
    process::stop();
    measured();
    let spent = |snapshots: u32| {
        let before = snapshot().overhead().aggregating();
        (0..snapshots).for_each(|_| drop(snapshot()));
        snapshot().overhead().aggregating().saturating_sub(before)
    };
    let without = spent(20);
    process::start();
    let began = thread_cpu();
    let with = spent(20);
    assert!(with > without, "{with:?} and {without:?}");
    assert!(with <= thread_cpu().saturating_sub(began), "no more than there was");
}

#[test]
fn the_background_thread_samples_as_often_as_it_is_told() {
    let _alone = alone();
    let config = Config {
        process_every: Duration::from_millis(20),
        drain_every: Duration::from_millis(10),
        ..Config::testing()
    };
    let perf = Perf::builder().config(config.clone()).start().unwrap();
    process::start();
    // As soon as there are two samples of its own, the shares are of no longer a time than since the one before the last.
    let deadline = Instant::now() + Duration::from_secs(60);
    let (sender, receiver) = mpsc::channel::<()>();
    loop {
        let _ = receiver.recv_timeout(Duration::from_millis(50));
        let asked = Instant::now();
        let period = stats().period.unwrap();
        if period < Duration::from_millis(40) + asked.elapsed() {
            break;
        }
        assert!(Instant::now() < deadline, "{period:?}");
    }
    drop(sender);
    let seldom = Config { process_every: Duration::from_secs(3600), ..config };
    set_config(seldom).unwrap();
    let (first, waited) = (stats().period.unwrap(), Duration::from_millis(200));
    thread::sleep(waited);
    assert!(stats().period.unwrap() >= first + waited, "no sample has been taken meanwhile");
    drop(perf);
}

#[test]
#[allow(unsafe_code)]
fn a_forked_child_speaks_of_itself() {
    let _alone = alone();
    process::start();
    work(Duration::from_millis(30));
    let _ = stats();
    // SAFETY: the child does nothing but read and end; what it finds locked, the fork has let go of.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let stats = stats();
        let is_own = stats.id == std::process::id() && stats.thread_count == Some(1) && stats.period.is_none();
        // SAFETY: ends the child without what the parent has to do at its end.
        unsafe { libc::_exit(i32::from(!is_own)) };
    }
    let mut status = 0;
    // SAFETY: waits for the child just made.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0);
}
