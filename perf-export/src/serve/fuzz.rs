//! The way from bytes to answers, for those who try any bytes.

#![allow(missing_docs)]

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::Instant;

use super::access::Access;
use super::answers::Answers;
use super::connection::{Connection, Next};
use super::control::Controls;
use super::request::{LONGEST_HEAD, Method};

/// What was asked, and how it was answered.
#[derive(Debug, PartialEq, Eq)]
pub struct Asked {
    pub request: String,
    pub status: u16,
    pub has_body: bool,
}

/// All that was said over a connection.
#[derive(Debug)]
pub struct Said {
    pub asked: Vec<Asked>,
    pub written: Vec<u8>,
}

/// One who says so many bytes at once, takes so many at once, and now and then makes the other side wait.
struct Wire<'a> {
    bytes: &'a [u8],
    said: usize,
    taken: usize,
    is_waiting: bool,
    written: Vec<u8>,
}

impl Wire<'_> {
    /// Every other time there is nothing to be done.
    fn wait(&mut self) -> io::Result<()> {
        self.is_waiting = !self.is_waiting;
        if self.is_waiting { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
    }
}

impl Read for Wire<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.wait()?;
        let length = self.bytes.len().min(self.said).min(buffer.len());
        buffer[..length].copy_from_slice(&self.bytes[..length]);
        self.bytes = &self.bytes[length..];
        Ok(length)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wait()?;
        let length = bytes.len().min(self.taken);
        self.written.extend_from_slice(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Says `bytes`, at most `said` at once, and hears the answers, at most `taken` bytes at once.
///
/// # Panics
///
/// If the connection keeps more than it may.
#[must_use]
pub fn talk(bytes: &[u8], has_token: bool, said: usize, taken: usize) -> Said {
    let access = Access {
        token: has_token.then(|| "a-token-that-is-long".to_owned()),
        hosts: vec!["metrics.example".to_owned()],
    };
    let mut answers = Answers::new(Controls(vec![("act".to_owned(), Arc::new(|| Ok("done".to_owned())))]));
    let wire = Wire { bytes, said, taken, is_waiting: false, written: Vec::new() };
    let mut connection = Connection::new(wire, Instant::now());
    let mut asked = Vec::new();
    loop {
        let next = connection.drive(Instant::now(), &mut |request| {
            let response = access.refuse(request).unwrap_or_else(|| answers.answer(request));
            let has_body = request.method != Method::Head;
            asked.push(Asked { request: format!("{request:?}"), status: response.status, has_body });
            response
        });
        assert!(connection.kept() <= LONGEST_HEAD, "{} bytes are kept", connection.kept());
        if next == Next::Close {
            let written = std::mem::take(&mut connection.socket().written);
            return Said { asked, written };
        }
    }
}
