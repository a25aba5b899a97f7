//! Receivers that are not there, refuse, do not answer, or answer nonsense. The program never notices.

use std::net::TcpListener;
use std::time::Duration;

use perf_export::otlp::{Error, Exporter, SignalStats};
use perf_runtime::{profiled, snapshot};

use super::decoded::points;
use super::receiver::{Answer, Receiver};
use super::told::told;
use super::{LONG, alone, exporter, until};

const PATH: &str = "/v1/metrics";

/// A timeout so short that a test may wait for it, and so long that a slow machine is in time.
const SHORT: Duration = Duration::from_secs(2);

#[profiled]
fn goes_on() -> u64 {
    std::hint::black_box(1)
}

/// Calls what is measured, and sees that it is counted as ever.
fn assert_calls_go_on() {
    let calls = || snapshot().function("goes_on").map_or(0, perf_runtime::FunctionStats::calls);
    let before = calls();
    (0..1000).for_each(|_| _ = goes_on());
    assert_eq!(calls(), before + 1000);
}

fn metrics(exporter: &Exporter) -> SignalStats {
    exporter.stats().metrics
}

fn status(status: u16, header: &str, body: &[u8]) -> Answer {
    Answer::Status(status, header.to_owned(), body.to_vec())
}

#[test]
fn who_comes_up_later_gets_what_waited() {
    let _alone = alone();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let exporter = exporter(port).start().unwrap();
    assert!(!exporter.flush(SHORT), "nobody is there");
    until("it is tried again", || metrics(&exporter).failures > 2);
    let stats = exporter.stats();
    assert!(stats.metrics.queued > 0 && stats.metrics.delivered == 0 && stats.metrics.dropped == 0, "{stats}");
    assert!(stats.last_error.unwrap().contains(&format!("http://127.0.0.1:{port}/v1/metrics")));
    assert_calls_go_on();
    let receiver = Receiver::on(port, &[Answer::Ok]);
    until("it is delivered", || metrics(&exporter).delivered > 0);
    let stats = metrics(&exporter);
    assert_eq!((stats.delivered, stats.queued, stats.dropped, stats.queued_bytes), (stats.delivered, 0, 0, 0));
    assert_eq!(receiver.requests(PATH).len(), 1);
}

#[test]
fn who_is_busy_is_asked_again_when_it_says() {
    let _alone = alone();
    for busy in [429, 502, 503, 504] {
        let receiver = Receiver::new(&[status(busy, "Retry-After: 1\r\n", b""), Answer::Ok]);
        let exporter = exporter(receiver.port()).start().unwrap();
        assert!(!exporter.flush(LONG), "it is to be tried again");
        until("it is delivered", || metrics(&exporter).delivered > 0);
        let requests = receiver.requests(PATH);
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[0].body, requests[1].body, "the same once more");
        assert!(requests[1].when - requests[0].when >= Duration::from_secs(1), "no sooner than it said");
        assert_eq!((metrics(&exporter).failures, metrics(&exporter).requests), (1, 1));
        assert!(exporter.stats().last_error.unwrap().contains(&busy.to_string()));
    }
}

#[test]
fn what_is_refused_is_not_sent_again() {
    let _alone = alone();
    // `google.rpc.Status`: field 2 is the message.
    let why = b"\x12\x0bno such key";
    for refusal in [400, 401, 404, 413, 500, 501, 301, 307] {
        let header = "location: http://127.0.0.1:1/\r\n";
        let receiver = Receiver::new(&[status(refusal, header, why), Answer::Ok]);
        let exporter = exporter(receiver.port()).start().unwrap();
        assert!(exporter.flush(LONG), "nothing is left");
        let stats = exporter.stats();
        assert!(stats.metrics.dropped > 0 && stats.metrics.delivered == 0 && stats.metrics.queued == 0, "{stats}");
        let error = stats.last_error.unwrap();
        assert!(error.contains(&format!("answered {refusal}: no such key")), "{error}");
        assert_eq!(receiver.requests(PATH).len(), 1);
        assert!(exporter.flush(LONG), "what comes next is sent");
        assert!(metrics(&exporter).delivered > 0);
    }
}

#[test]
fn what_is_rejected_in_part_is_counted() {
    let _alone = alone();
    // Partial success: 3 rejected, because of "why".
    let receiver = Receiver::new(&[status(200, "", b"\x0a\x07\x08\x03\x12\x03why"), Answer::Ok]);
    let exporter = exporter(receiver.port()).start().unwrap();
    assert!(exporter.flush(LONG));
    let stats = exporter.stats();
    assert_eq!((stats.metrics.rejected, stats.metrics.dropped, stats.metrics.queued), (3, 0, 0));
    assert!(stats.last_error.unwrap().ends_with("why"));
    let requests = receiver.requests(PATH);
    assert_eq!(requests.len(), 1, "not once more");
    assert_eq!(stats.metrics.delivered + 3, points(&requests).len() as u64);
}

#[test]
fn who_closes_or_talks_nonsense_is_asked_again() {
    let _alone = alone();
    let answers = [
        Answer::Close,
        Answer::Bytes(Vec::new()),
        Answer::Bytes(b"220 smtp.example.org ESMTP\r\n".to_vec()),
        Answer::Bytes(vec![0xff; 100_000]),
        Answer::Bytes(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec()),
        Answer::Ok,
    ];
    let receiver = Receiver::new(&answers);
    let exporter = exporter(receiver.port()).timeout(SHORT).start().unwrap();
    exporter.flush(SHORT);
    until("it is delivered", || metrics(&exporter).delivered > 0);
    assert_eq!(metrics(&exporter).failures, 5, "{}", exporter.stats());
    assert_calls_go_on();
}

#[test]
fn an_answer_without_an_end_is_not_read_to_its_end() {
    let _alone = alone();
    let head = b"HTTP/1.1 200 OK\r\n\r\n";
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for (first, rest) in [(&head[..], &[b'x'; 4096][..]), (chunked, b"10\r\n0123456789abcdef\r\n")] {
        let receiver = Receiver::new(&[Answer::Endless(first, rest)]);
        let exporter = exporter(receiver.port()).timeout(100 * LONG).start().unwrap();
        assert!(exporter.flush(LONG), "it has said 200: {}", exporter.stats());
        assert!(metrics(&exporter).delivered > 0);
    }
    let receiver = Receiver::new(&[Answer::Endless(b"HTTP/1.1 200 OK\r\n", b"x: 0123456789\r\n"), Answer::Ok]);
    let exporter = exporter(receiver.port()).timeout(100 * LONG).start().unwrap();
    assert!(!exporter.flush(LONG), "no answer, but heads without an end");
    until("it is delivered", || metrics(&exporter).delivered > 0);
}

#[test]
fn who_never_answers_fills_a_queue_of_bounded_length() {
    let _alone = alone();
    let receiver = Receiver::new(&[Answer::Hang]);
    let exporter = exporter(receiver.port())
        .interval(Duration::from_millis(10))
        .timeout(Duration::from_millis(50))
        .queue(3, 1 << 20)
        .start()
        .unwrap();
    let mut most = 0;
    until("some are dropped", || {
        let stats = metrics(&exporter);
        most = most.max(stats.queued_bytes);
        stats.dropped > 0
    });
    assert_calls_go_on();
    assert!(most <= 1 << 20);
    let one = receiver.requests(PATH)[0].body.len() as u64;
    assert!(metrics(&exporter).queued_bytes <= 3 * (one + one / 2), "three requests");
    assert!(metrics(&exporter).failures > 0 && metrics(&exporter).delivered == 0);
}

#[test]
fn a_queue_is_no_larger_than_so_many_bytes() {
    let _alone = alone();
    let receiver = Receiver::new(&[status(503, "", b"")]);
    let exporter = exporter(receiver.port()).queue(1000, 10).start().unwrap();
    assert!(exporter.flush(LONG), "nothing is left to be sent");
    let stats = metrics(&exporter);
    assert!(stats.dropped > 0 && stats.queued_bytes == 0, "{stats:?}");
    assert!(receiver.requests(PATH).is_empty());
}

#[test]
fn what_is_left_is_sent_when_it_is_dropped() {
    let _alone = alone();
    let receiver = Receiver::new(&[Answer::Ok]);
    let exporter = exporter(receiver.port()).flush_within(LONG).start().unwrap();
    assert!(receiver.requests(PATH).is_empty());
    drop(exporter);
    assert_eq!(receiver.requests(PATH).len(), 1);
}

#[test]
fn dropping_it_takes_no_longer_than_it_may() {
    let _alone = alone();
    let within = Duration::from_millis(100);
    let hanging = Receiver::new(&[Answer::Hang]);
    let down = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let busy = Receiver::new(&[status(503, "Retry-After: 100000\r\n", b"")]);
    for port in [hanging.port(), down, busy.port()] {
        let exporter = exporter(port).timeout(100 * LONG).flush_within(within).start().unwrap();
        assert!(!exporter.flush(within));
        // Or it would be hours: a timeout, or the time after which it is to ask again.
        let dropping = std::thread::spawn(move || drop(exporter));
        until("it is dropped", || dropping.is_finished());
    }
    assert_eq!(busy.requests(PATH).len(), 1, "who says when to come again is not asked before");
    assert_calls_go_on();
}

#[test]
fn what_it_takes_is_part_of_what_measuring_costs() {
    let _alone = alone();
    let receiver = Receiver::new(&[Answer::Ok]);
    let before = snapshot().overhead().exporting();
    let exporter = exporter(receiver.port()).start().unwrap();
    assert!(exporter.flush(LONG));
    until("it is told", || snapshot().overhead().exporting() > before);
}

#[test]
fn what_cannot_be_is_said_at_once() {
    for endpoint in ["localhost:4318", "http://", "ftp://localhost"] {
        let error = Exporter::builder().endpoint(endpoint).start().unwrap_err();
        assert!(matches!(error, Error::Endpoint(_)) && error.to_string().contains("http://localhost:4318"), "{error}");
    }
    assert!(matches!(Exporter::builder().header("a b", "c").start(), Err(Error::Header(_))));
    for (path, what) in [("/no/such/file.pem", "cannot be read"), ("/dev/null", "has no certificate")] {
        let error = Exporter::builder().certificate(path).start().unwrap_err();
        assert!(error.to_string().contains(path) && error.to_string().contains(what), "{error}");
    }
}

#[test]
#[cfg(unix)]
#[allow(unsafe_code)]
fn in_a_forked_child_it_does_nothing_and_keeps_nobody_waiting() {
    let _alone = alone();
    let receiver = Receiver::new(&[Answer::Ok]);
    let exporter = exporter(receiver.port()).traces(true).flush_within(100 * LONG).start().unwrap();
    // SAFETY: the child only looks at the exporter, drops it, and `_exit`s.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let is_nothing = exporter.stats() == perf_export::otlp::Stats::default() && !exporter.flush(100 * LONG);
        drop(exporter);
        // SAFETY: ends the child, and nothing of the parent's.
        unsafe { libc::_exit(i32::from(!is_nothing)) };
    }
    let mut status = -1;
    // SAFETY: waits for the child that was just made.
    until("the child ends", || unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } == child);
    assert_eq!(status, 0);
    assert!(receiver.requests(PATH).is_empty(), "the child sent nothing");
    assert!(exporter.flush(LONG) && metrics(&exporter).delivered > 0, "the parent goes on");
}

#[test]
fn tracing_is_told_when_it_begins_and_not_each_time() {
    let _alone = alone();
    let receiver = Receiver::new(&[status(503, "", b""), status(503, "", b""), Answer::Ok, status(401, "", b"")]);
    let about = format!("http://127.0.0.1:{}/v1/metrics: the receiver answered", receiver.port());
    assert!(told(&about).is_empty());
    let exporter = exporter(receiver.port()).start().unwrap();
    exporter.flush(LONG);
    until("it is delivered", || metrics(&exporter).delivered > 0);
    assert_eq!(told(&about), [format!("{about} 503; it is tried again")]);
    assert!(exporter.flush(LONG));
    assert_eq!(told(&about)[1..], [format!("{about} 401")]);
}
