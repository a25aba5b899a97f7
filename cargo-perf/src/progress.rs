//! Says what goes on where it takes longer than a moment.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::answer::Received;
use crate::error::Error;

/// What takes less than this needs no bar.
const MOMENT: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(100);

/// Does work, which says how far an answer has come, and shows that once a moment has passed. On the standard error, and
/// only where that is a terminal.
pub(crate) fn during<T: Send>(what: &str, work: impl FnOnce(&Received) -> Result<T, Error> + Send) -> Result<T, Error> {
    let received = &Received::default();
    std::thread::scope(|scope| {
        let (done, is_done) = mpsc::sync_channel(1);
        let worker = scope.spawn(move || {
            let result = work(received);
            let _ = done.send(());
            result
        });
        // Ended, or panicked, which `join` passes on.
        let is_over = |wait| !matches!(is_done.recv_timeout(wait), Err(RecvTimeoutError::Timeout));
        if !is_over(MOMENT) {
            let bar = ProgressBar::new(0).with_style(style("{spinner} {msg} {bytes}")).with_message(what.to_owned());
            while !is_over(STEP) {
                let total = received.total.load(Ordering::Relaxed);
                if total > 0 && bar.length() != Some(total) {
                    bar.set_style(style("{msg} {bar:30} {bytes} of {total_bytes}"));
                    bar.set_length(total);
                }
                bar.set_position(received.bytes.load(Ordering::Relaxed));
                bar.tick();
            }
            bar.finish_and_clear();
        }
        worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Tries once a moment, and at last when the time is over, until there is something; shows how much of the time has passed.
pub(crate) fn poll<T>(what: &str, time: Duration, mut attempt: impl FnMut(Duration) -> Option<T>) -> Option<T> {
    let begin = Instant::now();
    let bar = ProgressBar::new(time.as_secs()).with_style(style("{msg} {bar:30} {pos} of {len} s"));
    bar.set_message(what.to_owned());
    let found = loop {
        let passed = begin.elapsed();
        let found = attempt(passed);
        if found.is_some() || passed >= time {
            break found;
        }
        bar.set_position(passed.as_secs());
        std::thread::sleep(MOMENT.min(time.saturating_sub(begin.elapsed())));
    };
    bar.finish_and_clear();
    found
}

/// Tries, often and not for long, until there is something.
pub(crate) fn soon<T>(mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
    let begin = Instant::now();
    loop {
        match attempt() {
            None if begin.elapsed() < MOMENT => std::thread::sleep(STEP / 10),
            found => return found,
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
