//! The folder in which programs leave a socket by which they can be asked: `<process id>.sock`.

use std::path::{Path, PathBuf};

/// How a program comes to be there.
pub(crate) const HOW: &str = "`perf_export::serve::builder().local().start()`";

/// A program that can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) id: u32,
    pub(crate) path: PathBuf,
    /// What runs; empty where the system does not tell.
    pub(crate) name: String,
}

/// Where sockets may be: who asks may have another environment than who serves, so both folders are looked at.
pub(crate) fn folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Some(runtime) = std::env::var_os("XDG_RUNTIME_DIR").filter(|folder| !folder.is_empty()) {
        folders.push(PathBuf::from(runtime).join("perf"));
    }
    #[cfg(unix)]
    folders.push(std::env::temp_dir().join(format!("perf-{}", rustix::process::getuid().as_raw())));
    folders
}

/// The programs that answer, by their ids. Sockets that nobody listens to any more are removed.
pub(crate) fn running() -> Vec<Running> {
    let mut all = Vec::new();
    for folder in folders() {
        // In a folder of somebody else's, a socket may be anybody's.
        if !is_ours(&folder) {
            continue;
        }
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if let Some(id) = id_of(&path).filter(|_| answers(&path)) {
                all.push(Running { id, name: name_of(id), path });
            }
        }
    }
    all.sort_by_key(|running| running.id);
    all.dedup_by_key(|running| running.id);
    all
}

/// The process that a socket of such a folder belongs to.
pub(crate) fn id_of(path: &Path) -> Option<u32> {
    path.extension().filter(|extension| *extension == "sock")?;
    path.file_stem()?.to_str()?.parse().ok()
}

/// The program that a process runs, as Linux tells it; empty elsewhere.
pub(crate) fn name_of(id: u32) -> String {
    let program = std::fs::read_link(format!("/proc/{id}/exe")).unwrap_or_default();
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    // Of a program that was built anew meanwhile.
    name.strip_suffix(" (deleted)").unwrap_or(&name).to_owned()
}

#[cfg(unix)]
fn is_ours(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::symlink_metadata(folder).is_ok_and(|it| it.is_dir() && it.uid() == rustix::process::getuid().as_raw())
}

#[cfg(unix)]
fn answers(path: &Path) -> bool {
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => true,
        Err(error) => {
            // Only that says that nobody will listen there again.
            if error.kind() == std::io::ErrorKind::ConnectionRefused {
                let _ = std::fs::remove_file(path);
            }
            false
        }
    }
}

#[cfg(not(unix))]
fn is_ours(_folder: &Path) -> bool {
    false
}

#[cfg(not(unix))]
fn answers(_path: &Path) -> bool {
    false
}
