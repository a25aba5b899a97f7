//! The work: index, keep, load, answer; again and again while there is time.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use perf_runtime::profiled;

use crate::collector::{Collector, Reports};
use crate::inverted::{Index, Refused, build};
use crate::options::Effort;
use crate::questions::Questions;
use crate::serve::{Served, serve};
use crate::store::{StoreError, Stored};

/// How often a round builds the index.
const GENERATIONS: usize = 8;

/// Queries that each new index answers; an old one answers a quarter of them while it is there.
const QUERIES: usize = 10_000;

/// How far the work is. Shared with what shows it.
pub(crate) struct Progress {
    pub(crate) served: Served,
    pub(crate) reports: Reports,
    /// Rounds that have ended.
    pub(crate) rounds: AtomicUsize,
    /// Generations of the index that have ended.
    pub(crate) generations: AtomicUsize,
    started: Instant,
    effort: Effort,
    is_stopped: AtomicBool,
}

impl Progress {
    pub(crate) fn new(effort: Effort) -> Self {
        Self {
            served: Served::default(),
            reports: Reports::default(),
            rounds: AtomicUsize::new(0),
            generations: AtomicUsize::new(0),
            started: Instant::now(),
            effort,
            is_stopped: AtomicBool::new(false),
        }
    }

    /// Ends the work soon; true if nobody had asked for that yet.
    pub(crate) fn stop(&self) -> bool {
        !self.is_stopped.swap(true, Relaxed)
    }

    /// Whether somebody wants it to end now.
    pub(crate) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Relaxed)
    }

    /// Whether no more work should begin.
    pub(crate) fn is_over(&self) -> bool {
        self.share() >= 1.0
    }

    /// How much of the work is done, from 0 to 1.
    pub(crate) fn share(&self) -> f64 {
        if self.is_stopped() {
            return 1.0;
        }
        let share = match self.effort {
            Effort::Time(time) => self.elapsed().as_secs_f64() / time.as_secs_f64(),
            Effort::Rounds(rounds) => self.rounds.load(Relaxed) as f64 / rounds as f64,
        };
        share.min(1.0)
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Queries that came to an end, whatever end.
    pub(crate) fn asked(&self) -> usize {
        let Served { answered, malformed, given_up } = &self.served;
        [answered, malformed, given_up].map(|count| count.load(Relaxed)).iter().sum()
    }
}

/// What there is to tell of the last index.
pub(crate) struct Indexed {
    pub(crate) index: Index,
    pub(crate) refused: Vec<Refused>,
    /// In the file, in bytes.
    pub(crate) stored: u64,
}

/// A directory of our own for the index, removed at the end.
struct Place(PathBuf);

impl Place {
    fn new() -> std::io::Result<Self> {
        let place = std::env::temp_dir().join(format!("index-{}", std::process::id()));
        std::fs::create_dir_all(&place)?;
        Ok(Self(place))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What stays behind in a temporary directory does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What the work is done with.
struct Work<'a> {
    /// The file of the index.
    store: PathBuf,
    files: &'a [PathBuf],
    questions: Questions,
    progress: &'a Progress,
    threads: usize,
    collector: Collector,
}

/// Works until `progress` says that it is over; at least one generation of one round.
///
/// # Errors
///
/// The index cannot be stored, or there is no port for the collector.
pub(crate) fn work(files: &[PathBuf], threads: usize, progress: &Progress) -> Result<Indexed, String> {
    let place = Place::new().map_err(|error| format!("there is no temporary directory for the index: {error}"))?;
    let store = place.0.join("inverted");
    let collector = Collector::start().map_err(|error| format!("there is no port for the collector: {error}"))?;
    let work = Work { store, files, questions: Questions::from_files(files), progress, threads, collector };
    loop {
        let indexed = work.round().map_err(|error| format!("the index could not be stored: {error}"))?;
        progress.rounds.fetch_add(1, Relaxed);
        if progress.is_over() {
            return Ok(indexed);
        }
    }
}

impl Work<'_> {
    /// Some generations of the index, the first of which finds none that was stored.
    #[profiled(workload = "heavy")]
    fn round(&self) -> Result<Indexed, StoreError> {
        let mut last = self.generation()?;
        for _ in 1..GENERATIONS {
            if self.progress.is_over() {
                break;
            }
            last = self.generation()?;
        }
        std::fs::remove_file(&self.store)?;
        Ok(last)
    }

    /// Answers from the index that is stored, if any, then from a new one.
    #[profiled(workload = "medium")]
    fn generation(&self) -> Result<Indexed, StoreError> {
        if let Ok(old) = Index::load(&self.store) {
            self.serve(&old, QUERIES / 4);
        }
        let indexed = self.rebuild()?;
        self.serve(&indexed.index, QUERIES);
        self.progress.generations.fetch_add(1, Relaxed);
        Ok(indexed)
    }

    /// Indexes all files, and gives the index as it comes back from its file.
    #[profiled]
    fn rebuild(&self) -> Result<Indexed, StoreError> {
        let (index, refused) = build(self.files, self.threads);
        let stored = index.save(&self.store)?;
        Ok(Indexed { index: Index::load(&self.store)?, refused, stored })
    }

    fn serve(&self, index: &Index, count: usize) {
        serve(index, &self.questions, self.progress, self.collector.address, count, self.threads);
    }
}
