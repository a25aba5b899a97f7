//! One request and its answer, over TCP or a Unix socket.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::Error;
use crate::place::Place;
use crate::sockets;

/// How long somebody may take to accept, and to say the next bytes.
const CONNECT: Duration = Duration::from_secs(3);
const SILENCE: Duration = Duration::from_secs(10);

/// No head of an answer is so long, and no body.
const HEAD_BYTES: u64 = 64 << 10;
const BODY_BYTES: u64 = 256 << 20;

/// Headers that an answer may have.
const HEADERS: usize = 64;

/// Who asks, of whom.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) place: Place,
    pub(crate) token: Option<String>,
}

/// How far an answer has come.
#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) bytes: AtomicU64,
    /// All there will be; 0 where nobody knows.
    pub(crate) total: AtomicU64,
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

impl Client {
    /// What is at a path. `patience` is added to how long the answer may take to begin.
    pub(crate) fn get(&self, path: &str, patience: Duration, received: &Received) -> Result<Vec<u8>, Error> {
        let mut stream = self.connect(SILENCE + patience)?;
        let broken = |error: io::Error| self.broken(&error);
        stream.write_all(self.request(path).as_bytes()).map_err(broken)?;
        let mut reader = BufReader::new(stream);
        let head = head(&mut reader).map_err(broken)?;
        let answer = Answer::parse(&head).ok_or_else(|| self.no_http())?;
        let body = answer.body(&mut reader, received).map_err(broken)?;
        match answer.status {
            200 => Ok(body),
            status => Err(self.refused(status, path, &body).answered(status)),
        }
    }

    fn request(&self, path: &str) -> String {
        let (base, host) = match &self.place {
            Place::Http { base, host, port } if host.contains(':') => (base.as_str(), format!("[{host}]:{port}")),
            Place::Http { base, host, port } => (base.as_str(), format!("{host}:{port}")),
            Place::Unix(_) => ("", "localhost".to_owned()),
        };
        let mut request = format!("GET {base}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        // A token with a line break in it would be a header of its own.
        if let Some(token) = self.token.as_ref().filter(|token| !token.contains(char::is_control)) {
            request.push_str("Authorization: Bearer ");
            request.push_str(token);
            request.push_str("\r\n");
        }
        request + "\r\n"
    }

    fn connect(&self, silence: Duration) -> Result<Box<dyn Stream>, Error> {
        match &self.place {
            Place::Http { host, port, .. } => {
                let addresses = (host.as_str(), *port).to_socket_addrs().map_err(|error| {
                    Error::new(format!("{}: {error}", self.place), format!("is `{host}` the name of a machine?"))
                })?;
                let mut last = io::Error::from(io::ErrorKind::NotFound);
                for address in addresses {
                    match TcpStream::connect_timeout(&address, CONNECT) {
                        Ok(stream) => {
                            let timeouts = stream.set_read_timeout(Some(silence));
                            timeouts.and(stream.set_write_timeout(Some(SILENCE))).map_err(|e| self.broken(&e))?;
                            return Ok(Box::new(stream));
                        }
                        Err(error) => last = error,
                    }
                }
                Err(self.nobody(&last))
            }
            Place::Unix(path) => unix(path, silence).map_err(|error| self.nobody(&error)),
        }
    }

    fn nobody(&self, error: &io::Error) -> Error {
        let place = &self.place;
        let way_out = match place {
            Place::Http { host, port, .. } => format!(
                "does the program run, and does it serve? It does with the crate perf-export, its feature `serve`, and\n\
                 `let _server = perf_export::serve(\"{host}:{port}\")?;` in `main`"
            ),
            Place::Unix(_) => format!("does the program run, and does it serve? It does with {}", sockets::HOW),
        };
        let what = match error.kind() {
            io::ErrorKind::ConnectionRefused => format!("nobody listens at {place}"),
            io::ErrorKind::NotFound => format!("{place} is not there"),
            io::ErrorKind::TimedOut => format!("{place} does not answer"),
            _ => format!("{place}: {error}"),
        };
        Error::new(what, way_out)
    }

    fn broken(&self, error: &io::Error) -> Error {
        let place = &self.place;
        let what = match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => format!("{place} has stopped in its answer"),
            io::ErrorKind::UnexpectedEof => format!("{place} closed the connection before its answer was whole"),
            _ => format!("{place}: {error}"),
        };
        Error::new(what, "is it a program that perf-runtime measures, and does it still run?")
    }

    fn no_http(&self) -> Error {
        Error::new(
            format!("{} does not speak HTTP", self.place),
            "is this the port that `perf_export::serve` was given?",
        )
    }

    fn refused(&self, status: u16, path: &str, body: &[u8]) -> Error {
        let place = &self.place;
        match (status, &self.token) {
            (401, None) => Error::new(
                format!("{place} wants a token"),
                "`PERF_TOKEN=… cargo perf …`, or `--token …`: the one that the program was given to serve with",
            ),
            (401, Some(_)) => {
                Error::new(format!("{place} does not take this token"), "is it the one that the program serves with?")
            }
            (404, _) => Error::new(
                format!("{place} has no {path}"),
                "is it a program that perf-runtime measures, of this version, with that feature of perf-export?",
            ),
            _ => {
                let said = String::from_utf8_lossy(&body[..body.len().min(200)]);
                let said: String = said.trim().replace(char::is_control, " ");
                Error::new(format!("{place} answers {path} with status {status}"), said)
            }
        }
    }
}

#[cfg(unix)]
fn unix(path: &std::path::Path, silence: Duration) -> io::Result<Box<dyn Stream>> {
    let stream = std::os::unix::net::UnixStream::connect(path)?;
    stream.set_read_timeout(Some(silence))?;
    stream.set_write_timeout(Some(SILENCE))?;
    Ok(Box::new(stream))
}

#[cfg(not(unix))]
fn unix(_path: &std::path::Path, _silence: Duration) -> io::Result<Box<dyn Stream>> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no Unix sockets"))
}

/// All up to the empty line, that included.
fn head(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut limited = reader.take(HEAD_BYTES);
    loop {
        let line = limited.read_until(b'\n', &mut head)?;
        if line == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // What is no HTTP may never have an empty line.
        if line <= 2 && head.ends_with(b"\n") || !head.starts_with(b"HTTP/") {
            return Ok(head);
        }
    }
}

/// What the head says of the rest.
struct Answer {
    status: u16,
    length: Option<u64>,
    is_chunked: bool,
}

impl Answer {
    fn parse(head: &[u8]) -> Option<Self> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        response.parse(head).ok().filter(httparse::Status::is_complete)?;
        let header = |name: &str| {
            let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
            std::str::from_utf8(found.value).ok()
        };
        Some(Self {
            status: response.code?,
            length: header("content-length").and_then(|length| length.trim().parse().ok()),
            is_chunked: header("transfer-encoding").is_some_and(|how| how.to_ascii_lowercase().contains("chunked")),
        })
    }

    fn body(&self, reader: &mut impl BufRead, received: &Received) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        if self.is_chunked {
            while let Some(length) = chunk(reader)? {
                take(reader, length, &mut body, received)?;
                let mut end = [0; 2];
                reader.read_exact(&mut end)?;
            }
            return Ok(body);
        }
        let Some(length) = self.length else {
            // Until the other side closes.
            while !reader.fill_buf()?.is_empty() {
                let length = reader.buffer_len()?;
                take(reader, length, &mut body, received)?;
            }
            return Ok(body);
        };
        received.total.store(length, Ordering::Relaxed);
        take(reader, length, &mut body, received)?;
        Ok(body)
    }
}

trait BufferLength: BufRead {
    fn buffer_len(&mut self) -> io::Result<u64> {
        Ok(self.fill_buf()?.len() as u64)
    }
}
impl<T: BufRead> BufferLength for T {}

/// The length of the next chunk; none after the last.
fn chunk(reader: &mut impl BufRead) -> io::Result<Option<u64>> {
    let mut line = Vec::new();
    reader.take(1024).read_until(b'\n', &mut line)?;
    match httparse::parse_chunk_size(&line) {
        Ok(httparse::Status::Complete((_, 0))) => Ok(None),
        Ok(httparse::Status::Complete((_, length))) => Ok(Some(length)),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "what it says is in chunks has none")),
    }
}

/// Exactly so many bytes more.
fn take(reader: &mut impl BufRead, mut length: u64, body: &mut Vec<u8>, received: &Received) -> io::Result<()> {
    if body.len() as u64 + length > BODY_BYTES {
        let too_long = format!("the answer is longer than {} MB", BODY_BYTES >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, too_long));
    }
    while length > 0 {
        let bytes = reader.fill_buf()?;
        let now = bytes.len().min(usize::try_from(length).unwrap_or(usize::MAX));
        if now == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        body.extend_from_slice(&bytes[..now]);
        reader.consume(now);
        length -= now as u64;
        received.bytes.store(body.len() as u64, Ordering::Relaxed);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an answer comes to.
    fn read(answer: &[u8]) -> io::Result<(u16, Vec<u8>)> {
        let mut reader = BufReader::with_capacity(7, answer);
        let head = head(&mut reader)?;
        let answer = Answer::parse(&head).ok_or(io::ErrorKind::InvalidData)?;
        Ok((answer.status, answer.body(&mut reader, &Received::default())?))
    }

    #[test]
    fn bodies_are_read_by_length_in_chunks_or_to_the_end() {
        for answer in [
            "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world and more",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n6\r\nhello \r\n5;x=y\r\nworld\r\n0\r\n\r\n",
            "HTTP/1.0 200 OK\r\n\r\nhello world",
        ] {
            assert_eq!(read(answer.as_bytes()).unwrap(), (200, b"hello world".to_vec()), "{answer}");
        }
    }

    #[test]
    fn what_is_cut_off_or_no_http_is_an_error() {
        for answer in [
            "",
            "HTTP/1.1 200 OK\r\nContent-Le",
            "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhel",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nhello",
            "SSH-2.0-OpenSSH_9.2\r\n",
        ] {
            assert!(read(answer.as_bytes()).is_err(), "{answer}");
        }
    }

    #[test]
    fn a_token_is_sent_and_cannot_be_two_headers() {
        let place = Place::parse("http://shop:81/perf").unwrap();
        let request = |token: &str| Client { place: place.clone(), token: Some(token.to_owned()) }.request("/x");
        let plain = "GET /perf/x HTTP/1.1\r\nHost: shop:81\r\nConnection: close\r\n";
        assert_eq!(request("abc"), format!("{plain}Authorization: Bearer abc\r\n\r\n"));
        assert_eq!(request("abc\r\nX: y"), format!("{plain}\r\n"));
    }
}
