//! Any bytes to the endpoint: whatever it answers is HTTP, and the same however the bytes come and the answers are taken.
#![no_main]

use libfuzzer_sys::fuzz_target;
use perf_export::serve::__fuzz::{Said, talk};

/// What is said of bytes that are no request, after all other answers.
const REFUSALS: &[u16] = &[400, 413, 431];

/// Takes the answers apart, each to what was asked.
fn check(said: &Said) {
    let mut rest = &said.written[..];
    for asked in &said.asked {
        rest = answer(rest, &[asked.status], asked.has_body);
    }
    if !rest.is_empty() {
        rest = answer(rest, REFUSALS, true);
    }
    assert!(rest.is_empty(), "nobody asked for {}", rest.escape_ascii());
}

/// What is after one answer.
fn answer<'a>(bytes: &'a [u8], statuses: &[u16], has_body: bool) -> &'a [u8] {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Response::new(&mut headers);
    let Ok(httparse::Status::Complete(length)) = head.parse(bytes) else {
        panic!("this is no answer: {}", bytes.escape_ascii());
    };
    assert!(head.code.is_some_and(|code| statuses.contains(&code)), "{:?} is none of {statuses:?}", head.code);
    let header = |name: &str| {
        let mut all = head.headers.iter().filter(|header| header.name == name);
        let value = all.next().map(|header| std::str::from_utf8(header.value).unwrap());
        assert!(all.next().is_none(), "{name} is said twice");
        value
    };
    for name in ["content-type", "x-content-type-options", "cache-control", "content-security-policy"] {
        assert!(header(name).is_some_and(|value| !value.is_empty()), "{name}");
    }
    let body = &bytes[length..];
    let rest = match header("content-length") {
        Some(length) if has_body => &body[length.parse().unwrap()..],
        Some(_) => body,
        None => {
            // Events go on until the end.
            assert_eq!(header("content-type"), Some("text/event-stream"));
            assert!(has_body || body.is_empty());
            &[]
        }
    };
    match header("connection") {
        Some("close") => assert!(rest.is_empty(), "after the last answer: {}", rest.escape_ascii()),
        other => assert_eq!(other, Some("keep-alive")),
    }
    rest
}

fuzz_target!(|input: (bool, u8, u8, &[u8])| {
    let (has_token, read, taken, bytes) = input;
    let whole = talk(bytes, has_token, usize::MAX, usize::MAX);
    let parts = talk(bytes, has_token, usize::from(read) + 1, usize::from(taken) * 16 + 1);
    check(&whole);
    check(&parts);
    assert_eq!(whole.asked, parts.asked);
});
