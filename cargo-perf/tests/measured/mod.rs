//! A program that is measured and serves what is known of it: this test's own binary, started once more.

#![allow(dead_code)] // Not every test that has this uses all of it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use perf_runtime::sync::{Mutex, mpsc};
use perf_runtime::{Config, Perf, Rejected, bulkhead, circuit_breaker, profiled};

/// How long anything may take that has to happen. No test is about time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

#[profiled(name = "shop::often", sample = "always")]
fn often(n: u64) -> u64 {
    std::hint::black_box(n)
}

#[profiled(name = "shop::slow", sample = "always", slo(p95 = "1s", errors = 0.5))]
fn slow() {
    std::thread::sleep(Duration::from_millis(5));
}

#[profiled(name = "shop::failing")]
fn failing() -> Result<(), &'static str> {
    Err("always")
}

#[profiled(name = "shop::search", label(kind = kind), capture(word), in_flight)]
fn search(kind: &str, word: &str) -> usize {
    look_up(word) + kind.len()
}

#[profiled(name = "shop::look_up", sample = "always")]
fn look_up(word: &str) -> usize {
    let until = Instant::now() + Duration::from_micros(200);
    while Instant::now() < until {
        std::hint::spin_loop();
    }
    word.len()
}

#[profiled(name = "shop::pay")]
#[circuit_breaker(min_calls = 10, open_for = "1min", name = "payments")]
fn pay() -> Result<(), Box<dyn std::error::Error>> {
    Err("the bank is away".into())
}

#[profiled(name = "shop::pack")]
#[bulkhead(4, name = "packers")]
fn pack() -> Result<(), Rejected> {
    Ok(())
}

/// Queues, locks and metrics, which a program may do without.
struct Besides {
    orders: (mpsc::SyncSender<u64>, mpsc::Receiver<u64>),
    letters: (mpsc::Sender<u64>, mpsc::Receiver<u64>),
    accounts: Mutex<u64>,
    ledger: Mutex<u64>,
}

impl Besides {
    fn new() -> Self {
        perf_runtime::metrics::install().unwrap();
        metrics::describe_histogram!("size", metrics::Unit::Bytes, "What is sent.");
        let (orders, letters) = (mpsc::sync_channel("orders", 3), mpsc::channel("letters"));
        // There are always some in it.
        (0..2).for_each(|n| orders.0.send(n).unwrap());
        Self { orders, letters, accounts: Mutex::named("accounts", 0), ledger: Mutex::named("ledger", 0) }
    }

    fn happen(&self, n: u64) {
        self.orders.0.send(n).unwrap();
        *self.accounts.lock().unwrap() += self.orders.1.recv().unwrap();
        for n in 0..10 {
            self.letters.0.send(n).unwrap();
            *self.ledger.lock().unwrap() += self.letters.1.recv().unwrap();
        }
        metrics::counter!("requests", "route" => "/cart").increment(1);
        metrics::gauge!("temperature").set(-5.0);
        metrics::histogram!("size").record(1500.0);
    }
}

/// What is started. On its own it is no test.
#[test]
#[ignore = "the program that other tests look at"]
fn program() {
    let Ok(address) = std::env::var("MEASURED_ADDRESS") else { return };
    let _perf = Perf::builder().config(Config { tree: true, ..Config::development() }).start().unwrap();
    perf_runtime::process::start();
    let mut builder = perf_export::serve::builder().address(address).unwrap();
    if let Ok(token) = std::env::var("MEASURED_TOKEN") {
        builder = builder.token(token);
    }
    if std::env::var_os("XDG_RUNTIME_DIR").is_some() {
        builder = builder.local();
    }
    let server = builder.start().unwrap();
    // Whoever started it is gone, or wants it to be.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let besides = std::env::var_os("MEASURED_PLAIN").is_none().then(Besides::new);
    eprintln!("serves {}", server.address().unwrap());
    // Where that is asked for, less happens than is remembered of it.
    let rest = std::env::var_os("MEASURED_SLOWLY").map_or(Duration::ZERO, |_| Duration::from_millis(200));
    for n in 0_u64.. {
        std::thread::sleep(rest);
        if let Some(besides) = &besides {
            besides.happen(n);
        }
        (0..100).for_each(|n| _ = often(n));
        slow();
        let _ = (failing(), pay(), pack());
        search(if n.is_multiple_of(3) { "phrase" } else { "word" }, "a tree");
    }
}

/// One that runs, until it is dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: String,
    pub(crate) id: u32,
}

impl Program {
    /// At any port that is free, or at one that is known.
    pub(crate) fn start(address: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "measured::program", "--ignored", "--nocapture"]).env("MEASURED_ADDRESS", address);
        command.env_remove("XDG_RUNTIME_DIR").envs(variables.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let served = lines.find_map(|line| Some(line.unwrap().strip_prefix("serves ")?.to_owned()));
        let address = served.expect("the program serves");
        // What it has to complain of is seen where a test fails.
        std::thread::spawn(move || lines.for_each(|line| eprintln!("{}", line.unwrap_or_default())));
        Self { id: child.id(), child, address }
    }

    pub(crate) fn port(&self) -> &str {
        self.address.rsplit_once(':').unwrap().1
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program under test.
pub(crate) const CARGO_PERF: &str = env!("CARGO_BIN_EXE_cargo-perf");

pub(crate) fn cargo_perf(arguments: &[&str]) -> Output {
    let mut command = Command::new(CARGO_PERF);
    command.args(arguments).env_remove("PERF_TOKEN").env_remove("XDG_RUNTIME_DIR").stdin(Stdio::null());
    command.output().unwrap()
}

/// A new folder of the test's own.
pub(crate) fn folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("cargo-perf-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Waits until something is there.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let begin = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) => assert!(begin.elapsed() < PATIENCE, "there is never {what}:\n{seen}"),
        }
        std::thread::sleep(Duration::from_millis(30));
    }
}
