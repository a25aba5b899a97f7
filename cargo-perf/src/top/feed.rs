//! Asks the program again and again, on a thread of its own, so that keys never wait for an answer.

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::time::{Duration, Instant, SystemTime};

use perf_core::Snapshot;

use super::Event;
use crate::error::Error;
use crate::http::Client;
use crate::place::Place;
use crate::{sockets, source};

pub(super) enum Fed {
    Snapshot(Box<Snapshot>),
    Lost(Error),
    /// The program has begun anew, at another place.
    Moved(String),
}

pub(super) struct Feed {
    is_paused: Sender<bool>,
}

impl Feed {
    /// Nobody asks while it is paused, and at once when it is no more.
    pub(super) fn pause(&self, is_paused: bool) {
        let _ = self.is_paused.send(is_paused);
    }
}

pub(super) fn start(client: Client, every: Duration, events: SyncSender<Event>) -> Feed {
    let (is_paused, pauses) = mpsc::channel();
    std::thread::spawn(move || run(client, every, &events, &pauses));
    Feed { is_paused }
}

fn run(mut client: Client, every: Duration, events: &SyncSender<Event>, pauses: &Receiver<bool>) {
    let mut known = Known::of(&client.place);
    loop {
        let begin = Instant::now();
        let fed = match source::ask(&client) {
            Ok(snapshot) => Fed::Snapshot(Box::new(snapshot)),
            Err(error) => match known.as_ref().and_then(Known::successor) {
                Some(place) => {
                    client.place = place;
                    known = Known::of(&client.place);
                    Fed::Moved(client.place.to_string())
                }
                None => Fed::Lost(error),
            },
        };
        let has_moved = matches!(fed, Fed::Moved(_));
        if events.send(Event::Fed(fed)).is_err() {
            return;
        }
        if has_moved {
            continue;
        }
        let mut is_paused = false;
        loop {
            let left = if is_paused { Duration::MAX } else { every.saturating_sub(begin.elapsed()) };
            match pauses.recv_timeout(left) {
                Ok(true) => is_paused = true,
                Ok(false) | Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

/// What is known of a program behind a socket of its own, by which it is found again when it has begun anew with another id.
struct Known {
    id: u32,
    name: String,
    since: SystemTime,
}

impl Known {
    fn of(place: &Place) -> Option<Self> {
        let Place::Unix(path) = place else { return None };
        let id = sockets::id_of(path)?;
        let name = sockets::name_of(id);
        (!name.is_empty()).then_some(Self { id, name, since: made(path)? })
    }

    /// The youngest of the same name, if it is younger.
    fn successor(&self) -> Option<Place> {
        let mut others = Vec::new();
        for running in sockets::running() {
            if running.id != self.id && running.name == self.name {
                others.extend(made(&running.path).filter(|made| *made >= self.since).map(|made| (made, running.path)));
            }
        }
        others.into_iter().max().map(|(_, path)| Place::Unix(path))
    }
}

fn made(path: &PathBuf) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}
