//! What is shown while the work goes on: a bar, or the table, or nothing where nobody looks.

use std::fmt::Write as _;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use console::Term;
use indicatif::{ProgressBar, ProgressStyle};

use crate::run::Progress;

/// Of the bar. It moves smoothly at ten a second.
const STEPS: u64 = 1_000;
const BAR_EVERY: Duration = Duration::from_millis(100);

/// Of the table, which has to be read.
const TABLE_EVERY: Duration = Duration::from_millis(500);

/// Clears the line and moves the cursor back; another screen, so that the scrollback stays as it was.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

/// Shows `progress` until `done` is closed.
pub(crate) fn show(progress: &Progress, is_live: bool, done: &Receiver<()>) {
    let screen = Term::stdout();
    if is_live && screen.is_term() {
        show_table(progress, &screen, done);
    } else {
        show_bar(progress, done);
    }
}

/// Leaves the other screen, for those who do not come back to do it.
pub(crate) fn restore() {
    let screen = Term::stdout();
    if screen.is_term() {
        let _ = screen.write_str(LEAVE);
    }
}

fn is_open(done: &Receiver<()>, wait: Duration) -> bool {
    done.recv_timeout(wait) == Err(RecvTimeoutError::Timeout)
}

/// indicatif hides the bar where the standard error is no terminal.
fn show_bar(progress: &Progress, done: &Receiver<()>) {
    let style = ProgressStyle::with_template("{bar:30.cyan} {percent:>3} %  {msg}").expect("the template is right");
    let bar = ProgressBar::new(STEPS).with_style(style);
    while is_open(done, BAR_EVERY) {
        bar.set_message(state(progress));
        bar.set_position((progress.share() * STEPS as f64) as u64);
    }
    bar.finish_and_clear();
}

fn show_table(progress: &Progress, screen: &Term, done: &Receiver<()>) {
    // A terminal that takes no more text is none of the work's concern.
    let _ = screen.write_str(ENTER);
    while is_open(done, TABLE_EVERY) {
        let _ = screen.write_str(&frame(progress, screen));
    }
    let _ = screen.write_str(LEAVE);
}

/// One picture: written over the one before, so that nothing flickers.
fn frame(progress: &Progress, screen: &Term) -> String {
    let (rows, columns) = screen.size();
    let table = perf_runtime::snapshot();
    let text = format!(
        "{:.1} s, {}\n\n{table:width$}",
        progress.elapsed().as_secs_f64(),
        state(progress),
        width = columns.into()
    );
    let mut frame = "\x1b[H".to_owned();
    for (row, line) in text.lines().take(rows.into()).enumerate() {
        let gap = if row == 0 { "" } else { "\r\n" };
        let line = console::truncate_str(line, columns.into(), "…");
        let _ = write!(frame, "{gap}{line}\x1b[K");
    }
    frame + "\x1b[J"
}

fn state(progress: &Progress) -> String {
    let round = progress.rounds.load(Relaxed) + 1;
    format!("round {round}, {} queries", progress.asked())
}
