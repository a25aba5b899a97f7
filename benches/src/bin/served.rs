//! A thousand functions and an endpoint: how long it takes to ask, and what those who are measured notice.
//!
//! `cargo run --release -p benches --bin served -- [--rounds N] [--asked N]`
//!
//! One thread calls the functions, in turn alone and while a process of its own asks ten times a second, so that what it
//! takes to ask is not in what is compared. Then one asks `--asked` times, as fast as it can, which is an hour of asking
//! ten times a second, and the memory is compared.

use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use benches::{args, cpu, thousand};
use perf_runtime::{Config, Perf};

/// How long those who call are looked at, alone or not.
const SLICE: Duration = Duration::from_millis(500);

/// Asked for by programs and people, from light to heavy.
const PATHS: [&str; 3] = ["/health", "/metrics", "/snapshot.json"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let (Some(address), Some(path)) = (args::text("--ask"), args::text("--path")) {
        return ask_until_told(address.parse()?, &path);
    }
    let _perf = Perf::builder().config(Config::production()).start()?;
    let server = perf_export::serve("127.0.0.1:0")?;
    let address = server.address().ok_or("no address")?;
    let warm = Instant::now();
    while warm.elapsed() < Duration::from_secs(2) {
        black_box(thousand::all(1));
    }
    println!("{} functions", perf_runtime::snapshot().functions().len());
    for path in PATHS {
        time(address, path)?;
    }
    let rounds = args::value("--rounds", 12);
    for path in ["/metrics", "/snapshot.json"] {
        compare(address, path, rounds)?;
    }
    remember(address, args::value("--asked", 36_000))?;
    let overhead = perf_runtime::snapshot().overhead().exporting();
    println!("told as exporting: {overhead:.0?} of {:.0?} CPU time", cpu::process());
    Ok(())
}

/// How long it takes to be answered.
fn time(address: SocketAddr, path: &str) -> std::io::Result<()> {
    let mut stream = BufReader::new(TcpStream::connect(address)?);
    let mut times = Vec::new();
    let mut length = 0;
    for _ in 0..100 {
        // Longer than an answer is given again.
        std::thread::sleep(Duration::from_millis(60));
        let start = Instant::now();
        length = ask(&mut stream, path)?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    println!("{path}: {:.2?} at least, {:.2?} in the middle, {} KiB", times[0], times[50], length / 1024);
    Ok(())
}

/// What calls take while somebody asks ten times a second, and while nobody does.
fn compare(address: SocketAddr, path: &str, rounds: u64) -> std::io::Result<()> {
    let (mut alone, mut asked) = (f64::MAX, f64::MAX);
    let (mut alone_all, mut asked_all) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let quiet = calls();
        let other = Asker::start(address, path)?;
        let busy = calls();
        drop(other);
        (alone, asked) = (alone.min(quiet), asked.min(busy));
        alone_all.push(quiet);
        asked_all.push(busy);
    }
    let middle = |all: &mut Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let (alone_middle, asked_middle) = (middle(&mut alone_all), middle(&mut asked_all));
    println!(
        "a call while nobody asks {alone:.3} ns (middle {alone_middle:.3}), while {path} is asked for ten times a second \
         {asked:.3} ns (middle {asked_middle:.3}): {:.3} x ({:.3} x)",
        asked / alone,
        asked_middle / alone_middle
    );
    Ok(())
}

/// Nanoseconds of CPU time that a call takes, of one thread.
fn calls() -> f64 {
    let (start, cpu) = (Instant::now(), cpu::thread());
    let mut calls = 0;
    while start.elapsed() < SLICE {
        (0..20).for_each(|_| _ = black_box(thousand::all(1)));
        calls += 20_000;
    }
    cpu::thread().saturating_sub(cpu).as_nanos() as f64 / f64::from(calls)
}

/// What is left in memory by an hour's worth of asking.
fn remember(address: SocketAddr, times: u64) -> std::io::Result<()> {
    let mut stream = BufReader::new(TcpStream::connect(address)?);
    for path in PATHS.iter().cycle().take(300) {
        ask(&mut stream, path)?;
    }
    let before = cpu::resident_kib();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Relaxed) {
                black_box(thousand::all(1));
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let result = (0..times).zip(PATHS.iter().cycle()).try_for_each(|(_, path)| ask(&mut stream, path).map(|_| ()));
        is_over.store(true, Relaxed);
        result
    })?;
    println!("resident: {before} KiB before {times} were answered, {} KiB after", cpu::resident_kib());
    Ok(())
}

/// Asks once, and gives the length of the answer.
fn ask(stream: &mut BufReader<TcpStream>, path: &str) -> std::io::Result<usize> {
    // In one piece, or it would wait for the first to be acknowledged.
    stream.get_mut().write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(length)
}

/// Another process that asks ten times a second.
struct Asker(Child);

impl Asker {
    fn start(address: SocketAddr, path: &str) -> std::io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command
            .args(["--ask", &address.to_string(), "--path", path])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        // It says when it has begun.
        if let Some(out) = &mut child.stdout {
            out.read_exact(&mut [0])?;
        }
        Ok(Self(child))
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ask_until_told(address: SocketAddr, path: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut stream = BufReader::new(TcpStream::connect(address)?);
    ask(&mut stream, path)?;
    println!();
    loop {
        ask(&mut stream, path)?;
        std::thread::sleep(Duration::from_millis(100));
    }
}
