//! Where answers are reported to: a collector over TCP, which is restarted now and then, and is away meanwhile.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use perf_runtime::{Rejected, circuit_breaker, rate_limited, retry};

/// Reports after which it is restarted.
const LIFE: usize = 200;

/// How long it is away then.
const AWAY: Duration = Duration::from_millis(60);

/// How long a report may take.
const PATIENCE: Duration = Duration::from_millis(20);

/// What became of the reports.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    pub(crate) taken: AtomicUsize,
    pub(crate) failed: AtomicUsize,
    pub(crate) refused: AtomicUsize,
}

/// Why a report was not taken.
#[derive(Debug)]
enum ReportError {
    Failed(#[expect(dead_code, reason = "what nobody waits for is only counted")] io::Error),
    Refused(#[expect(dead_code, reason = "what nobody waits for is only counted")] Rejected),
}

impl From<io::Error> for ReportError {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Rejected> for ReportError {
    fn from(rejected: Rejected) -> Self {
        Self::Refused(rejected)
    }
}

impl Reports {
    /// Reports an answer, and goes on whatever comes of it.
    pub(crate) fn report(&self, collector: SocketAddr, query: usize) {
        let outcome = match send(collector, query as u64) {
            Ok(()) => &self.taken,
            Err(ReportError::Failed(_)) => &self.failed,
            Err(ReportError::Refused(_)) => &self.refused,
        };
        outcome.fetch_add(1, Relaxed);
    }
}

/// Sends a report, once more where it failed; while the collector is away, it is not even asked.
#[circuit_breaker(failure_rate = "20%", min_calls = 5, open_for = "10ms", max_open = "40ms", probes = 1)]
#[retry(attempts = 2, backoff = "1ms")]
#[rate_limited(rate = "5_000/s")]
fn send(collector: SocketAddr, query: u64) -> Result<(), ReportError> {
    let mut stream = TcpStream::connect_timeout(&collector, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&query.to_le_bytes())?;
    Ok(stream.read_exact(&mut [0])?)
}

/// The collector. Dropped, it ends.
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Collector {
    /// # Errors
    ///
    /// There is no port to be had.
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (address, is_over) = (listener.local_addr()?, Arc::new(AtomicBool::new(false)));
        let seen = is_over.clone();
        let thread = thread::spawn(move || live(listener, address, &seen));
        Ok(Self { address, is_over, thread: Some(thread) })
    }
}

/// One life after the other, on the same port.
fn live(mut listener: TcpListener, address: SocketAddr, is_over: &AtomicBool) {
    loop {
        for _ in 0..LIFE {
            let Ok((stream, _)) = listener.accept() else { continue };
            if is_over.load(Relaxed) {
                return;
            }
            // Whoever did not wait for the receipt will count it as failed.
            let _ = take(stream);
        }
        drop(listener);
        thread::sleep(AWAY);
        listener = loop {
            match TcpListener::bind(address) {
                Ok(listener) => break listener,
                Err(_) if is_over.load(Relaxed) => return,
                Err(_) => thread::sleep(Duration::from_millis(1)),
            }
        };
    }
}

fn take(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.read_exact(&mut [0; 8])?;
    stream.write_all(&[1])
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.is_over.store(true, Relaxed);
        let Some(thread) = self.thread.take() else { return };
        while !thread.is_finished() {
            // Wakes it from its accepting.
            let _ = TcpStream::connect_timeout(&self.address, PATIENCE);
            thread::sleep(Duration::from_millis(1));
        }
    }
}
