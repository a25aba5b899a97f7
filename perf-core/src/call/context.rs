//! Who is below whom, where the work goes on on another thread.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::{self, Poll};

use super::attention::is_attentive;
use super::strand::{Strand, current, current_or_new};
use super::trace::{LONGEST, Origin};
use crate::callsite::{Keep, Site};

/// Where in the [call tree](crate::Tree) some work belongs: below the annotated calls that were open where this was made.
///
/// What runs on another thread is below nobody there, as far as can be seen. Take this along, and it is below whoever
/// handed it over:
///
/// ```
/// use perf_runtime::{Context, profiled};
///
/// #[profiled]
/// fn all(parts: &[u64]) {
///     let context = Context::current();
///     std::thread::scope(|scope| {
///         for part in parts {
///             scope.spawn(|| context.run(|| one(*part)));
///         }
///     });
/// }
///
/// #[profiled]
/// fn one(part: u64) {
///     // …
/// }
/// # all(&[1, 2]);
/// ```
///
/// Time on other threads is not part of the time of who handed it over, so the functions below one may take longer
/// than it does. For futures, see [`in_current`].
///
/// Made while call trees are wanted and an annotated call is open, it costs an allocation, and each run some 10 ns
/// for each annotated call around it. Otherwise it costs next to nothing.
#[derive(Clone, Default)]
pub struct Context(Option<Arc<Place>>);

struct Place {
    /// Whose calls were open, outermost first.
    path: Vec<&'static Site>,
    /// What a trace around it was of, if there was one.
    traced: Option<Origin>,
    /// Runs that were traced for that.
    runs: AtomicU32,
}

impl Context {
    /// Where the running thread is.
    #[must_use]
    pub fn current() -> Self {
        Self(current().filter(|_| is_attentive()).and_then(Place::of).map(Arc::new))
    }

    /// Does some work that belongs here.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        let _entered = self.enter();
        work()
    }

    fn enter(&self) -> Option<Entered> {
        Entered::new(self.0.as_deref()?)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.0.iter().flat_map(|place| &place.path);
        f.debug_list().entries(path.map(|site| site.name())).finish()
    }
}

impl Place {
    #[cold]
    fn of(strand: &'static Strand) -> Option<Self> {
        let frames = strand.outermost() + 1..=strand.depth();
        let path: Vec<_> = frames.filter_map(|token| Some(strand.function_of(token)?.site)).collect();
        let innermost = path.last()?;
        if innermost.keep() != Keep::Costly {
            innermost.set_keep(Keep::Parent);
        }
        Some(Self { path, traced: strand.hand_over(), runs: AtomicU32::new(0) })
    }

    /// What a trace of what is done here is of, if there is to be one.
    fn traced(&self) -> Option<Origin> {
        let origin = self.traced?;
        if self.runs.load(Relaxed) < LONGEST && self.runs.fetch_add(1, Relaxed) < LONGEST {
            return Some(origin);
        }
        // There may be no end of it. What is done is traced by itself from now on.
        self.path.iter().for_each(|site| site.set_long());
        None
    }
}

/// A thread works at what belongs elsewhere.
struct Entered {
    strand: &'static Strand,
    /// The first of the frames that were made for that.
    token: u32,
    before: (u32, u32),
    is_traced: bool,
}

impl Entered {
    #[cold]
    fn new(place: &Place) -> Option<Self> {
        let strand = current_or_new()?;
        // In the midst of a trace, it is this thread's time that is traced.
        if strand.trace.is_running() {
            return None;
        }
        let token = strand.depth() + 1;
        for site in &place.path {
            let opened = strand.tally(site).map_or(0, |tally| strand.open(tally, 0));
            if opened == 0 {
                break;
            }
        }
        let before = strand.set_outermost((token - 1, strand.depth()));
        strand.expect_no_children(token);
        let is_traced = place.traced().is_some_and(|origin| strand.begin_trace(strand.depth() + 1, origin));
        if is_traced {
            strand.trace.runs_on();
        }
        Some(Self { strand, token, before, is_traced })
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        // A thread's last destructors may come here after it gave its strand back.
        if !current().is_some_and(|strand| std::ptr::eq(strand, self.strand)) {
            return;
        }
        if self.is_traced {
            self.strand.end_trace();
        }
        self.strand.close(self.token);
        self.strand.set_outermost(self.before);
    }
}

/// Lets a future belong where it is handed over, whatever thread polls it: below the annotated calls that are open
/// now.
///
/// ```
/// # async fn example() {
/// use perf_runtime::{in_current, profiled};
///
/// #[profiled]
/// async fn all() {
///     let task = tokio::spawn(in_current(one()));
///     task.await.unwrap();
/// }
///
/// #[profiled]
/// async fn one() {}
/// # all().await;
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example());
/// ```
///
/// It costs what [`Context`] does, each poll being a run.
pub fn in_current<F: Future>(future: F) -> InCurrent<F> {
    InCurrent { context: Context::current(), future }
}

/// What [`in_current`] gives.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are polled"]
pub struct InCurrent<F> {
    context: Context,
    future: F,
}

impl<F: Future> Future for InCurrent<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<F::Output> {
        // SAFETY: nothing is moved out; `future` is pinned where it is, the rest is never pinned.
        let this = unsafe { self.get_unchecked_mut() };
        let _entered = this.context.enter();
        // SAFETY: as above.
        unsafe { Pin::new_unchecked(&mut this.future) }.poll(context)
    }
}
