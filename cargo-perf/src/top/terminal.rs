//! The terminal, which is left as it was found however this ends.

use std::io::{self, Stdout, stdout};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{self, Event as Input, KeyEventKind};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::{Frame, Terminal};

use super::Event;
use crate::error::Error;

pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

/// What a process that panics ends with.
const PANICKED: i32 = 101;

impl Screen {
    /// Takes the whole screen, and says what is pressed from now on.
    pub(super) fn open(events: &SyncSender<Event>) -> Result<Self, Error> {
        end_on_panic();
        let screen = Self { terminal: fresh().map_err(|error| failed(&error))? };
        take().map_err(|error| failed(&error))?;
        signals(events.clone()).map_err(|error| failed(&error))?;
        for wait in [read, wait_for_the_end] {
            let events = events.clone();
            thread::spawn(move || wait(&events));
        }
        Ok(screen)
    }

    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> Result<(), Error> {
        let _ours = ours();
        self.terminal.draw(draw).map(|_| ()).map_err(|error| failed(&error))
    }

    /// As Ctrl-Z does to every program: gives the terminal back until somebody says `fg`.
    pub(super) fn suspend(&mut self) -> Result<(), Error> {
        give_back();
        // All that was started together stops, as if the terminal had said so; nothing does where nobody could continue it.
        #[cfg(unix)]
        let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
        self.resume()
    }

    /// Takes the terminal anew, whatever has been done to it, and draws everything the next time.
    pub(super) fn resume(&mut self) -> Result<(), Error> {
        let _ours = ours();
        give_back();
        // Clearing the old one would ask the terminal where its cursor is, and the answer would be taken for keys.
        take().and_then(|()| fresh()).map(|terminal| self.terminal = terminal).map_err(|error| failed(&error))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Takes it for empty.
fn fresh() -> io::Result<Terminal<CrosstermBackend<Stdout>>> {
    Terminal::new(CrosstermBackend::new(stdout()))
}

/// Whether there is anything to be given back. To do so twice would move the shell's cursor.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

fn take() -> io::Result<()> {
    IS_TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen)
}

/// What of it fails, fails because the terminal is gone.
fn give_back() {
    if IS_TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(stdout(), LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

/// As long as it is held, nobody else draws or gives the terminal back.
fn ours() -> MutexGuard<'static, ()> {
    static DRAWING: Mutex<()> = Mutex::new(());
    DRAWING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has panics told on a terminal on which they can be read. Wherever one is, it is the end: without one of the threads, what
/// is seen would only seem to be alive.
fn end_on_panic() {
    let (tell, who_draws) = (panic::take_hook(), thread::current().id());
    panic::set_hook(Box::new(move |what| {
        if thread::current().id() == who_draws {
            give_back();
            tell(what);
        } else {
            // Until the end, so that nothing is drawn over what is told.
            let _ours = ours();
            give_back();
            tell(what);
            std::process::exit(PANICKED);
        }
    }));
}

fn failed(error: &io::Error) -> Error {
    Error::new(format!("the terminal: {error}"), "`cargo perf report ADDR` needs none")
}

fn read(events: &SyncSender<Event>) {
    loop {
        let event = match event::read() {
            Ok(Input::Key(key)) if key.kind != KeyEventKind::Release => Event::Key(key),
            Ok(Input::Resize(..)) => Event::Resized,
            Ok(_) => continue,
            Err(_) => Event::Ended,
        };
        let is_over = matches!(event, Event::Ended);
        if events.send(event).is_err() || is_over {
            return;
        }
    }
}

/// Tells when there is no terminal any more: who reads keys is not told, and no signal need come.
#[cfg(unix)]
fn wait_for_the_end(events: &SyncSender<Event>) {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::Errno;

    let stdin = io::stdin();
    // Nothing is asked for but what is always told: that it has hung up.
    let mut asked = [PollFd::new(&stdin, PollFlags::empty())];
    loop {
        match poll(&mut asked, None) {
            Ok(_) => break,
            Err(Errno::INTR) => {}
            Err(_) => return,
        }
    }
    let _ = events.send(Event::Ended);
}

#[cfg(not(unix))]
fn wait_for_the_end(_events: &SyncSender<Event>) {}

#[cfg(unix)]
fn signals(events: SyncSender<Event>) -> io::Result<()> {
    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
    thread::spawn(move || {
        for signal in signals.forever() {
            let event = if signal == SIGCONT { Event::Continued } else { Event::Ended };
            if events.send(event).is_err() {
                return;
            }
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn signals(_events: SyncSender<Event>) -> io::Result<()> {
    Ok(())
}
