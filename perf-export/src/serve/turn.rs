//! The thread that does all of it: takes in who asks, goes on with each as far as it goes, and sleeps.
//!
//! There are at most [`MOST_CONNECTIONS`]; where one more comes, the one that has been silent for longest goes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};
use perf_core::Exporting;

use super::MOST_STREAMS;
use super::access::Access;
use super::answers::{Answers, EVENTS_EVERY};
use super::connection::{Connection, Next};
use super::response::Response;
use super::socket::{Listener, Stream};
use super::topic::Topic;

/// So many are talked to at a time.
const MOST_CONNECTIONS: usize = 64;

/// Where no more can be taken in, because the system has no room, it is tried again after this.
const TRIED_AGAIN: Duration = Duration::from_millis(100);

/// It wakes up this often though nothing happens, and lets go of what is kept.
const TIDIED_EVERY: Duration = Duration::from_secs(10);

/// The token of what wakes the thread; below it are those of connections, above it those of listeners.
pub(super) const WAKER: Token = Token(MOST_CONNECTIONS);

/// The token of a listener.
pub(super) fn listener_token(at: usize) -> Token {
    Token(MOST_CONNECTIONS + 1 + at)
}

/// One who asks, and by what rules.
struct Guest {
    connection: Connection<Stream>,
    access: Arc<Access>,
}

/// See the module.
pub(super) struct Turn {
    poll: Poll,
    listeners: Vec<(Listener, Arc<Access>)>,
    guests: Vec<Option<Guest>>,
    answers: Answers,
    is_over: Arc<AtomicBool>,
    /// Who is to be gone on with though nothing happened.
    again: Vec<usize>,
    /// Whether more may wait to be taken in, and since when it is to be tried again.
    more: Option<Instant>,
    next_event: Instant,
}

impl Turn {
    pub(super) fn new(
        poll: Poll,
        listeners: Vec<(Listener, Arc<Access>)>,
        answers: Answers,
        is_over: Arc<AtomicBool>,
    ) -> Self {
        let guests = (0..MOST_CONNECTIONS).map(|_| None).collect();
        Self { poll, listeners, guests, answers, is_over, again: Vec::new(), more: None, next_event: Instant::now() }
    }

    /// Until it is told to stop.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(MOST_CONNECTIONS);
        while !self.is_over.load(Relaxed) {
            match self.poll.poll(&mut events, Some(self.pause())) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // There is nothing to be asked of a poll that fails; and no reason to fill a core.
                Err(_) => std::thread::sleep(TRIED_AGAIN),
            }
            // Sleeping costs nothing; all else is charged.
            let _exporting = Exporting::begin();
            self.turn(&events);
        }
    }

    fn turn(&mut self, events: &Events) {
        let mut ready = std::mem::take(&mut self.again);
        for event in events {
            match event.token() {
                Token(at) if at < MOST_CONNECTIONS && !ready.contains(&at) => ready.push(at),
                Token(at) if at > MOST_CONNECTIONS => self.more = Some(Instant::now()),
                _ => {}
            }
        }
        // Those who are in first: who has asked meanwhile is not the one who makes room.
        for at in ready {
            self.drive(at);
        }
        if self.more.is_some_and(|at| at <= Instant::now()) {
            for at in self.take_in() {
                self.drive(at);
            }
        }
        self.send_events();
        self.leave_the_silent();
        self.answers.tidy();
    }

    /// How long nothing is to be done unless something happens.
    fn pause(&self) -> Duration {
        let now = Instant::now();
        let guests = self.guests.iter().flatten();
        let mut wake = now + TIDIED_EVERY;
        for guest in guests {
            // A stream has no deadline while nothing is under way.
            wake = wake.min(if guest.connection.is_stream() { self.next_event } else { guest.connection.deadline() });
        }
        wake = self.more.map_or(wake, |more| wake.min(more));
        if self.again.is_empty() { wake.saturating_duration_since(now) } else { Duration::ZERO }
    }

    /// Gives who came. Nobody makes room who has not had a turn: where that is all who are left, the others wait for theirs.
    fn take_in(&mut self) -> Vec<usize> {
        self.more = None;
        let mut new = Vec::new();
        for at in 0..self.listeners.len() {
            loop {
                let Some(place) = self.place().filter(|place| !new.contains(place)) else {
                    self.more = Some(Instant::now());
                    return new;
                };
                match self.listeners[at].0.accept() {
                    Ok(stream) => {
                        let access = self.listeners[at].1.clone();
                        self.leave(place);
                        if self.seat(stream, access, place) {
                            new.push(place);
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    // Gone before it was taken in.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => {
                        self.more = Some(Instant::now() + TRIED_AGAIN);
                        self.make_room(&new);
                        break;
                    }
                }
            }
        }
        new
    }

    /// The system has none: who has been silent for longest gives some back, unless that is somebody who is told something, or
    /// has just come.
    fn make_room(&mut self, new: &[usize]) {
        let is_idle = |at: &usize| self.guests[*at].as_ref().is_some_and(|guest| guest.connection.is_idle());
        if let Some(at) = self.silent_longest().filter(|at| is_idle(at) && !new.contains(at)) {
            self.leave(at);
        }
    }

    /// Whether it has the place now.
    fn seat(&mut self, mut stream: Stream, access: Arc<Access>, place: usize) -> bool {
        let is_in = stream.register(self.poll.registry(), Token(place)).is_ok();
        if is_in {
            self.guests[place] = Some(Guest { connection: Connection::new(stream, Instant::now()), access });
        }
        is_in
    }

    /// For one more: a place that is free, or that of who has been silent for longest.
    fn place(&self) -> Option<usize> {
        self.guests.iter().position(Option::is_none).or_else(|| self.silent_longest())
    }

    /// Of those who are told nothing the one that has been silent for longest; or else of all.
    fn silent_longest(&self) -> Option<usize> {
        let guests = self.guests.iter().enumerate().filter_map(|(at, guest)| Some((at, guest.as_ref()?)));
        let key = |guest: &Guest| (!guest.connection.is_idle(), guest.connection.silent_since());
        guests.min_by_key(|(_, guest)| key(guest)).map(|(at, _)| at)
    }

    fn drive(&mut self, at: usize) {
        let streams = self.guests.iter().flatten().filter(|guest| guest.connection.is_stream()).count();
        let Some(guest) = &mut self.guests[at] else { return };
        let (answers, access) = (&mut self.answers, &guest.access);
        let mut answer = |request: &super::request::Request| {
            if let Some(refusal) = access.refuse(request) {
                return refusal;
            }
            let response = answers.answer(request);
            if response.stream.is_some() && streams >= MOST_STREAMS {
                return Response::text(503, "too many listen already");
            }
            response
        };
        match guest.connection.drive(Instant::now(), &mut answer) {
            Next::Wait => {}
            Next::Again => self.again.push(at),
            Next::Close => self.leave(at),
        }
    }

    fn send_events(&mut self) {
        let now = Instant::now();
        let is_heard = self.guests.iter().flatten().any(|guest| guest.connection.is_stream());
        if !is_heard || now < self.next_event {
            return;
        }
        self.next_event = now + EVENTS_EVERY;
        for &topic in Topic::ALL {
            let is_heard = |guest: &Guest| guest.connection.topic() == Some(topic);
            if self.guests.iter().flatten().any(is_heard) {
                self.send_event(topic, now);
            }
        }
    }

    fn send_event(&mut self, topic: Topic, now: Instant) {
        let event = self.answers.event(topic);
        for at in 0..self.guests.len() {
            let Some(guest) = self.guests[at].as_mut().filter(|guest| guest.connection.topic() == Some(topic)) else {
                continue;
            };
            let part = if guest.connection.has_missed() { &self.answers.whole(topic) } else { &event };
            if guest.connection.send(part, now) == Next::Close {
                self.leave(at);
            }
        }
    }

    fn leave_the_silent(&mut self) {
        let now = Instant::now();
        for at in 0..self.guests.len() {
            if self.guests[at].as_ref().is_some_and(|guest| guest.connection.deadline() <= now) {
                self.leave(at);
            }
        }
    }

    fn leave(&mut self, at: usize) {
        if let Some(mut guest) = self.guests[at].take() {
            guest.connection.socket().deregister(self.poll.registry());
        }
        self.again.retain(|known| *known != at);
    }
}
