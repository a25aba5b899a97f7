//! The shop as a server, asked over HTTP, before a warehouse that fails.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

/// Requests of one customer that are more than it may send, however slowly they go out.
const GREEDY: u32 = 5_000;

/// Requests after which something should long have happened.
const PATIENCE: u32 = 20_000;

/// A warehouse of ours: hangs up on whoever calls while it is broken.
struct Warehouse {
    at: SocketAddr,
    is_broken: Arc<AtomicBool>,
}

impl Warehouse {
    fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (at, is_broken) = (listener.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let is_down = is_broken.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten().filter(|_| !is_down.load(Relaxed)) {
                let mut stream = BufReader::new(stream);
                let mut item = String::new();
                // Who asks may be gone.
                if stream.read_line(&mut item).is_ok() {
                    let _ = stream.get_mut().write_all(b"42\n");
                }
            }
        });
        Self { at, is_broken }
    }
}

/// The server, ended with the test.
struct Shop {
    process: Child,
    at: SocketAddr,
}

impl Shop {
    fn open(warehouse: &Warehouse) -> Self {
        let arguments = ["--serve", "127.0.0.1:0", "--warehouse", &warehouse.at.to_string()];
        let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
        let mut process = command.args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let at = line.trim().strip_prefix("http://").expect(&line).parse().unwrap();
        Self { process, at }
    }

    fn get(&self, path: &str, customer: &str) -> Response {
        let mut stream = TcpStream::connect(self.at).unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: shop\r\nx-customer: {customer}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        Response(text)
    }

    /// Asks, each time as another customer, until the status is this one.
    fn until(&self, status: u16) -> Response {
        let mut responses = (0..PATIENCE).map(|number| self.get("/price/lamp", &number.to_string()));
        responses.find(|response| response.status() == status).unwrap_or_else(|| panic!("never {status}"))
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[derive(Debug)]
struct Response(String);

impl Response {
    fn status(&self) -> u16 {
        self.0.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{self:?}"))
    }

    /// In seconds.
    fn retry_after(&self) -> Option<u64> {
        let header = |line: &str| line.to_lowercase().strip_prefix("retry-after: ")?.parse().ok();
        self.0.lines().take_while(|line| !line.is_empty()).find_map(header)
    }

    fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }
}

#[test]
fn a_customer_who_asks_too_often_is_told_when_to_come_again_and_others_are_served() {
    let shop = Shop::open(&Warehouse::new());
    let first = shop.get("/price/lamp", "alice");
    assert_eq!((first.status(), first.body()), (200, "42\n"));
    let mut greedy = (0..GREEDY).map(|_| shop.get("/price/lamp", "mallory"));
    let refused = greedy.find(|response| response.status() != 200).expect("a limit");
    assert_eq!((refused.status(), refused.retry_after()), (429, Some(1)), "{refused:?}");
    assert_eq!(shop.get("/price/lamp", "bob").status(), 200);
    let guards = shop.get("/guards", "mallory");
    assert!(guards.status() == 200 && guards.body().contains("rate_limited"), "{guards:?}");
}

#[test]
fn the_circuit_opens_while_the_warehouse_fails_and_closes_when_it_is_well() {
    let warehouse = Warehouse::new();
    let shop = Shop::open(&warehouse);
    assert_eq!(shop.until(200).body(), "42\n");

    warehouse.is_broken.store(true, Relaxed);
    shop.until(502);
    let refused = shop.until(503);
    assert!(refused.body().contains("the circuit is open"), "{refused:?}");
    assert!(refused.retry_after().is_some_and(|seconds| (1..=6).contains(&seconds)), "{refused:?}");

    warehouse.is_broken.store(false, Relaxed);
    shop.until(200);
    // Half-open, it may refuse all but its probes; then no more.
    let mut in_a_row = 0;
    for _ in 0..PATIENCE {
        in_a_row = if shop.get("/price/lamp", &format!("well {in_a_row}")).status() == 200 { in_a_row + 1 } else { 0 };
        if in_a_row == 15 {
            return;
        }
    }
    panic!("it never closes");
}

#[test]
fn by_itself_it_shows_what_guards_do() {
    let output = Command::new(env!("CARGO_BIN_EXE_shop")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    for guard in ["warehouse circuit_breaker", "customers rate_limited", "warehouse bulkhead"] {
        assert!(text.contains(guard), "{guard} in\n{text}");
    }
}
