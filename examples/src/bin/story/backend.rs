//! What the story's program depends on: a server over TCP with a few workers, which really becomes slow,
//! falls silent, and is well again.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Requests that it works on at a time.
const WORKERS: usize = 4;

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Mood {
    /// Two milliseconds for each request.
    Well,
    /// Twenty: less than what is asked of it.
    Slow,
    /// It accepts nothing, and those who have asked wait.
    Dead,
    /// It is over.
    Gone,
}

impl Mood {
    fn of(number: u8) -> Self {
        [Self::Well, Self::Slow, Self::Dead, Self::Gone][usize::from(number)]
    }
}

/// The server. Dropped, it ends.
pub(crate) struct Backend {
    address: SocketAddr,
    mood: Arc<AtomicU8>,
    workers: Vec<JoinHandle<()>>,
}

impl Backend {
    /// # Errors
    ///
    /// There is no port to be had.
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let mood = Arc::new(AtomicU8::new(Mood::Well as u8));
        let worker = |_| {
            let (listener, mood) = (listener.try_clone()?, mood.clone());
            Ok(thread::spawn(move || work(&listener, &mood)))
        };
        let workers = (0..WORKERS).map(worker).collect::<io::Result<_>>()?;
        Ok(Self { address: listener.local_addr()?, mood, workers })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn become_(&self, mood: Mood) {
        self.mood.store(mood as u8, Relaxed);
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.become_(Mood::Gone);
        for worker in self.workers.drain(..) {
            // Each is woken from its accepting by a caller, or by us.
            while !worker.is_finished() {
                let _ = TcpStream::connect_timeout(&self.address, Duration::from_millis(10));
            }
            let _ = worker.join();
        }
    }
}

fn work(listener: &TcpListener, mood: &AtomicU8) {
    loop {
        let time = match Mood::of(mood.load(Relaxed)) {
            Mood::Gone => return,
            Mood::Dead => {
                thread::sleep(Duration::from_millis(1));
                continue;
            }
            Mood::Well => Duration::from_millis(2),
            Mood::Slow => Duration::from_millis(20),
        };
        if let Ok((stream, _)) = listener.accept() {
            // Who has hung up by now does not get an answer, and has cost the work all the same.
            let _ = answer(stream, time);
        }
    }
}

fn answer(mut stream: TcpStream, time: Duration) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_millis(100)))?;
    let mut number = [0; 8];
    stream.read_exact(&mut number)?;
    thread::sleep(time);
    stream.write_all(&(u64::from_le_bytes(number) * 2).to_le_bytes())
}

/// Asks it one thing, and waits so long at most.
///
/// # Errors
///
/// No answer came in that time.
pub(crate) fn ask(address: SocketAddr, number: u64, patience: Duration) -> io::Result<u64> {
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(&number.to_le_bytes())?;
    let mut answer = [0; 8];
    stream.read_exact(&mut answer)?;
    Ok(u64::from_le_bytes(answer))
}
