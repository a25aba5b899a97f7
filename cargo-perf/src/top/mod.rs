//! What a running program does, live.
//!
//! One thread reads keys, one asks the program, one waits for signals and one for the terminal's end; all tell the one that
//! draws, which alone has state.

mod app;
mod columns;
mod feed;
mod keys;
mod lists;
mod terminal;
mod view;

use std::io::IsTerminal;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use ratatui::crossterm::event::KeyEvent;

use crate::error::Error;
use crate::http::Client;
use crate::place::Place;
use crate::{output, sockets, source};
use app::App;
use feed::{Fed, Feed};
use keys::Then;
use terminal::Screen;

/// What may come while it is waited.
enum Event {
    Key(KeyEvent),
    Resized,
    Fed(Fed),
    /// It was stopped, and others had the terminal meanwhile.
    #[cfg_attr(not(unix), allow(dead_code))] // Nothing is stopped there.
    Continued,
    /// The terminal is gone, or a signal asks to end.
    Ended,
}

/// Events that may wait. Whoever has more has to wait too.
const WAITING: usize = 16;

/// How long the screen stays as it is when nothing comes: it says how long ago things were.
const IDLE: Duration = Duration::from_secs(1);

pub(crate) fn run(
    from: Option<&str>,
    token: Option<String>,
    every: Duration,
    filter: String,
    begin: Option<Instant>,
) -> Result<(), Error> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(Error::new(
            "`cargo perf top` needs a terminal",
            "`cargo perf report ADDR` prints what there is once",
        ));
    }
    let choice = match from {
        Some(text) => vec![source::client(text, token.as_deref())?.place],
        None => local()?,
    };
    let (sender, events) = mpsc::sync_channel(WAITING);
    let mut screen = Screen::open(&sender)?;
    let place = match choice.as_slice() {
        [only] => only.clone(),
        several => match choose(&mut screen, &events, several)? {
            Some(place) => place,
            None => return Ok(()),
        },
    };
    let mut app = App::new(place.to_string(), every, filter);
    let feed = feed::start(Client { place, token }, every, sender);
    let drawn = show(&mut screen, &events, &feed, &mut app, begin);
    drop(screen);
    if let (Some(begin), Some(first)) = (begin, app.first_screen) {
        let took = (first - begin).as_secs_f64() * 1e3;
        output::write(None, format!("first screen with numbers after {took:.1} ms\n").as_bytes())?;
    }
    drawn
}

/// The programs of this machine that can be asked.
fn local() -> Result<Vec<Place>, Error> {
    let running = sockets::running();
    if running.is_empty() {
        let folders: Vec<String> = sockets::folders().iter().map(|folder| folder.display().to_string()).collect();
        return Err(Error::new(
            format!("no program of yours can be asked on this machine: no socket in {}", folders.join(" or ")),
            format!("a program can be with {}; one that serves HTTP is `cargo perf top 127.0.0.1:9898`", sockets::HOW),
        ));
    }
    Ok(running.into_iter().map(|running| Place::Unix(running.path)).collect())
}

/// Asks which. None where that is not answered.
fn choose(screen: &mut Screen, events: &Receiver<Event>, places: &[Place]) -> Result<Option<Place>, Error> {
    let mut at = 0;
    loop {
        screen.draw(|frame| view::choice(frame, places, at))?;
        match events.recv() {
            Ok(Event::Key(key)) => match keys::choose(key, at, places.len()) {
                Then::Move(to) => at = to,
                Then::Take => return Ok(places.get(at).cloned()),
                Then::Suspend => screen.suspend()?,
                Then::Quit => return Ok(None),
                _ => {}
            },
            Ok(Event::Continued) => screen.resume()?,
            Ok(Event::Ended) | Err(_) => return Ok(None),
            Ok(Event::Resized | Event::Fed(_)) => {}
        }
    }
}

/// Until somebody has seen enough.
fn show(
    screen: &mut Screen,
    events: &Receiver<Event>,
    feed: &Feed,
    app: &mut App,
    begin: Option<Instant>,
) -> Result<(), Error> {
    loop {
        screen.draw(|frame| view::draw(frame, app))?;
        if app.snapshot.is_some() && app.first_screen.is_none() {
            app.first_screen = Some(Instant::now());
            if begin.is_some() {
                return Ok(());
            }
        }
        let mut next = match events.recv_timeout(IDLE) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        // What has come meanwhile is drawn at once.
        while let Some(event) = next {
            match event {
                Event::Key(key) => match app.press(key) {
                    Then::Quit => return Ok(()),
                    Then::Suspend => screen.suspend()?,
                    Then::Pause => feed.pause(app.is_paused),
                    _ => {}
                },
                Event::Fed(Fed::Lost(error)) if app.snapshot.is_none() => return Err(error),
                Event::Fed(news) => app.take(news),
                Event::Continued => screen.resume()?,
                Event::Resized => {}
                Event::Ended => return Ok(()),
            }
            next = events.try_recv().ok();
        }
    }
}
