//! What serving leaves behind in memory: nothing, whether or not somebody asks. A process of its own, so that nobody else's
//! memory is in it.

#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use counting::{Counting, held_by_all};
use perf_runtime::{Config, Perf, profiled};

#[profiled(label(n = n % 100))]
fn served(n: u64) -> u64 {
    std::hint::black_box(n)
}

/// An hour of asking every three seconds for each of these.
const TIMES: usize = 1200;

const PATHS: [&str; 5] = ["/metrics", "/snapshot.json", "/tree", "/health", "/trace"];

/// What is on its way at the moment of asking.
const LEEWAY: i64 = 1 << 18;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

fn connect(address: SocketAddr) -> BufReader<TcpStream> {
    BufReader::new(TcpStream::connect(address).unwrap())
}

fn ask(stream: &mut BufReader<TcpStream>, path: &str) -> usize {
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    stream.get_mut().write_all(head.as_bytes()).unwrap();
    let (mut length, mut line) = (0, String::new());
    while line != "\r\n" {
        line.clear();
        assert_ne!(stream.read_line(&mut line).unwrap(), 0);
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    length
}

fn ask_often(address: SocketAddr, times: usize) -> usize {
    let mut kept = connect(address);
    let mut bytes = 0;
    for n in 0..times {
        (0..50).for_each(|more| _ = served((n * 50 + more) as u64));
        for path in PATHS {
            bytes += ask(&mut kept, path);
            // And by somebody who comes once.
            bytes += ask(&mut connect(address), path);
        }
    }
    bytes
}

#[test]
fn an_hours_worth_of_answers_leaves_nothing_behind_and_neither_does_nobody_asking() {
    let _perf = Perf::builder().config(Config { tree: true, ..Config::testing() }).start().unwrap();
    let server = perf_export::serve("127.0.0.1:0").unwrap();
    let address = server.address().unwrap();
    ask_often(address, TIMES / 6);
    let (before, resident) = (held_by_all(), resident_kib());
    let bytes = ask_often(address, TIMES);
    let more = held_by_all() - before;
    assert!(more <= LEEWAY, "{more} more than {before} bytes are held after {bytes} were answered");
    // What the system's allocator makes of it: less than a twentieth of what was answered.
    let more = resident_kib().saturating_sub(resident);
    assert!(more <= bytes as u64 / 1024 / 20, "{more} KiB more than {resident} KiB after {bytes} bytes were answered");
    // Calls which nobody asks about. The first ones make the ring as long as so many at once need it.
    let calls = || (0..3_000_000).for_each(|n| _ = served(n));
    calls();
    let before = held_by_all();
    calls();
    let more = held_by_all() - before;
    assert!(more <= LEEWAY, "{more} more than {before} bytes are held after three million calls");
}
