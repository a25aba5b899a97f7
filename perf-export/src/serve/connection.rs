//! One of those who ask: reads what is asked, as it comes, and writes what is answered, as it goes.
//!
//! It keeps the head of one request, of bounded length, and one answer, which all who ask for the same share.

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::request::{LONGEST_HEAD, Method, Parsed, Request, parse};
use super::response::Response;
use super::topic::Topic;

/// A request is whole after this time, or is none.
const TO_ASK: Duration = Duration::from_secs(5);

/// Who takes nothing of an answer for this long is left.
const TO_TAKE: Duration = Duration::from_secs(10);

/// Who asks nothing more for this long is left. Prometheus asks once a minute unless told otherwise.
const TO_ASK_AGAIN: Duration = Duration::from_secs(150);

/// Requests that are answered one after the other before others get their turn.
const AT_ONCE: u32 = 8;

/// What there is to be done with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing, until the other side does something.
    Wait,
    /// More, once others had their turn.
    Again,
    Close,
}

/// See the module.
pub(super) struct Connection<S> {
    socket: S,
    input: Vec<u8>,
    head: Vec<u8>,
    body: Arc<[u8]>,
    written: usize,
    is_kept_alive: bool,
    topic: Option<Topic>,
    /// A part of the stream was not sent, because the one before was not taken.
    has_missed: bool,
    /// The other side sends no more.
    is_over: bool,
    deadline: Instant,
    /// When it came, asked something or took something, whichever was last.
    last: Instant,
}

impl<S: Read + Write> Connection<S> {
    pub(super) fn new(socket: S, now: Instant) -> Self {
        Self {
            socket,
            input: Vec::new(),
            head: Vec::new(),
            body: Arc::new([]),
            written: 0,
            is_kept_alive: true,
            topic: None,
            has_missed: false,
            is_over: false,
            deadline: now + TO_ASK,
            last: now,
        }
    }

    pub(super) fn socket(&mut self) -> &mut S {
        &mut self.socket
    }

    /// When it is to be closed, unless something happens.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Since when it has neither asked for anything nor taken anything.
    pub(super) fn silent_since(&self) -> Instant {
        self.last
    }

    /// Whether it is sent something every so often.
    pub(super) fn is_stream(&self) -> bool {
        self.topic.is_some()
    }

    /// What it is sent, if it is.
    pub(super) fn topic(&self) -> Option<Topic> {
        self.topic
    }

    /// Whether it needs more than the next part.
    pub(super) fn has_missed(&self) -> bool {
        self.has_missed
    }

    /// Whether nothing is being answered: nobody loses anything but time if it is closed.
    pub(super) fn is_idle(&self) -> bool {
        !self.is_stream() && !self.is_writing()
    }

    /// How many bytes it keeps of what is asked.
    #[cfg(fuzzing)]
    pub(super) fn kept(&self) -> usize {
        self.input.len()
    }

    fn is_writing(&self) -> bool {
        self.written < self.head.len() + self.body.len()
    }

    /// Goes on until the other side has to do something.
    pub(super) fn drive(&mut self, now: Instant, answer: &mut dyn FnMut(&Request) -> Response) -> Next {
        for _ in 0..AT_ONCE {
            if self.is_writing() {
                match self.write(now) {
                    Ok(true) => {}
                    Ok(false) => return Next::Wait,
                    Err(()) => return Next::Close,
                }
                if !self.is_kept_alive && !self.is_stream() {
                    return Next::Close;
                }
            }
            if self.is_stream() {
                return if self.is_gone() { Next::Close } else { Next::Wait };
            }
            match parse(&self.input) {
                Parsed::Whole(request, length) => {
                    self.input.drain(..length);
                    let response = answer(&request);
                    self.respond(&response, &request, now);
                }
                Parsed::Refused(status, why) => {
                    self.is_kept_alive = false;
                    self.begin(&Response::text(status, why), true, now);
                }
                Parsed::Partial if self.is_over => return Next::Close,
                Parsed::Partial => match self.read() {
                    Ok(true) => {}
                    Ok(false) => return Next::Wait,
                    Err(()) => return Next::Close,
                },
            }
        }
        Next::Again
    }

    /// Sends a part of a stream, unless the last one is not taken yet: who is slow misses some.
    pub(super) fn send(&mut self, part: &Arc<[u8]>, now: Instant) -> Next {
        self.has_missed = self.is_writing();
        if !self.has_missed {
            self.head.clear();
            self.body = part.clone();
            self.written = 0;
            self.deadline = now + TO_TAKE;
        }
        match self.write(now) {
            Ok(_) => Next::Wait,
            Err(()) => Next::Close,
        }
    }

    fn respond(&mut self, response: &Response, request: &Request, now: Instant) {
        self.is_kept_alive = request.is_kept_alive && response.stream.is_none();
        self.topic = response.stream.filter(|_| request.method == Method::Get);
        self.begin(response, request.method != Method::Head, now);
    }

    fn begin(&mut self, response: &Response, has_body: bool, now: Instant) {
        self.head = response.head(self.is_kept_alive);
        self.body = if has_body { response.body.clone() } else { Arc::new([]) };
        self.written = 0;
        (self.deadline, self.last) = (now + TO_TAKE, now);
    }

    /// Whether all is written. An error where there is nobody any more.
    fn write(&mut self, now: Instant) -> Result<bool, ()> {
        while self.is_writing() {
            let rest = match self.head.get(self.written..) {
                Some(rest) if !rest.is_empty() => rest,
                _ => &self.body[self.written - self.head.len()..],
            };
            match self.socket.write(rest) {
                Ok(0) => return Err(()),
                Ok(taken) => {
                    self.written += taken;
                    (self.deadline, self.last) = (now + TO_TAKE, now);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(()),
            }
        }
        // What was sent is not kept for as long as somebody says nothing.
        (self.head, self.body, self.written) = (Vec::new(), Arc::new([]), 0);
        // What came along with the request before may be the beginning of one.
        let is_asking = !self.input.is_empty() && !self.is_stream();
        self.deadline = now + if is_asking { TO_ASK } else { TO_ASK_AGAIN };
        Ok(true)
    }

    /// Whether there is more than there was, or no more will come. An error where there is nobody any more.
    fn read(&mut self) -> Result<bool, ()> {
        let mut buffer = [0; 2048];
        let room = buffer.len().min(LONGEST_HEAD - self.input.len().min(LONGEST_HEAD - 1));
        loop {
            match self.socket.read(&mut buffer[..room]) {
                Ok(0) => self.is_over = true,
                Ok(read) => {
                    if self.input.is_empty() {
                        // From the first byte on there is less time.
                        self.deadline = self.deadline.min(Instant::now() + TO_ASK);
                    }
                    self.input.extend_from_slice(&buffer[..read]);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return Err(()),
            }
            return Ok(true);
        }
    }

    /// Whether who listens to a stream does so no more. What it says meanwhile is of no interest.
    fn is_gone(&mut self) -> bool {
        let mut buffer = [0; 512];
        for _ in 0..AT_ONCE {
            match self.socket.read(&mut buffer) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
            }
        }
        // Who talks all the time does not listen.
        true
    }
}
