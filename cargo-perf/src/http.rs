//! One request and its answer, over TCP or a Unix socket.

use std::io::{self, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::answer::{self, Received};
use crate::error::Error;
use crate::place::Place;
use crate::sockets;

/// How long somebody may take to accept, and to say the next bytes.
const CONNECT: Duration = Duration::from_secs(3);
const SILENCE: Duration = Duration::from_secs(10);

/// Who asks, of whom.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) place: Place,
    pub(crate) token: Option<String>,
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

impl Client {
    /// What is at a path. `patience` is added to how long the answer may take to begin.
    pub(crate) fn get(&self, path: &str, patience: Duration, received: &Received) -> Result<Vec<u8>, Error> {
        let mut stream = self.connect(SILENCE + patience)?;
        let broken = |error: io::Error| self.broken(&error);
        stream.write_all(self.request(path).as_bytes()).map_err(broken)?;
        let answer = answer::read(&mut BufReader::new(stream), received).map_err(broken)?;
        match answer.ok_or_else(|| self.no_http())? {
            (200, body) => Ok(body),
            (status, body) => Err(self.refused(status, path, &body).answered(status)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_sent_and_cannot_be_two_headers() {
        let place = Place::parse("http://shop:81/perf").unwrap();
        let request = |token: &str| Client { place: place.clone(), token: Some(token.to_owned()) }.request("/x");
        let plain = "GET /perf/x HTTP/1.1\r\nHost: shop:81\r\nConnection: close\r\n";
        assert_eq!(request("abc"), format!("{plain}Authorization: Bearer abc\r\n\r\n"));
        assert_eq!(request("abc\r\nX: y"), format!("{plain}\r\n"));
    }
}
