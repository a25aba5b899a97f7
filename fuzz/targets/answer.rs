//! Any bytes as an answer to `cargo perf`: read or refused, the same however they come, and none are made up. And any
//! body in whatever chunks is read as it was sent.
#![no_main]

use std::io::{self, BufReader};
use std::sync::atomic::Ordering::Relaxed;

use libfuzzer_sys::fuzz_target;

#[path = "../../cargo-perf/src/answer.rs"]
mod answer;

/// Statuses and bodies, or what kind of error.
type Read = Result<Option<(u16, Vec<u8>)>, io::ErrorKind>;

fn read(bytes: &[u8], at_once: usize) -> Read {
    let received = answer::Received::default();
    let read = answer::read(&mut BufReader::with_capacity(at_once, bytes), &received);
    if let Ok(Some((_, body))) = &read {
        assert!(body.len() <= bytes.len());
        assert_eq!(received.bytes.load(Relaxed), body.len() as u64);
    }
    read.map_err(|error| error.kind())
}

/// All that comes before chunks.
const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

fn in_chunks(body: &[u8], longest: usize) -> Vec<u8> {
    let mut sent = CHUNKED.to_vec();
    for chunk in body.chunks(longest) {
        sent.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        sent.extend_from_slice(chunk);
        sent.extend_from_slice(b"\r\n");
    }
    sent.extend_from_slice(b"0\r\n\r\n");
    sent
}

/// Chunks that may be longer or shorter than they say, down to less than nothing.
fn said_to_be(chunks: &[(i8, &[u8])]) -> Vec<u8> {
    let mut sent = CHUNKED.to_vec();
    for (more, chunk) in chunks {
        let length = (chunk.len() as u64).wrapping_add_signed((*more).into());
        sent.extend_from_slice(format!("{length:x}\r\n").as_bytes());
        sent.extend_from_slice(chunk);
        sent.extend_from_slice(b"\r\n");
    }
    sent
}

fuzz_target!(|input: (u8, Vec<(i8, &[u8])>, &[u8])| {
    let (at_once, bytes) = (usize::from(input.0) + 1, input.2);
    for bytes in [bytes, &[CHUNKED, bytes].concat(), &said_to_be(&input.1)] {
        assert_eq!(read(bytes, at_once), read(bytes, 1 << 16));
    }
    assert_eq!(read(&in_chunks(bytes, at_once), 7), Ok(Some((200, bytes.to_vec()))));
});
