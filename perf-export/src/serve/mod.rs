//! The endpoint: what is known of the program, by HTTP, from a thread of its own.
//!
//! ```no_run
//! # use perf_export as _;
//! fn main() -> std::io::Result<()> {
//!     let _server = perf_export::serve("127.0.0.1:9898")?;
//!     // … the program …
//!     Ok(())
//! }
//! ```
//!
//! | path | what it tells |
//! | --- | --- |
//! | `/snapshot.json` | everything at this moment: a [`Snapshot`](perf_core::Snapshot) |
//! | `/events` | the same once a second, as server-sent events |
//! | `/tree` | who calls whom, as text; `?format=folded` for flame graphs |
//! | `/metrics` | the same for Prometheus, in the format that it asks for; with the feature `prometheus` |
//! | `/trace` | recent calls with all below them, as a file for Perfetto; `?format=speedscope`, `?format=json` (feature `trace`); 503 before the first |
//! | `/health` | score, status and reasons as JSON; status 503 where the program is unhealthy |
//! | `/` | in a browser, with the feature `page`: the live page |
//!
//! # Who may ask
//!
//! Whoever reaches the address, which therefore has to be of the machine itself: another needs a
//! [token](Builder::token). A name that is neither `localhost` nor an address has to be
//! [allowed](Builder::allow_host), so that no page in a browser gets here by a name of its own (DNS rebinding); no page
//! may read answers, or frame them. Nothing is done by who asks, unless a [control](Builder::control) lets it.
//!
//! # What it costs
//!
//! Nothing but memory for a thread, as long as nobody asks. Answers are made from a snapshot, by the one thread, and given
//! again for ten times as long as they took to make: making one takes a tenth of a core at most, however often it is
//! asked for. What it takes, and giving them to those who ask, is told as
//! [`Overhead::exporting`](perf_core::Overhead::exporting).
//! At most 64 connections are open, 16 of them listening to events; each keeps 8 KiB of what it asks
//! and one answer, which those who ask for the same share. Who asks slowly has 5 seconds, who takes nothing 10; where a
//! 65th comes, the one that has been silent for longest is left. Nobody who asks keeps calls waiting.

mod access;
mod answers;
mod connection;
mod control;
// For `fuzz/` alone.
#[cfg(fuzzing)]
#[doc(hidden)]
#[path = "fuzz.rs"]
pub mod __fuzz;
mod request;
mod response;
#[cfg(feature = "tower")]
mod service;
mod socket;
mod topic;
mod turn;

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;

use mio::{Poll, Waker};

#[cfg(feature = "tower")]
pub use service::{Body, Endpoint};

use access::{Access, SHORTEST_TOKEN};
use answers::Answers;
use control::Controls;
use socket::Listener;
use turn::{Turn, WAKER, listener_token};

/// So many are sent events every second.
const MOST_STREAMS: usize = 16;

/// Serves at an address of the machine itself, until the [`Server`] is dropped.
///
/// # Errors
///
/// If nobody can listen there: it says why, and what to do. The program may well go on without.
pub fn serve(address: impl ToSocketAddrs) -> io::Result<Server> {
    builder().address(address)?.start()
}

/// Serves in other ways: with a token, on a local socket, under other names.
pub fn builder() -> Builder {
    Builder {
        addresses: Vec::new(),
        access: Access::default(),
        controls: Controls::default(),
        #[cfg(unix)]
        sockets: Vec::new(),
    }
}

/// How to serve. Made by [`builder`].
#[must_use = "nothing is served before `start`"]
pub struct Builder {
    addresses: Vec<SocketAddr>,
    #[cfg(unix)]
    sockets: Vec<PathBuf>,
    access: Access,
    controls: Controls,
}

/// Serves until it is dropped.
///
/// In the child of a fork it does nothing: it goes on in the parent.
#[must_use = "dropped at once, it serves nothing; bind it to `_server`"]
pub struct Server {
    addresses: Vec<SocketAddr>,
    #[cfg(unix)]
    sockets: Vec<PathBuf>,
    is_over: Arc<AtomicBool>,
    waker: Arc<Waker>,
    thread: Option<JoinHandle<()>>,
    /// The process that has the thread.
    process: u32,
}

impl Builder {
    /// Serves at this address too; port 0 is any that is free, which [`Server::address`] then tells.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn address(mut self, address: impl ToSocketAddrs) -> io::Result<Self> {
        let before = self.addresses.len();
        self.addresses.extend(address.to_socket_addrs()?.take(1));
        if self.addresses.len() == before {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the name has no address"));
        }
        Ok(self)
    }

    /// Serves on a local socket too, which only the user can reach whose program this is. What is left there of a program that is
    /// gone is replaced.
    #[cfg(unix)]
    pub fn socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.sockets.push(path.into());
        self
    }

    /// Serves on a local socket where `cargo perf` finds it: `perf/PID.sock` in `$XDG_RUNTIME_DIR`, or else
    /// `/tmp/perf-UID/PID.sock`.
    #[cfg(unix)]
    pub fn local(self) -> Self {
        let path = local_folder().join(format!("{}.sock", std::process::id()));
        self.socket(path)
    }

    /// Asks for a token: `Authorization: Bearer …`, or once `/?token=…` in a browser, which keeps it as a cookie. At least
    /// 16 characters, of those that cookies may have. Local sockets need none.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.access.token = Some(token.into());
        self
    }

    /// Answers to this name too, without a port: that of a proxy, say.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.access.hosts.push(name.into());
        self
    }

    /// Lets those who may ask also do this, by a `POST` to `/control/NAME` with the header `X-Perf-Control: 1`. What it
    /// says is answered, with status 500 if it is an error or panics. It runs on the thread that answers, which waits for it.
    pub fn control(
        mut self,
        name: impl Into<String>,
        action: impl Fn() -> Result<String, String> + Send + Sync + 'static,
    ) -> Self {
        self.controls.0.push((name.into(), Arc::new(action)));
        self
    }

    /// The same as a service of tower, in the server that the program already has: addresses and sockets are its affair.
    /// Below a path, the live page is there with a slash at its end: at `/perf/`, and not at `/perf`.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let endpoint = perf_export::serve::builder().token("a token that nobody guesses".replace(' ', "-")).service()?;
    /// // axum: `Router::new().nest_service("/perf", endpoint)`
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no token, since whoever reaches the server could ask then, or if it could be guessed.
    #[cfg(feature = "tower")]
    pub fn service(self) -> io::Result<Endpoint> {
        self.check()?;
        if self.access.token.is_none() {
            let text = "whoever reaches the server could ask: set a token (`builder().token(…)`)";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        Ok(Endpoint::new(self.access, Answers::new(self.controls)))
    }

    /// Begins to serve.
    ///
    /// # Errors
    ///
    /// If an address is taken or none of this machine, if one that others can reach has no token, if a token could be
    /// guessed, or if there is no room for a thread. Nothing is served then.
    pub fn start(self) -> io::Result<Server> {
        self.check()?;
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let mut listeners = Vec::new();
        let mut addresses = Vec::new();
        let access = Arc::new(self.access);
        for address in self.addresses {
            let listener = Listener::tcp(address)?;
            if let Listener::Tcp(listener) = &listener {
                addresses.push(listener.local_addr()?);
            }
            listeners.push((listener, access.clone()));
        }
        #[cfg(unix)]
        for path in &self.sockets {
            listeners.push((bind_socket(path)?, Arc::default()));
        }
        for (at, (listener, _)) in listeners.iter_mut().enumerate() {
            listener.register(poll.registry(), listener_token(at))?;
        }
        let is_over = Arc::new(AtomicBool::new(false));
        let turn = Turn::new(poll, listeners, Answers::new(self.controls), is_over.clone());
        let thread = std::thread::Builder::new().name("perf-export".to_owned()).spawn(|| turn.run())?;
        Ok(Server {
            addresses,
            #[cfg(unix)]
            sockets: self.sockets,
            is_over,
            waker,
            thread: Some(thread),
            process: std::process::id(),
        })
    }

    fn check(&self) -> io::Result<()> {
        let fail = |text: String| Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        if let Some(open) = self.addresses.iter().find(|address| !is_loopback(address.ip()))
            && self.access.token.is_none()
        {
            return fail(format!(
                "{open} can be reached by others: set a token (`builder().address(…)?.token(…)`), or listen on 127.0.0.1"
            ));
        }
        let is_fit = |token: &str| token.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte));
        match &self.access.token {
            Some(token) if token.len() < SHORTEST_TOKEN => {
                fail(format!("a token of fewer than {SHORTEST_TOKEN} characters can be guessed"))
            }
            Some(token) if !is_fit(token) => fail(
                "a token is of letters, digits and signs, but no space, quote, comma, semicolon or backslash"
                    .to_owned(),
            ),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Builder {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

impl Server {
    /// Where it serves: of several addresses the first; none where there are only local sockets.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.addresses.first().copied()
    }
}

impl Drop for Server {
    /// Waits for the thread, which at the most is making an answer.
    fn drop(&mut self) {
        // The thread, and the sockets' names, stayed with the parent.
        if self.process != std::process::id() {
            return;
        }
        self.is_over.store(true, Relaxed);
        if self.waker.wake().is_ok()
            && let Some(thread) = self.thread.take()
            // A control that ends the server runs on it.
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
        #[cfg(unix)]
        for path in &self.sockets {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// Where programs of this user leave their sockets.
#[cfg(unix)]
fn local_folder() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR") {
        Some(folder) if !folder.is_empty() => Path::new(&folder).join("perf"),
        _ => std::env::temp_dir().join(format!("perf-{}", user())),
    }
}

/// The user's number, or name where nobody tells the number.
#[cfg(unix)]
fn user() -> String {
    use std::os::unix::fs::MetadataExt;
    match std::fs::metadata("/proc/self") {
        Ok(process) => process.uid().to_string(),
        Err(_) => std::env::var("USER").unwrap_or_default(),
    }
}

/// A socket in a folder that is the user's alone.
#[cfg(unix)]
fn bind_socket(path: &Path) -> io::Result<Listener> {
    use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
    let told = |error: io::Error| io::Error::new(error.kind(), format!("cannot listen on {}: {error}", path.display()));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(told)?;
    }
    if let Ok(there) = path.symlink_metadata() {
        if !there.file_type().is_socket() {
            return Err(told(io::Error::new(io::ErrorKind::AlreadyExists, "what is there is no socket")));
        }
        if std::os::unix::net::UnixStream::connect(path).is_ok() {
            let text = "another program listens there";
            return Err(told(io::Error::new(io::ErrorKind::AddrInUse, text)));
        }
        // Nobody does: it was left behind.
        std::fs::remove_file(path).map_err(told)?;
    }
    let listener = mio::net::UnixListener::bind(path).map_err(told)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(told)?;
    // Who has the folder could put another socket in its place.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (folder, socket) = (folder.metadata().map_err(told)?, path.symlink_metadata().map_err(told)?);
    if folder.uid() != socket.uid() && folder.uid() != 0 {
        let _ = std::fs::remove_file(path);
        return Err(told(io::Error::new(io::ErrorKind::PermissionDenied, "the folder is another user's")));
    }
    Ok(Listener::Unix(listener))
}
