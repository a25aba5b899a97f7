//! As little of an async runtime as it takes: one thread, many tasks, no timers.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

use perf_runtime::sync::Mutex;

/// A future on the heap.
pub(crate) type Task<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Runs all tasks on this thread, each in its turn, until the last has ended.
pub(crate) fn run(tasks: Vec<Task<'_>>) {
    let queue = Mutex::named("tasks that are ready", (0..tasks.len()).collect());
    let ready = Arc::new(Ready { queue, thread: thread::current() });
    let waker = |task| Waker::from(Arc::new(Turn { task, ready: Arc::clone(&ready) }));
    let mut left = tasks.len();
    let mut tasks: Vec<_> = tasks.into_iter().enumerate().map(|(at, task)| Some((task, waker(at)))).collect();
    while left > 0 {
        let Some(at) = ready.next() else {
            thread::park();
            continue;
        };
        // A task may be woken once more after its end.
        let Some((task, waker)) = &mut tasks[at] else { continue };
        if task.as_mut().poll(&mut Context::from_waker(waker)).is_ready() {
            tasks[at] = None;
            left -= 1;
        }
    }
}

/// Tasks that want to be polled, by their place.
struct Ready {
    queue: Mutex<VecDeque<usize>>,
    thread: Thread,
}

impl Ready {
    fn next(&self) -> Option<usize> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

/// Wakes one task.
struct Turn {
    task: usize,
    ready: Arc<Ready>,
}

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        self.ready.queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(self.task);
        self.ready.thread.unpark();
    }
}

/// Lets the other tasks have their turn.
pub(crate) async fn yield_now() {
    let mut is_back = false;
    poll_fn(|context| {
        if std::mem::replace(&mut is_back, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The output of `future`, or none where it was not there by `deadline`: it is dropped half-way then.
///
/// There is no timer: a future is given up at the first poll after the deadline.
pub(crate) async fn until<F: Future>(deadline: Instant, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if Instant::now() >= deadline => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::Duration;

    use super::*;

    #[test]
    fn tasks_take_turns() {
        let order = RefCell::new(Vec::new());
        let task = |name| -> Task<'_> {
            let order = &order;
            Box::pin(async move {
                for step in 0..2 {
                    order.borrow_mut().push((name, step));
                    yield_now().await;
                }
            })
        };
        run(vec![task('a'), task('b')]);
        assert_eq!(order.into_inner(), [('a', 0), ('b', 0), ('a', 1), ('b', 1)]);
    }

    #[test]
    fn a_task_may_be_woken_from_another_thread() {
        let mut waking = None;
        run(vec![Box::pin(poll_fn(|context| {
            if waking.is_some() {
                return Poll::Ready(());
            }
            let waker = context.waker().clone();
            waking = Some(thread::spawn(move || {
                thread::sleep(Duration::from_millis(5));
                waker.wake();
            }));
            Poll::Pending
        }))]);
        assert!(waking.is_some());
    }

    #[test]
    fn what_is_late_is_dropped_half_way() {
        run(vec![Box::pin(async {
            let late = Instant::now();
            assert_eq!(until(late, async { 1 }).await, Some(1));
            assert_eq!(until(late, yield_now()).await, None);
        })]);
    }
}
