//! Answering queries: a few clients on each thread, as async tasks.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use perf_runtime::{Context, profiled};

use crate::executor::{Task, run, until};
use crate::inverted::Index;
use crate::query::QueryError;
use crate::questions::Questions;
use crate::run::Progress;
use crate::search::{Hit, answer};

/// Tasks on each thread.
const CLIENTS: usize = 8;

/// Queries that each index answers even when the time is over, as it may be after a long build.
const LEAST: usize = 200;

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// One client in so many hangs up as soon as it has to wait.
const HASTY_EVERY: usize = 50;

/// One answer in so many is reported.
const REPORTED_EVERY: usize = 100;

/// What became of the queries.
#[derive(Debug, Default)]
pub(crate) struct Served {
    pub(crate) answered: AtomicUsize,
    pub(crate) malformed: AtomicUsize,
    pub(crate) given_up: AtomicUsize,
}

/// Why a client has no answer.
#[derive(Debug)]
enum AskError {
    Malformed(#[expect(dead_code, reason = "a client would be shown it")] QueryError),
    TooLate,
}

/// Everything that a client needs.
struct Desk<'a> {
    index: &'a Index,
    questions: &'a Questions,
    progress: &'a Progress,
    collector: SocketAddr,
    /// The next query that nobody has asked yet.
    next: AtomicUsize,
    /// The first that need not be asked when the time is over, and the first that nobody will ask.
    least: usize,
    end: usize,
}

impl Desk<'_> {
    /// The number of the query to ask now, while there is any.
    fn take(&self) -> Option<usize> {
        let number = self.next.fetch_add(1, Relaxed);
        let is_late = self.progress.is_stopped() || (number >= self.least && self.progress.is_over());
        (number < self.end && !is_late).then_some(number)
    }
}

/// Asks so many queries, fewer where the time is over.
#[profiled(workload = "medium")]
pub(crate) fn serve(
    index: &Index,
    questions: &Questions,
    progress: &Progress,
    collector: SocketAddr,
    count: usize,
    threads: usize,
) {
    let first = progress.asked();
    let (next, least, end) = (AtomicUsize::new(first), first + LEAST, first + count);
    let desk = Desk { index, questions, progress, collector, next, least, end };
    let here = Context::current();
    let clients = || run((0..CLIENTS).map(|_| -> Task<'_> { Box::pin(client(&desk)) }).collect());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| here.run(clients));
        }
    });
}

/// Asks one query after the other.
async fn client(desk: &Desk<'_>) {
    let served = &desk.progress.served;
    while let Some(number) = desk.take() {
        let outcome = match ask(desk, number).await {
            Ok(_) => &served.answered,
            Err(AskError::Malformed(_)) => &served.malformed,
            Err(AskError::TooLate) => &served.given_up,
        };
        outcome.fetch_add(1, Relaxed);
        if number % REPORTED_EVERY == 0 {
            desk.progress.reports.report(desk.collector, number);
        }
    }
}

/// Waits for the answer, but not for ever.
#[profiled(workload = "micro", in_flight, slo(p99 = "50ms", errors = "10%"))]
async fn ask(desk: &Desk<'_>, number: usize) -> Result<Vec<Hit>, AskError> {
    let patience = if number % HASTY_EVERY == HASTY_EVERY - 1 { Duration::ZERO } else { PATIENCE };
    let query = desk.questions.get(number);
    match until(Instant::now() + patience, answer(desk.index, &query)).await {
        Some(answer) => answer.map_err(AskError::Malformed),
        None => Err(AskError::TooLate),
    }
}
