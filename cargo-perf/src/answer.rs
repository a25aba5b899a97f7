//! An answer, as it comes over the wire. Whoever sends it may send anything.

use std::io::{self, BufRead, Read};
use std::sync::atomic::{AtomicU64, Ordering};

/// No head of an answer is so long, and no body.
const HEAD_BYTES: u64 = 64 << 10;
const BODY_BYTES: u64 = 256 << 20;

/// Headers that an answer may have.
const HEADERS: usize = 64;

/// How far an answer has come.
#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) bytes: AtomicU64,
    /// All there will be; 0 where nobody knows.
    pub(crate) total: AtomicU64,
}

/// Status and body of an answer; nothing where the other side does not speak HTTP.
pub(crate) fn read(reader: &mut impl BufRead, received: &Received) -> io::Result<Option<(u16, Vec<u8>)>> {
    let head = head(reader)?;
    let Some(answer) = Answer::parse(&head) else { return Ok(None) };
    Ok(Some((answer.status, answer.body(reader, received)?)))
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
                if end != *b"\r\n" {
                    return Err(no_chunks());
                }
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
        _ => Err(no_chunks()),
    }
}

fn no_chunks() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "what it says is in chunks has none")
}

/// Exactly so many bytes more.
fn take(reader: &mut impl BufRead, mut length: u64, body: &mut Vec<u8>, received: &Received) -> io::Result<()> {
    if length > BODY_BYTES - body.len() as u64 {
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
        let mut reader = io::BufReader::with_capacity(7, answer);
        super::read(&mut reader, &Received::default())?.ok_or_else(|| io::ErrorKind::InvalidData.into())
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
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nhel0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nhello",
            "SSH-2.0-OpenSSH_9.2\r\n",
        ] {
            assert!(read(answer.as_bytes()).is_err(), "{answer}");
        }
    }

    #[test]
    fn no_body_is_longer_than_it_may_be_in_however_many_chunks() {
        let chunks = "1\r\na\r\nffffffffffffffff\r\nab";
        let answer = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        assert_eq!(read(answer.as_bytes()).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
