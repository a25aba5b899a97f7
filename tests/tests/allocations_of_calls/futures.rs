//! Futures, on one thread and on many.

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
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
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
    std::future::poll_fn(move |_| if std::mem::replace(&mut is_first, false) { Poll::Pending } else { Poll::Ready(()) })
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
