//! The files: finding and reading them.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::{Path, PathBuf};

use perf_runtime::profiled;

/// Larger files are left out; source and prose are not that long.
const FILE_BYTES: u64 = 16 << 20;

/// Why a file is not in the index.
#[derive(Debug)]
pub(crate) enum FileError {
    Unreadable(io::Error),
    NotText { byte: usize },
    TooLarge { bytes: u64 },
}

impl Display for FileError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(f),
            Self::NotText { byte } => write!(f, "not UTF-8 at byte {byte}"),
            Self::TooLarge { bytes } => write!(f, "{} MB, and at most {} are read", bytes >> 20, FILE_BYTES >> 20),
        }
    }
}

/// The text of one file.
#[profiled(workload = "micro")]
pub(crate) fn read_text(path: &Path) -> Result<String, FileError> {
    let bytes = path.metadata().map_err(FileError::Unreadable)?.len();
    if bytes > FILE_BYTES {
        return Err(FileError::TooLarge { bytes });
    }
    let bytes = std::fs::read(path).map_err(FileError::Unreadable)?;
    String::from_utf8(bytes).map_err(|error| FileError::NotText { byte: error.utf8_error().valid_up_to() })
}

/// All files at and under `roots`, in the order of their paths.
///
/// Within directories, hidden entries, symbolic links and what cargo built (`target`) are left out.
///
/// # Errors
///
/// The first root that is not there.
#[profiled(workload = "light")]
pub(crate) fn find_files(roots: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for root in roots {
        let kind = root.metadata().map_err(|error| missing(root, &error))?;
        if kind.is_dir() {
            walk(root, &mut files);
        } else {
            files.push(root.clone());
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn missing(root: &Path, error: &io::Error) -> String {
    let root = root.display();
    match error.kind() {
        io::ErrorKind::NotFound => format!(
            "there is no file or directory `{root}`; name some that exist, or none to index this program's repository"
        ),
        _ => format!("`{root}` cannot be read: {error}"),
    }
}

/// What cannot be listed is left out, as what vanishes meanwhile is.
fn walk(directory: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let Ok(kind) = entry.file_type() else { continue };
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if kind.is_dir() && name != "target" {
            walk(&entry.path(), files);
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
}
