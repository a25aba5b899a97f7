//! A server that keeps what it gets, and answers as it is told to.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// What it does with a request.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Ok,
    /// A status, a header more, and a body.
    Status(u16, String, Vec<u8>),
    /// Nothing, for as long as it lives.
    Hang,
    /// Closes as soon as a request comes.
    Close,
    /// Says this, which need not be HTTP, and closes.
    Bytes(Vec<u8>),
    /// Says the first, and the second without an end.
    Endless(&'static [u8], &'static [u8]),
}

/// What came.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    pub(super) when: Instant,
}

impl Request {
    /// A header, in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let parts = self.head.lines().filter_map(|line| line.split_once(": "));
        parts.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

#[derive(Default)]
struct Shared {
    requests: Mutex<Vec<Request>>,
    answers: Mutex<Vec<Answer>>,
    is_over: AtomicBool,
}

pub(super) struct Receiver {
    shared: Arc<Shared>,
    address: SocketAddr,
}

impl Receiver {
    /// On any port that is free. Gives these answers in turn, and the last of them from then on.
    pub(super) fn new(answers: &[Answer]) -> Self {
        Self::on(0, answers)
    }

    pub(super) fn on(port: u16, answers: &[Answer]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { answers: Mutex::new(answers.to_vec()), ..Shared::default() });
        let served = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if served.is_over.load(Relaxed) {
                    return;
                }
                let served = served.clone();
                thread::spawn(move || serve(&stream.unwrap(), &served));
            }
        });
        Self { shared, address }
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// All that came so far, for this path.
    pub(super) fn requests(&self, path: &str) -> Vec<Request> {
        self.shared.requests.lock().unwrap().iter().filter(|request| request.path == path).cloned().collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Relaxed);
        // So that it looks.
        let _ = TcpStream::connect(self.address);
    }
}

/// Answers what comes over one connection, until either closes it.
fn serve(mut stream: &TcpStream, shared: &Shared) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        shared.requests.lock().unwrap().push(request);
        let answer = {
            let mut answers = shared.answers.lock().unwrap();
            if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() }
        };
        let is_sent = match answer {
            Answer::Ok => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
            Answer::Status(status, header, body) => {
                let head = format!("HTTP/1.1 {status} X\r\n{header}content-length: {}\r\n\r\n", body.len());
                stream.write_all(&[head.as_bytes(), &body].concat())
            }
            Answer::Hang => {
                while !shared.is_over.load(Relaxed) {
                    thread::sleep(Duration::from_millis(5));
                }
                return;
            }
            Answer::Close => return,
            Answer::Bytes(bytes) => {
                let _ = stream.write_all(&bytes);
                return;
            }
            Answer::Endless(first, rest) => {
                let mut is_sent = stream.write_all(first);
                while is_sent.is_ok() && !shared.is_over.load(Relaxed) {
                    is_sent = stream.write_all(rest);
                }
                return;
            }
        };
        if is_sent.is_err() {
            return;
        }
    }
}

/// One request, with its body; none where the other side has closed.
fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let path = head.split(' ').nth(1)?.to_owned();
    let mut request = Request { path, head, body: Vec::new(), when: Instant::now() };
    let length = request.header("content-length")?.parse().ok()?;
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}
