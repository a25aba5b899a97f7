//! What `#[profiled(alloc)]` says, beside what an allocator underneath has counted for itself.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::future::Future;
use std::hint::black_box;
use std::ops::{Add, Sub};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;

use perf_runtime::alloc::Tracking;
use perf_runtime::{Allocations, Rejected, Snapshot, bulkhead, circuit_breaker, profiled, retry, snapshot};
use tests::stats;

/// Counts by itself, and is annotated as well.
struct Annotated;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Amount {
    count: u64,
    bytes: u64,
}

impl Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { count: self.count + other.count, bytes: self.bytes + other.bytes }
    }
}

impl Sub for Amount {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { count: self.count - other.count, bytes: self.bytes - other.bytes }
    }
}

thread_local! {
    static TRUTH: Cell<Amount> = const { Cell::new(Amount { count: 0, bytes: 0 }) };
}

fn note(bytes: usize) {
    let _ = TRUTH.try_with(|truth| truth.set(truth.get() + Amount { count: 1, bytes: bytes as u64 }));
}

#[profiled(alloc)]
fn allocate(layout: Layout) -> Result<*mut u8, ()> {
    note(layout.size());
    #[allow(unsafe_code)]
    // SAFETY: the caller of `alloc` promises what the system's allocator wants.
    let pointer = unsafe { System.alloc(layout) };
    if pointer.is_null() { Err(()) } else { Ok(pointer) }
}

// SAFETY: hands everything on to the system's allocator.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Annotated {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        allocate(layout).unwrap_or(std::ptr::null_mut())
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note(new_size);
        // SAFETY: as promised by the caller.
        unsafe { System.realloc(pointer, layout, new_size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Tracking<Annotated> = Tracking::new(Annotated);

/// What the allocator underneath saw of this thread meanwhile.
fn truth<T>(work: impl FnOnce() -> T) -> (T, Amount) {
    let before = TRUTH.get();
    let done = work();
    (done, TRUTH.get() - before)
}

fn allocations(name: &str) -> Allocations {
    *stats(name).allocations().expect("they are counted")
}

fn all(name: &str) -> Amount {
    let known = allocations(name);
    Amount { count: known.count(), bytes: known.bytes() }
}

fn own(name: &str) -> Amount {
    let known = allocations(name);
    Amount { count: known.own_count(), bytes: known.own_bytes() }
}

/// Allocates in all ways there are: at once, all zeros, by growing, by shrinking.
fn in_all_ways(n: usize) -> usize {
    let boxed = black_box(Box::new(n));
    let zeroed = black_box(vec![0_u8; n % 1000 + 1]);
    let mut grown = Vec::new();
    for i in 0..n % 50 {
        grown.push(i);
    }
    grown.shrink_to_fit();
    let text = black_box(format!("{n}"));
    *boxed + zeroed.len() + black_box(grown).len() + text.len()
}

mod plain {
    use super::*;

    #[profiled(alloc)]
    fn outer(n: usize) -> (Amount, Amount) {
        let (_, before) = truth(|| in_all_ways(n));
        let inner = (0..3).map(|i| inner(n + i)).fold(Amount::default(), Add::add);
        let (_, after) = truth(|| in_all_ways(n / 2));
        (before + inner + after, before + after)
    }

    #[profiled(alloc)]
    fn inner(n: usize) -> Amount {
        truth(|| in_all_ways(n)).1
    }

    #[test]
    fn counts_and_bytes_are_those_of_the_allocator_underneath_inclusive_and_own() {
        let (mut inclusive, mut exclusive) = (Amount::default(), Amount::default());
        for n in 0..2_000 {
            let (with, without) = outer(n);
            (inclusive, exclusive) = (inclusive + with, exclusive + without);
        }
        assert_eq!((all("plain::outer"), own("plain::outer")), (inclusive, exclusive));
        assert_eq!(all("plain::inner"), inclusive - exclusive);
        assert_eq!(own("plain::inner"), all("plain::inner"));
        assert_eq!((allocations("plain::outer").calls(), allocations("plain::inner").calls()), (2_000, 6_000));
        let each = allocations("plain::outer").own_per_call();
        assert!((each - exclusive.count as f64 / 2_000.0).abs() < 1e-9, "{each}");
    }

    #[profiled]
    fn not_asked(n: usize) -> Amount {
        let (_, here) = truth(|| in_all_ways(n));
        here + under_not_asked(n)
    }

    #[profiled(alloc)]
    fn under_not_asked(n: usize) -> Amount {
        truth(|| in_all_ways(n)).1
    }

    #[profiled(alloc)]
    fn over_not_asked(n: usize) -> Amount {
        not_asked(n)
    }

    #[test]
    fn what_a_function_does_that_was_not_asked_is_its_callers_own() {
        let inclusive = (0..100).map(over_not_asked).fold(Amount::default(), Add::add);
        assert_eq!(all("over_not_asked"), inclusive);
        assert_eq!(own("over_not_asked"), inclusive - all("under_not_asked"));
        assert!(stats("not_asked").allocations().is_none());
        assert!(!stats("not_asked").is_missing_allocator());
    }

    #[profiled(alloc)]
    fn grows() {
        let mut list: Vec<u64> = Vec::with_capacity(4);
        list.reserve_exact(8);
        list.reserve_exact(100);
        black_box(&mut list).shrink_to(10);
    }

    #[test]
    fn a_reallocation_is_an_allocation_of_the_new_size_and_frees_the_old() {
        grows();
        let known = allocations("grows");
        assert_eq!((known.count(), known.bytes()), (4, (4 + 8 + 100 + 10) * 8));
        assert_eq!(known.peak_live_bytes(), 800);
    }

    #[profiled(alloc)]
    fn rises_and_falls(n: usize) {
        drop(black_box(vec![0_u8; n]));
        drop(black_box(vec![0_u8; n / 2]));
    }

    #[profiled(alloc)]
    fn holds_while_another_rises() {
        let _held = black_box(vec![0_u8; 300]);
        rises_and_falls(1_000);
        drop(black_box(vec![0_u8; 400]));
    }

    #[profiled(alloc)]
    fn frees_what_it_was_given(given: Vec<u8>) {
        drop(given);
        drop(black_box(vec![0_u8; 50]));
    }

    #[test]
    fn the_peak_is_how_far_live_bytes_rose_above_where_the_call_began() {
        holds_while_another_rises();
        assert_eq!(allocations("holds_while_another_rises").peak_live_bytes(), 1_300);
        assert_eq!(allocations("rises_and_falls").peak_live_bytes(), 1_000);
        assert_eq!(allocations("rises_and_falls").bytes(), 1_500);
        frees_what_it_was_given(vec![0; 10_000]);
        assert_eq!(allocations("frees_what_it_was_given").peak_live_bytes(), 0);
        frees_what_it_was_given(Vec::new());
        assert_eq!(allocations("frees_what_it_was_given").peak_live_bytes(), 50);
    }

    #[profiled(alloc)]
    fn of_many_sizes(n: usize) {
        for _ in 0..n {
            black_box(vec![0_u8; 10]);
        }
    }

    #[test]
    fn the_largest_call_is_known() {
        [3, 9, 1].into_iter().for_each(of_many_sizes);
        let known = allocations("of_many_sizes");
        assert_eq!((known.most_per_call(), known.most_bytes_per_call(), known.count()), (9, 90, 13));
    }
}

mod recursion {
    use super::*;

    const DEPTH: u64 = 5_000;

    #[profiled(alloc)]
    fn deep(n: u64) -> u64 {
        let held = black_box(Box::new(n));
        if n == 1 { *held } else { deep(n - 1) + *held }
    }

    #[test]
    fn calls_may_be_thousands_deep() {
        let run = || assert_eq!(deep(DEPTH), DEPTH * (DEPTH + 1) / 2);
        thread::Builder::new().stack_size(256 << 20).spawn(run).unwrap().join().unwrap();
        let known = allocations("deep");
        assert_eq!((known.calls(), known.own_count(), known.own_bytes()), (DEPTH, DEPTH, DEPTH * 8));
        assert_eq!(known.count(), DEPTH * (DEPTH + 1) / 2);
        assert_eq!((known.most_per_call(), known.peak_live_bytes()), (DEPTH, DEPTH * 8));
    }
}

mod endings {
    use super::*;

    #[profiled(alloc)]
    fn panics(n: usize) -> usize {
        in_all_ways(n);
        resume_unwind(Box::new(n))
    }

    #[profiled(alloc)]
    fn survives(n: usize) -> bool {
        catch_unwind(|| panics(n)).is_err()
    }

    #[test]
    fn a_call_that_panics_has_allocated_what_it_has() {
        survives(0);
        let (before, before_outside) = (all("panics"), own("survives"));
        let ((), meanwhile) = truth(|| (0..100).for_each(|n| assert!(survives(n))));
        assert_eq!(all("panics") - before + (own("survives") - before_outside), meanwhile);
        assert_eq!(allocations("panics").calls(), 101);
        assert_eq!(stats("panics").panics(), 101);
    }

    #[profiled(alloc)]
    fn fails(n: usize) -> Result<usize, Box<dyn std::error::Error>> {
        let parsed: usize = black_box(format!("{n}!")).parse()?;
        Ok(parsed)
    }

    #[test]
    fn a_call_that_fails_has_allocated_its_error_too() {
        let _ = fails(1);
        let before = all("fails");
        let ((), meanwhile) = truth(|| (0..100).for_each(|n| assert!(fails(n).is_err())));
        assert_eq!(all("fails") - before, meanwhile);
        assert_eq!(stats("fails").errors(), 101);
    }

    #[profiled(alloc)]
    fn never_returns(n: usize) -> ! {
        in_all_ways(n);
        resume_unwind(Box::new(()))
    }

    #[track_caller]
    #[profiled(alloc)]
    fn tracked(n: usize) -> Result<Vec<usize>, ()> {
        if n == 0 {
            return Err(());
        }
        Ok(vec![n; n])
    }

    #[profiled(alloc)]
    fn opaque(n: usize) -> impl Iterator<Item = usize> {
        vec![n; n].into_iter()
    }

    #[profiled(alloc)]
    fn generic<T: Clone>(value: &T, n: usize) -> Vec<T> {
        vec![value.clone(); n]
    }

    #[test]
    fn functions_of_all_shapes_are_counted() {
        let of = |name| (allocations(name).calls(), all(name).count);
        assert!(catch_unwind(|| never_returns(3)).is_err());
        assert_eq!(of("never_returns").0, 1);
        assert!(of("never_returns").1 > 3);
        assert_eq!((tracked(0), tracked(4)), (Err(()), Ok(vec![4; 4])));
        assert_eq!((of("tracked"), all("tracked").bytes), ((2, 1), 32));
        assert_eq!(opaque(5).sum::<usize>(), 25);
        assert_eq!((of("opaque"), all("opaque").bytes), ((1, 1), 40));
        assert_eq!((generic(&1_u8, 3).len(), generic(&1_u64, 3).len()), (3, 3));
        assert_eq!((of("generic"), all("generic").bytes), ((2, 2), 27));
    }

    struct Cart(Vec<u64>);

    #[profiled(alloc, workload = "micro")]
    impl Cart {
        fn of(n: u64) -> Self {
            Self((0..n).collect())
        }

        #[profiled(name = "copied")]
        fn copy(&self) -> Self {
            Self(self.0.clone())
        }
    }

    #[test]
    fn a_block_asks_for_all_functions_in_it() {
        assert_eq!(Cart::of(10).copy().0.len(), 10);
        assert_eq!((all("Cart::of"), all("copied")), (Amount { count: 1, bytes: 80 }, Amount { count: 1, bytes: 80 }));
    }
}

mod threads {
    use super::*;

    #[profiled(alloc)]
    fn on_many_threads(n: usize) -> Amount {
        truth(|| in_all_ways(n)).1
    }

    #[test]
    fn calls_of_all_threads_are_added_up_also_of_those_that_are_gone() {
        let work = || {
            // What the runtime makes for `allocate` on a new thread is in what that sees.
            in_all_ways(1);
            (0..500).map(on_many_threads).fold(Amount::default(), Add::add)
        };
        let mut sum = Amount::default();
        for _ in 0..2 {
            // More at a time than have their places without asking.
            let running: Vec<_> = (0..24).map(|_| thread::spawn(work)).collect();
            sum = running.into_iter().map(|thread| thread.join().unwrap()).fold(sum, Add::add);
        }
        assert_eq!(all("on_many_threads"), sum);
        assert_eq!(allocations("on_many_threads").calls(), 48 * 500);
    }

    #[profiled(alloc)]
    fn hands_on() -> usize {
        let held = black_box(Box::new(1_usize));
        let joined = thread::scope(|scope| scope.spawn(|| black_box(vec![0_u8; 1 << 20]).len()).join().unwrap());
        joined + *held
    }

    #[test]
    fn what_other_threads_do_for_a_call_is_theirs() {
        hands_on();
        assert!(all("hands_on").bytes < 1 << 20);
    }

    struct Last(RefCell<Vec<u64>>);

    impl Drop for Last {
        fn drop(&mut self) {
            in_last_destructor(self.0.borrow().len());
        }
    }

    thread_local! {
        static LAST: Last = const { Last(RefCell::new(Vec::new())) };
    }

    #[profiled(alloc)]
    fn in_last_destructor(n: usize) -> Vec<usize> {
        black_box(vec![n; 10])
    }

    #[test]
    fn calls_in_a_threads_last_destructors_are_counted() {
        for is_first in [true, false] {
            let ends = move || {
                // Destructors run in the order opposite to that in which they were registered, or in none.
                if is_first {
                    LAST.with(|last| last.0.borrow_mut().push(1));
                    in_last_destructor(1);
                } else {
                    in_last_destructor(1);
                    LAST.with(|last| last.0.borrow_mut().push(1));
                }
            };
            (0..20).for_each(|_| thread::spawn(ends).join().unwrap());
        }
        assert_eq!(stats("in_last_destructor").calls(), 80);
        assert_eq!(all("in_last_destructor"), Amount { count: 80, bytes: 80 * 80 });
    }
}

mod futures {
    use super::*;

    /// Ready when it is polled the second time, which may be on another thread. tokio's own allocates now and then.
    async fn yielded() {
        let mut is_first = true;
        std::future::poll_fn(|context| {
            if std::mem::replace(&mut is_first, false) {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
    }

    type Sums = Arc<Mutex<(Amount, Amount)>>;

    #[profiled(alloc)]
    async fn hops(n: usize, sums: Sums, polled_on: Arc<Mutex<HashSet<thread::ThreadId>>>) -> usize {
        let (mut mine, mut theirs) = (Amount::default(), Amount::default());
        let mut held = Vec::new();
        let mut threads = [None; 8];
        for (i, thread_id) in threads.iter_mut().enumerate() {
            *thread_id = Some(thread::current().id());
            mine = mine + truth(|| held.push(black_box(vec![i; n % 100 + 1]))).1;
            yielded().await;
            mine = mine + truth(|| in_all_ways(n)).1;
            theirs = theirs + hops_inside(n + i).await;
        }
        let ((), noted) = truth(|| polled_on.lock().unwrap().extend(threads.into_iter().flatten()));
        let mut sums = sums.lock().unwrap();
        *sums = (sums.0 + mine + noted, sums.1 + theirs);
        held.len()
    }

    #[profiled(alloc)]
    async fn hops_inside(n: usize) -> Amount {
        let (_, before) = truth(|| in_all_ways(n));
        yielded().await;
        let (_, after) = truth(|| in_all_ways(n / 2));
        before + after
    }

    #[test]
    fn tasks_that_hop_over_threads_are_counted_exactly() {
        // What the runtime makes for `allocate` on a new thread is in what that sees.
        let warm = || _ = in_all_ways(1);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(4).on_thread_start(warm).build().unwrap();
        let sums = Sums::default();
        let (mut hopped, mut tasks) = (0, 0);
        // One thread takes another's tasks sooner or later.
        while hopped < 100 && tasks < 200_000 {
            let running: Vec<_> = (0..200)
                .map(|n| {
                    let polled_on = Arc::new(Mutex::new(HashSet::with_capacity(8)));
                    (runtime.spawn(hops(n, sums.clone(), polled_on.clone())), polled_on)
                })
                .collect();
            for (task, polled_on) in running {
                assert_eq!(runtime.block_on(task).unwrap(), 8);
                hopped += usize::from(polled_on.lock().unwrap().len() > 1);
                tasks += 1;
            }
        }
        assert!(hopped >= 100, "{hopped} of {tasks} tasks were on more than one thread");
        let (mine, theirs) = *sums.lock().unwrap();
        assert_eq!((all("hops_inside"), own("hops_inside")), (theirs, theirs));
        assert_eq!((all("hops"), own("hops")), (mine + theirs, mine));
        assert_eq!(allocations("hops").calls(), tasks);
    }

    fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Option<F::Output> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    fn pause() -> impl Future<Output = ()> {
        let mut is_first = true;
        std::future::poll_fn(
            move |_| if std::mem::replace(&mut is_first, false) { Poll::Pending } else { Poll::Ready(()) },
        )
    }

    #[profiled(alloc)]
    async fn holds_over_polls() -> usize {
        let first = black_box(vec![0_u8; 1_000]);
        pause().await;
        drop(black_box(vec![0_u8; 5_000]));
        let second = black_box(vec![0_u8; 500]);
        pause().await;
        first.len() + second.len()
    }

    #[test]
    fn live_bytes_are_carried_from_poll_to_poll_over_threads() {
        let mut future = Box::pin(holds_over_polls());
        for _ in 0..2 {
            future = thread::spawn(move || {
                assert_eq!(poll(future.as_mut()), None);
                future
            })
            .join()
            .unwrap();
        }
        assert_eq!(poll(future.as_mut()), Some(1_500));
        let known = allocations("holds_over_polls");
        assert_eq!((known.calls(), known.count(), known.bytes()), (1, 3, 6_500));
        assert_eq!(known.peak_live_bytes(), 6_000);
    }

    #[profiled(alloc)]
    async fn is_given_up() -> usize {
        let held = black_box(vec![0_u8; 100]);
        pause().await;
        held.len()
    }

    #[test]
    fn a_future_that_is_dropped_has_allocated_what_it_has() {
        drop(is_given_up());
        for _ in 0..3 {
            let mut future = Box::pin(is_given_up());
            assert_eq!(poll(future.as_mut()), None);
        }
        assert_eq!(all("is_given_up"), Amount { count: 3, bytes: 300 });
        assert_eq!((allocations("is_given_up").calls(), stats("is_given_up").cancelled()), (3, 3));
    }

    #[profiled(alloc)]
    async fn panics_late() {
        let _held = black_box(vec![0_u8; 100]);
        pause().await;
        resume_unwind(Box::new(1_u64));
    }

    #[test]
    fn a_future_that_panics_has_allocated_what_it_has() {
        let mut future = Box::pin(panics_late());
        assert_eq!(poll(future.as_mut()), None);
        assert!(catch_unwind(AssertUnwindSafe(|| poll(future.as_mut()))).is_err());
        let known = allocations("panics_late");
        assert_eq!(known.calls(), 1);
        assert!(known.bytes() >= 108);
        drop(future);
        assert_eq!((allocations("panics_late"), stats("panics_late").panics()), (known, 1));
    }

    #[profiled(alloc)]
    fn boxed(n: usize) -> Pin<Box<dyn Future<Output = Vec<usize>> + Send>> {
        Box::pin(async move { vec![n; n] })
    }

    #[profiled(alloc)]
    fn returned(n: usize) -> impl Future<Output = Vec<usize>> {
        let made = vec![n; n];
        async move { made.clone() }
    }

    #[profiled(alloc)]
    async fn awaits(n: usize) -> usize {
        boxed(n).await.len() + returned(n).await.len()
    }

    #[test]
    fn of_functions_that_give_futures_polls_are_counted_and_the_making_is_their_callers() {
        assert_eq!(poll(pin!(awaits(10))), Some(20));
        let list = Amount { count: 1, bytes: 80 };
        assert_eq!((all("boxed"), all("returned")), (list, list));
        // The box, the one in which it is measured, and what `returned` made at once.
        assert_eq!(own("awaits").count, 3);
        assert_eq!(all("awaits").count, 5);
    }

    #[must_use]
    #[profiled(alloc)]
    async fn stays_async(n: usize) -> Vec<usize> {
        vec![n; n]
    }

    struct Disk;

    #[async_trait::async_trait]
    trait Store {
        async fn get(&self, n: usize) -> Vec<usize>;
    }

    #[profiled(alloc)]
    #[async_trait::async_trait]
    impl Store for Disk {
        async fn get(&self, n: usize) -> Vec<usize> {
            vec![n; n]
        }
    }

    #[test]
    fn async_functions_that_keep_the_keyword_are_counted() {
        assert_eq!(poll(pin!(stays_async(10))).map(|list| list.len()), Some(10));
        assert_eq!(poll(Disk.get(10).as_mut()).map(|list| list.len()), Some(10));
        let list = Amount { count: 1, bytes: 80 };
        assert_eq!((all("stays_async"), all("Store>::get")), (list, list));
    }

    macro_rules! nest {
        ($outer:ident) => {
            #[profiled(alloc)]
            async fn $outer(n: u32) -> u32 {
                *black_box(Box::new(n))
            }
        };
        ($outer:ident $inner:ident $($rest:ident)*) => {
            #[profiled(alloc)]
            async fn $outer(n: u32) -> u32 {
                *black_box(Box::new($inner(n).await + 1))
            }
            nest!($inner $($rest)*);
        };
    }

    nest!(a01 a02 a03 a04 a05 a06 a07 a08 a09 a10 a11 a12 a13 a14 a15 a16);

    #[test]
    fn sixteen_of_them_nest_within_the_default_recursion_limit() {
        fn is_send(future: impl Future<Output = u32> + Send) -> Option<u32> {
            poll(pin!(future))
        }
        assert_eq!(is_send(a01(0)), Some(15));
        assert_eq!((all("a01").count, own("a01").count, all("a16").count), (16, 1, 1));
    }

    #[test]
    fn what_is_carried_makes_a_future_larger_by_no_more_than_it_says() {
        #[profiled]
        async fn plain(n: usize) -> usize {
            n
        }
        #[profiled(alloc)]
        async fn counted(n: usize) -> usize {
            n
        }
        assert_eq!(size_of_val(&counted(1)) - size_of_val(&plain(1)), 64);
    }
}

mod guarded {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Refused;

    impl From<Rejected> for Refused {
        fn from(_: Rejected) -> Self {
            Self
        }
    }

    #[circuit_breaker]
    #[profiled(alloc)]
    fn in_a_line(n: usize) -> Result<Vec<usize>, Refused> {
        if n == 0 {
            return Err(Refused);
        }
        Ok(vec![n; n])
    }

    #[bulkhead(8, fallback = instead)]
    #[profiled(alloc)]
    fn with_a_fallback(n: usize) -> Vec<usize> {
        vec![n; n]
    }

    fn instead(_: usize) -> Vec<usize> {
        Vec::new()
    }

    #[retry(attempts = 3, backoff = "1us")]
    #[profiled(alloc)]
    fn in_attempts(n: usize, left: &mut usize) -> Result<Vec<usize>, Refused> {
        let made = vec![n; n];
        *left -= 1;
        if *left > 0 { Err(Refused) } else { Ok(made) }
    }

    #[bulkhead(8)]
    #[profiled(alloc)]
    async fn later(n: usize) -> Result<Vec<usize>, Refused> {
        Ok(vec![n; n])
    }

    #[test]
    fn under_guards_the_body_is_counted() {
        let list = |count| Amount { count, bytes: count * 80 };
        assert_eq!((in_a_line(0).is_err(), in_a_line(10).is_ok()), (true, true));
        assert_eq!(all("in_a_line"), list(1));
        assert_eq!(with_a_fallback(10).len(), 10);
        assert_eq!(all("with_a_fallback"), list(1));
        assert!(in_attempts(10, &mut 3).is_ok());
        assert_eq!((all("in_attempts"), allocations("in_attempts").calls()), (list(3), 3));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert!(runtime.block_on(later(10)).is_ok());
        assert_eq!(all("guarded::later"), list(1));
    }

    #[profiled(alloc)]
    fn calls_for_the_first_time() -> bool {
        first_of_all(1).is_ok()
    }

    #[circuit_breaker]
    fn first_of_all(n: usize) -> Result<usize, Refused> {
        Ok(n)
    }

    #[test]
    fn what_the_runtime_makes_at_first_calls_is_nobodys() {
        thread::spawn(|| assert!(calls_for_the_first_time())).join().unwrap();
        assert_eq!(all("calls_for_the_first_time"), Amount::default());
        thread::spawn(|| assert!(calls_for_the_first_time())).join().unwrap();
        assert_eq!(all("calls_for_the_first_time"), Amount::default());
    }
}

mod costs {
    use super::*;

    #[profiled(alloc)]
    fn nothing(n: u64) -> u64 {
        black_box(n)
    }

    #[profiled(alloc, sample = "always")]
    fn always(n: u64) -> Result<u64, u64> {
        if n.is_multiple_of(2) { Ok(n) } else { Err(n) }
    }

    #[profiled(alloc)]
    fn nested(n: u64) -> u64 {
        if n == 0 { 0 } else { nested(n - 1) + nothing(n) }
    }

    #[profiled(alloc)]
    async fn later(n: u64) -> u64 {
        nothing(n)
    }

    fn all_kinds() {
        for n in 0..20_000 {
            nothing(n);
            let _ = always(n);
            nested(3);
            assert!(pin!(later(n)).poll(&mut Context::from_waker(Waker::noop())).is_ready());
            drop(later(n));
        }
    }

    #[test]
    fn counting_allocates_nothing_once_warm() {
        all_kinds();
        assert_eq!(truth(all_kinds).1, Amount::default());
        for name in ["costs::nothing", "always", "nested", "costs::later"] {
            assert_eq!(all(name), Amount::default(), "{name}");
        }
    }

    #[test]
    fn an_annotated_allocator_inside_is_measured_and_allocates_nothing_itself() {
        in_all_ways(10);
        let inside = stats("allocate");
        assert!(inside.calls() > 0);
        assert_eq!(inside.allocations().map(Allocations::count), Some(0));
    }
}

mod reading {
    use super::*;

    #[profiled(alloc)]
    fn is_read(n: usize) -> Vec<u64> {
        vec![1; n]
    }

    #[test]
    fn between_two_snapshots_is_what_happened_between_them() {
        is_read(1_000);
        let before = snapshot();
        assert_eq!(is_read(10).len(), 10);
        let after = snapshot();
        let known = *after.since(&before).function("is_read").unwrap().allocations().unwrap();
        assert_eq!((known.calls(), known.count(), known.bytes(), known.own_bytes()), (1, 1, 80, 80));
        assert_eq!(known.peak_live_bytes(), 8_000, "of all calls so far");
    }

    #[profiled(alloc)]
    fn is_printed() -> [Vec<u8>; 2] {
        [vec![1; 1_000], vec![1; 200]]
    }

    #[test]
    fn a_printed_snapshot_has_a_table_of_them() {
        is_printed();
        let text = format!("{:100}", snapshot());
        let head = text.lines().find(|line| line.starts_with("per call")).unwrap();
        assert_eq!(
            head.split_whitespace().collect::<Vec<_>>().join(" "),
            "per call allocations own bytes own bytes peak live calls"
        );
        let of_it = text.lines().filter(|line| line.contains("is_printed")).nth(1).unwrap();
        let cells: Vec<_> = of_it.split_whitespace().skip(1).collect();
        assert_eq!(cells.join(" "), "2 2 1.20 kB 1.20 kB 1.20 kB 1");
        assert!(!text.contains("not known"), "{text}");
    }

    #[profiled(alloc)]
    fn is_sent() -> Vec<u8> {
        vec![1; 10]
    }

    #[test]
    fn they_survive_json_which_may_also_be_without_them() {
        is_sent();
        let text = serde_json::to_string(&snapshot()).unwrap();
        let loaded: Snapshot = serde_json::from_str(&text).unwrap();
        let known = loaded.function("is_sent").unwrap().allocations().unwrap();
        assert_eq!((known, known.bytes()), (&allocations("is_sent"), 10));
        let mut old: serde_json::Value = serde_json::from_str(&text).unwrap();
        for function in old["functions"].as_array_mut().unwrap() {
            let function = function.as_object_mut().unwrap();
            assert!(function.remove("allocations").is_some() && function.remove("is_missing_allocator").is_some());
        }
        let old: Snapshot = serde_json::from_value(old).unwrap();
        assert!(old.function("is_sent").unwrap().allocations().is_none());
    }
}
