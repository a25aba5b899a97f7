//! Snapshots as files: when somebody says so, when the program ends, or by a signal.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::Snapshot;
use crate::call::platform;
use crate::config;

impl Snapshot {
    /// Writes this snapshot as JSON, so that whoever reads the file meanwhile finds the old one or the new one, whole.
    /// `{pid}` in the path is the number of the process. What is there and no file, such as `/dev/stdout` or a pipe, is
    /// written to, and waited for.
    ///
    /// # Errors
    ///
    /// If the file cannot be written; the path is named.
    pub fn write(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = numbered(path.as_ref());
        write_whole(&path, |out| serde_json::to_writer(out, self).map_err(io::Error::from))
            .map_err(|error| io::Error::new(error.kind(), format!("{} cannot be written: {error}", path.display())))
    }

    /// Reads a file that was [written](Self::write).
    ///
    /// # Errors
    ///
    /// If there is none, or if it is no snapshot, or one of another form; the path is named.
    pub fn read(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let told = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let text = std::fs::read(path).map_err(told)?;
        serde_json::from_slice(&text).map_err(|error| {
            told(io::Error::new(io::ErrorKind::InvalidData, format!("this is no snapshot of perf-runtime: {error}")))
        })
    }
}

/// Writes a snapshot of this moment to a file, as JSON: [`Snapshot::write`]. The configuration's
/// [`snapshot_file`](crate::Config::snapshot_file), or the variable `PERF_SNAPSHOT_FILE`, has it done when the program ends.
///
/// ```
/// # let path = std::env::temp_dir().join("perf-{pid}.json");
/// perf_runtime::write_snapshot(&path)?; // "perf-{pid}.json"
/// # let path = path.to_str().unwrap().replace("{pid}", &std::process::id().to_string());
/// let again = perf_runtime::Snapshot::read(&path)?;
/// # std::fs::remove_file(path)?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
///
/// If the file cannot be written; the path is named.
pub fn write_snapshot(path: impl AsRef<Path>) -> io::Result<()> {
    crate::snapshot().write(path)
}

/// Writes a snapshot whenever the process gets `signal`, `SIGUSR1` for instance: on the background thread, within
/// [`drain_every`](crate::Config::drain_every); what goes wrong is told through `tracing`. The last one called holds. What the
/// signal does otherwise, as `SIGTERM` ends the process, it does no more.
///
/// # Errors
///
/// If there is no such signal, or it cannot be caught.
#[cfg(all(unix, feature = "signal"))]
pub fn write_snapshot_on_signal(signal: i32, path: impl Into<PathBuf>) -> io::Result<()> {
    signal::watch(signal, path.into())
}

/// Once one is registered, the program's end writes what the configuration then says.
static REGISTERED: Once = Once::new();

/// Sees to it that the file is written at the end, if one is wanted.
pub(crate) fn expect_end(config: &config::Config) {
    if config.snapshot_file.is_some() {
        REGISTERED.call_once(|| platform::at_exit(at_exit));
    }
}

extern "C" fn at_exit() {
    // A panic must not go on from here.
    let _ = std::panic::catch_unwind(|| {
        let Some(path) = config::current().snapshot_file.clone() else { return };
        // A forked child is not the program, unless its file is one of its own.
        if platform::forks_again() == 0 || is_numbered(&path) {
            told(write_snapshot(&path));
        }
    });
}

/// What has to be done now and then.
pub(crate) fn tick() {
    #[cfg(all(unix, feature = "signal"))]
    signal::tick();
}

fn told(result: io::Result<()>) {
    if let Err(error) = result {
        tracing::warn!(target: "perf_runtime", "{error}");
    }
}

fn is_numbered(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.contains("{pid}"))
}

fn numbered(path: &Path) -> PathBuf {
    match path.to_str() {
        Some(text) if is_numbered(path) => text.replace("{pid}", &std::process::id().to_string()).into(),
        _ => path.to_owned(),
    }
}

/// Beside the file first, and then in its place. Each time beside it by another name, since two may write at a time.
fn write_whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    static WRITTEN: AtomicU32 = AtomicU32::new(0);
    // `/dev/stdout` is a link, maybe to a file, and others need it. Links elsewhere are replaced and not followed: in a
    // folder for all, anybody may have made them.
    let is_the_systems = path.starts_with("/dev") && path.is_symlink();
    if is_the_systems || path.metadata().is_ok_and(|there| !there.is_file()) {
        let mut out = BufWriter::new(std::fs::OpenOptions::new().append(true).open(path)?);
        write(&mut out)?;
        return out.flush();
    }
    let mut beside = path.to_owned().into_os_string();
    beside.push(format!(".{}.{}", std::process::id(), WRITTEN.fetch_add(1, Relaxed)));
    // Of a process that had this number and is gone.
    let _ = std::fs::remove_file(&beside);
    // Not into what somebody else has put there, in a folder for all.
    let result = std::fs::File::create_new(&beside).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()?;
        std::fs::rename(&beside, path)
    });
    if result.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    result
}

#[cfg(all(unix, feature = "signal"))]
mod signal {
    use std::io;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use std::sync::{Arc, Mutex, PoisonError};

    /// Whether the signal came, where to write then, and how it is let go of.
    struct Watch {
        has_come: Arc<AtomicBool>,
        path: PathBuf,
        registration: signal_hook::SigId,
    }

    static WATCH: Mutex<Option<Watch>> = Mutex::new(None);

    pub(super) fn watch(signal: i32, path: PathBuf) -> io::Result<()> {
        // It would panic.
        if signal_hook::consts::FORBIDDEN.contains(&signal) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("signal {signal} cannot be caught")));
        }
        let has_come = Arc::new(AtomicBool::new(false));
        let registration = signal_hook::flag::register(signal, has_come.clone())?;
        let mut watch = WATCH.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = watch.replace(Watch { has_come, path, registration }) {
            signal_hook::low_level::unregister(old.registration);
        }
        drop(watch);
        crate::aggregate::start();
        Ok(())
    }

    pub(super) fn tick() {
        let watch = WATCH.lock().unwrap_or_else(PoisonError::into_inner);
        let path = watch.as_ref().filter(|watch| watch.has_come.swap(false, Relaxed)).map(|watch| watch.path.clone());
        drop(watch);
        if let Some(path) = path {
            super::told(super::write_snapshot(path));
        }
    }
}
