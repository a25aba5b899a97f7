//! The terminal, which is left as it was found however this ends.

use std::io;
use std::sync::mpsc::SyncSender;

use ratatui::crossterm::event::{self, Event as Input, KeyEventKind};
use ratatui::{DefaultTerminal, Frame};

use super::Event;
use crate::error::Error;

pub(super) struct Screen {
    terminal: DefaultTerminal,
}

impl Screen {
    /// Takes the whole screen, and says what is pressed from now on.
    pub(super) fn open(events: SyncSender<Event>) -> Result<Self, Error> {
        // The hook that this sets gives the terminal back before a panic is printed.
        let terminal = ratatui::try_init().map_err(|error| failed(&error))?;
        let screen = Self { terminal };
        signals(events.clone()).map_err(|error| failed(&error))?;
        std::thread::spawn(move || read(&events));
        Ok(screen)
    }

    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> Result<(), Error> {
        self.terminal.draw(draw).map(|_| ()).map_err(|error| failed(&error))
    }

    /// As Ctrl-Z does to every program: gives the terminal back until somebody says `fg`.
    pub(super) fn suspend(&mut self) -> Result<(), Error> {
        ratatui::restore();
        let _ = self.terminal.show_cursor();
        #[cfg(unix)]
        let _ = signal_hook::low_level::raise(signal_hook::consts::SIGSTOP);
        self.terminal = ratatui::try_init().map_err(|error| failed(&error))?;
        self.terminal.clear().map_err(|error| failed(&error))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
        let _ = self.terminal.show_cursor();
    }
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

#[cfg(unix)]
fn signals(events: SyncSender<Event>) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            let _ = events.send(Event::Ended);
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn signals(_events: SyncSender<Event>) -> io::Result<()> {
    Ok(())
}
