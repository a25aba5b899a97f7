//! How much of a call was computing, how much waiting, and of futures how much waiting for a thread. On Linux, which has
//! another way to ask for the CPU time of a thread, to compare with.
#![cfg(target_os = "linux")]

use std::future::poll_fn;
use std::hint::black_box;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use counting::Counting;
use perf_runtime::{CallCpu, Config, Sampling, Snapshot, profiled, set_config, snapshot};
use tests::{stats, still};

const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// CPU time of the running thread as the system accounts for it, which it does at each tick of its own: not by the clock
/// that calls are measured with.
fn accounted() -> Duration {
    // SAFETY: all zeros is a usage, of nothing, and the call fills it in.
    #[allow(unsafe_code, reason = "there is no other way to ask")]
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage), 0);
        usage
    };
    let time = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// CPU time of the running thread, at once.
fn thread_cpu() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    #[allow(unsafe_code, reason = "there is no other way to ask")]
    // SAFETY: writes to the struct that it is given.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(failed, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The process' time is this test's. It has been going for a while.
fn alone() -> std::sync::MutexGuard<'static, ()> {
    let alone = still::alone(&Config::testing());
    still::pass(millis(1));
    alone
}

fn compute(rounds: u64) -> u64 {
    (0..rounds).fold(1, |x: u64, n| black_box(x.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ n))
}

/// Computes until the thread has used so much CPU time, whatever else the machine does.
fn compute_for(time: Duration) {
    let end = thread_cpu() + time;
    while thread_cpu() < end {
        compute(10_000);
    }
}

fn cpu_of(name: &str) -> CallCpu {
    *stats(name).cpu().unwrap_or_else(|| panic!("the CPU time of {name} is known"))
}

/// Whether it is known to a tenth, beside what it takes to find out.
fn is_about(said: Duration, known: Duration) -> bool {
    said.abs_diff(known) < known / 10 + millis(1)
}

#[profiled]
fn computes() -> Duration {
    let before = accounted();
    compute_for(millis(100));
    still::pass(millis(250));
    accounted().saturating_sub(before)
}

#[test]
fn what_a_call_computes_is_its_cpu_time_and_the_rest_of_its_time_it_waits() {
    let _alone = alone();
    let known = computes();
    let cpu = cpu_of("computes");
    // It may be a tick late, before and after.
    assert!(cpu.mean().abs_diff(known) < millis(25), "{cpu:?}, and the system says {known:?}");
    assert!(cpu.mean() >= millis(100), "{cpu:?}");
    assert_eq!(cpu.mean() + cpu.waiting(), millis(250));
    assert_eq!((cpu.samples(), cpu.total() + cpu.total_waiting()), (1, millis(250)));
    assert!((cpu.share() * 250.0 - cpu.mean().as_secs_f64() * 1e3).abs() < 0.01, "{cpu:?}");
}

#[profiled]
fn sleeps() {
    std::thread::sleep(millis(20));
    still::pass(millis(20));
}

#[test]
fn a_call_that_sleeps_waits() {
    let _alone = alone();
    sleeps();
    let cpu = cpu_of("sleeps");
    assert!(cpu.share() < 0.1, "{cpu:?}");
}

#[profiled]
fn outer(is_idle: bool) {
    still::pass(millis(10));
    if !is_idle {
        inner();
    }
}

#[profiled]
fn inner() {
    compute_for(millis(10));
    still::pass(millis(30));
}

#[test]
fn the_cpu_time_of_a_call_contains_that_of_the_calls_in_it() {
    let _alone = alone();
    outer(false);
    let (outer, inner) = (cpu_of("outer"), cpu_of("inner"));
    assert!(outer.total() >= inner.total() && inner.total() >= millis(9), "{outer:?} {inner:?}");
    assert!(is_about(outer.total(), inner.total()), "{outer:?} {inner:?}");
}

#[profiled]
fn recursive(depth: u64) {
    compute_for(millis(5));
    still::pass(millis(10));
    if depth > 1 {
        recursive(depth - 1);
    }
}

#[test]
fn of_recursive_calls_cpu_time_is_counted_once() {
    let _alone = alone();
    let before = thread_cpu();
    recursive(4);
    let known = thread_cpu().saturating_sub(before);
    let (stats, cpu) = (stats("recursive"), cpu_of("recursive"));
    assert_eq!((stats.calls(), stats.total()), (4, millis(40)));
    assert!(is_about(cpu.total(), known), "{cpu:?}, and the system says {known:?}");
}

#[profiled]
fn short() {
    still::pass(Duration::from_nanos(200));
}

#[test]
fn calls_shorter_than_what_asking_takes_are_not_asked() {
    let _alone = alone();
    for _ in 0..100 {
        short();
    }
    assert_eq!((stats("short").calls(), stats("short").cpu()), (100, None));
}

#[profiled]
fn often() {
    still::pass(millis(1));
}

#[test]
fn before_it_is_known_how_long_calls_take_the_first_of_them_are_asked_and_then_all_that_are_worth_it() {
    let _alone = alone();
    (0..1_000).for_each(|_| often());
    assert_eq!(cpu_of("often").samples(), 64);
    (0..1_000).for_each(|_| often());
    assert_eq!(cpu_of("often").samples(), 1_064);
}

#[profiled(cpu)]
fn asked() {
    still::pass(millis(1));
}

#[profiled]
fn not_asked() {
    still::pass(millis(1));
    asked();
}

#[test]
fn where_the_configuration_does_not_ask_attributes_do_for_their_functions() {
    let _alone = alone();
    set_config(Config { sampling: Sampling::Always, ..Config::production() }).unwrap();
    for _ in 0..10 {
        not_asked();
    }
    set_config(Config::testing()).unwrap();
    assert_eq!((stats("not_asked").samples(), stats("not_asked").cpu()), (10, None));
    assert_eq!(cpu_of("asked").samples(), 10);
}

#[profiled]
fn first_this_then_that(is_computing: bool) {
    if is_computing {
        compute_for(millis(10));
    }
    still::pass(millis(20));
}

#[test]
fn between_two_snapshots_there_is_what_happened_between_them() {
    let _alone = alone();
    first_this_then_that(true);
    let before = snapshot();
    first_this_then_that(false);
    let since = snapshot().since(&before);
    let cpu = since.function("first_this_then_that").unwrap().cpu().unwrap();
    assert_eq!(cpu.samples(), 1);
    assert!(cpu.mean() < millis(2), "{cpu:?}");
    assert!(cpu_of("first_this_then_that").mean() > millis(4));
    assert!(snapshot().since(&snapshot()).function("first_this_then_that").is_none());
}

#[profiled]
fn shown() {
    still::pass(millis(1));
}

#[test]
fn cpu_time_is_in_the_table_and_goes_into_json_and_back() {
    let _alone = alone();
    shown();
    let taken = snapshot();
    let head = format!("{taken:200}");
    let head = head.lines().next().unwrap();
    assert!(head.contains(" cpu ") && head.contains(" waiting "), "{head}");
    let json = serde_json::to_value(&taken).unwrap();
    let read: Snapshot = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(read.function("shown").unwrap().cpu(), taken.function("shown").unwrap().cpu());
    assert!(read.function("shown").unwrap().cpu().is_some());
    let mut old = json;
    for function in old["functions"].as_array_mut().unwrap() {
        let function = function.as_object_mut().unwrap();
        assert!(function.remove("cpu").is_some() && function.remove("scheduled").is_some());
    }
    let old: Snapshot = serde_json::from_value(old).unwrap();
    assert_eq!(old.function("shown").unwrap().cpu(), None);
}

/// Something that a future may wait for, as often as it happens.
#[derive(Default)]
struct Event {
    has_happened: AtomicBool,
    waiting: Mutex<Option<Waker>>,
}

impl Event {
    fn new() -> Arc<Self> {
        Arc::default()
    }

    fn happens(&self) {
        self.has_happened.store(true, Relaxed);
        let waiting = self.waiting.lock().unwrap().take();
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }

    async fn wait(&self) {
        poll_fn(|context| {
            if self.has_happened.swap(false, Relaxed) {
                return Poll::Ready(());
            }
            let mut waiting = self.waiting.lock().unwrap();
            match &*waiting {
                Some(known) if known.will_wake(context.waker()) => {}
                _ => *waiting = Some(context.waker().clone()),
            }
            Poll::Pending
        })
        .await;
    }
}

/// An executor's task, as far as futures see it.
#[derive(Default)]
struct Task {
    woken: AtomicU64,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.woken.fetch_add(1, Relaxed);
    }
}

impl Task {
    fn new() -> Arc<Self> {
        Arc::default()
    }

    fn poll<T>(self: &Arc<Self>, future: &mut Pin<Box<impl Future<Output = T> + ?Sized>>) -> Poll<T> {
        future.as_mut().poll(&mut Context::from_waker(&Waker::from(self.clone())))
    }
}

#[profiled]
async fn waits(event: Arc<Event>, times: u32) {
    for _ in 0..times {
        still::pass(millis(1));
        event.wait().await;
    }
    still::pass(millis(1));
}

#[test]
fn of_a_future_waiting_to_be_woken_and_waiting_to_be_polled_are_told_apart() {
    let _alone = alone();
    let (event, task) = (Event::new(), Task::new());
    let mut future = Box::pin(waits(event.clone(), 2));
    for scheduled in [3, 5] {
        assert!(task.poll(&mut future).is_pending());
        still::pass(millis(20));
        event.happens();
        still::pass(millis(scheduled));
    }
    assert!(task.poll(&mut future).is_ready());
    let waits = stats("waits");
    let scheduled = waits.scheduled().unwrap();
    assert_eq!((waits.latency().max(), waits.futures().unwrap().busy), (millis(51), millis(3)));
    assert_eq!((scheduled.mean(), scheduled.longest(), scheduled.idle()), (millis(8), millis(5), millis(40)));
    assert!((scheduled.share() - 8.0 / 51.0).abs() < 1e-9, "{scheduled:?}");
    assert_eq!((scheduled.samples(), task.woken.load(Relaxed)), (1, 2));
}

#[profiled]
async fn wakes_itself() {
    let mut is_first = true;
    poll_fn(|context| {
        if !std::mem::take(&mut is_first) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        still::pass(millis(10));
        Poll::Pending
    })
    .await;
}

#[test]
fn who_is_woken_in_a_poll_waits_from_the_end_of_it() {
    let _alone = alone();
    let task = Task::new();
    let mut future = Box::pin(wakes_itself());
    assert!(task.poll(&mut future).is_pending());
    still::pass(millis(7));
    assert!(task.poll(&mut future).is_ready());
    let stats = stats("wakes_itself");
    assert_eq!((stats.scheduled().unwrap().mean(), stats.futures().unwrap().busy), (millis(7), millis(10)));
}

#[profiled]
async fn polled_for_nothing(event: Arc<Event>) {
    event.wait().await;
}

#[test]
fn who_is_polled_without_being_woken_has_not_waited_for_that() {
    let _alone = alone();
    let (event, task) = (Event::new(), Task::new());
    let mut future = Box::pin(polled_for_nothing(event.clone()));
    for _ in 0..3 {
        assert!(task.poll(&mut future).is_pending());
        still::pass(millis(10));
    }
    event.happens();
    assert!(task.poll(&mut future).is_ready());
    assert_eq!(stats("polled_for_nothing").scheduled().unwrap().mean(), Duration::ZERO);
}

#[profiled]
async fn outside(event: Arc<Event>) {
    inside(event).await;
}

#[profiled]
async fn inside(event: Arc<Event>) {
    event.wait().await;
}

#[test]
fn a_future_in_another_one_waits_as_long() {
    let _alone = alone();
    let (event, task) = (Event::new(), Task::new());
    let mut future = Box::pin(outside(event.clone()));
    assert!(task.poll(&mut future).is_pending());
    event.happens();
    still::pass(millis(4));
    assert!(task.poll(&mut future).is_ready());
    assert_eq!(task.woken.load(Relaxed), 1);
    assert_eq!(["outside", "inside"].map(|name| stats(name).scheduled().unwrap().mean()), [millis(4); 2]);
}

#[profiled]
async fn remembers(event: Arc<Event>) {
    event.wait().await;
}

#[test]
fn wakers_of_one_task_are_known_to_be_the_same() {
    let _alone = alone();
    let (event, task) = (Event::new(), Task::new());
    let mut future = Box::pin(remembers(event.clone()));
    assert!(task.poll(&mut future).is_pending());
    let first = event.waiting.lock().unwrap().clone().unwrap();
    let mut seen = None;
    let mut again = Box::pin(async {
        let mut future = future;
        poll_fn(|context| {
            seen = Some(context.waker().clone());
            future.as_mut().poll(context)
        })
        .await;
    });
    assert!(task.poll(&mut again).is_pending());
    assert!(event.waiting.lock().unwrap().as_ref().unwrap().will_wake(&first), "there was no need for another clone");
    drop(again);
    assert!(seen.unwrap().will_wake(&Waker::from(task)));
}

#[test]
fn a_future_that_goes_to_another_task_wakes_that_one_and_old_wakers_wake_whom_they_did() {
    let _alone = alone();
    let (event, tasks) = (Event::new(), [Task::new(), Task::new()]);
    let mut future = Box::pin(remembers(event.clone()));
    let woken = || tasks.each_ref().map(|task| task.woken.load(Relaxed));
    assert!(tasks[0].poll(&mut future).is_pending());
    let old = event.waiting.lock().unwrap().clone().unwrap();
    assert!(tasks[1].poll(&mut future).is_pending());
    event.happens();
    assert_eq!(woken(), [0, 1]);
    old.wake_by_ref();
    assert_eq!(woken(), [1, 1]);
    assert!(tasks[1].poll(&mut future).is_ready());
    drop(future);
    old.wake();
    assert_eq!(woken(), [2, 1]);
    assert_eq!(tasks.each_ref().map(Arc::strong_count), [1, 1], "nothing is left of their wakers");
}

#[profiled]
async fn given_up(event: Arc<Event>) {
    compute_for(millis(5));
    still::pass(millis(10));
    event.wait().await;
}

#[test]
fn a_future_that_is_dropped_is_known_as_far_as_it_came_and_its_wakers_live_on() {
    let _alone = alone();
    let (event, task) = (Event::new(), Task::new());
    let mut future = Box::pin(given_up(event.clone()));
    assert!(task.poll(&mut future).is_pending());
    event.happens();
    event.has_happened.store(false, Relaxed);
    still::pass(millis(3));
    assert!(task.poll(&mut future).is_pending());
    drop(future);
    event.happens();
    assert_eq!(task.woken.load(Relaxed), 2);
    let stats = stats("given_up");
    assert_eq!((stats.cancelled(), stats.scheduled().unwrap().mean()), (1, millis(3)));
    let cpu = stats.cpu().unwrap();
    assert!(is_about(cpu.mean(), millis(5)), "{cpu:?}");
    assert_eq!(Arc::strong_count(&task), 1);
}

#[profiled]
async fn hops(polls: u32) {
    for n in 0..polls {
        compute_for(millis(4));
        still::pass(millis(10));
        let mut is_first = n + 1 < polls;
        poll_fn(|_| if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }).await;
    }
}

#[test]
fn a_future_on_several_threads_has_the_cpu_time_of_all_its_polls() {
    let _alone = alone();
    let mut future: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(hops(3));
    for is_last in [false, false, true] {
        let poll = std::thread::spawn(move || {
            // A thread that has computed before.
            compute_for(millis(2));
            let poll = Task::new().poll(&mut future);
            (future, poll)
        });
        let (back, poll) = poll.join().unwrap();
        assert_eq!(poll.is_ready(), is_last);
        future = back;
        still::pass(millis(10));
    }
    let stats = stats("hops");
    let cpu = stats.cpu().unwrap();
    assert!(is_about(cpu.mean(), millis(12)), "{cpu:?}");
    assert_eq!(cpu.mean() + cpu.waiting(), millis(50));
    assert!(cpu.mean() <= stats.futures().unwrap().busy);
}

/// Futures of one thread.
const EACH: usize = 200;

#[profiled]
async fn stressed(event: Arc<Event>) {
    event.wait().await;
    event.wait().await;
}

#[test]
fn futures_woken_by_other_threads_and_polled_by_others_again_lose_nothing() {
    let _alone = alone();
    let before = perf_runtime::snapshot();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(|| {
                for _ in 0..EACH {
                    let (event, task) = (Event::new(), Task::new());
                    let mut future = Box::pin(stressed(event.clone()));
                    let mut poll = task.poll(&mut future);
                    let waker = std::thread::spawn({
                        let event = event.clone();
                        move || (0..2).for_each(|_| event.happens())
                    });
                    while poll.is_pending() {
                        if waker.is_finished() && !event.has_happened.load(Relaxed) {
                            event.happens();
                        }
                        poll = task.poll(&mut future);
                    }
                    waker.join().unwrap();
                    drop(future);
                    drop(event);
                    assert_eq!(Arc::strong_count(&task), 1, "nothing is left of its waker");
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let since = snapshot().since(&before);
    let stressed = since.function("stressed").unwrap();
    assert_eq!((stressed.calls(), stressed.scheduled().unwrap().samples()), (4 * EACH as u64, 4 * EACH as u64));
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[profiled]
async fn lean(event: &Event) {
    event.wait().await;
}

#[profiled]
fn lean_call() {
    still::pass(millis(1));
}

#[test]
fn nothing_is_allocated_once_warm() {
    let _alone = alone();
    let (event, waker) = (Event::new(), Waker::from(Task::new()));
    let mut context = Context::from_waker(&waker);
    let mut all = || {
        for _ in 0..1_000 {
            lean_call();
            let mut future = std::pin::pin!(lean(&event));
            assert!(future.as_mut().poll(&mut context).is_pending());
            event.happens();
            still::pass(millis(1));
            assert!(future.as_mut().poll(&mut context).is_ready());
        }
    };
    all();
    perf_runtime::drain();
    assert_eq!(counting::allocations(all), 0);
    assert_eq!(stats("lean").scheduled().unwrap().samples(), 2_000);
    assert_eq!(cpu_of("lean_call").samples(), 1_064);
}
