use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The files below a directory that stands for the root; none where the system has no such files.
///
/// They stay open: a process that is overloaded may well have no descriptor left to open them with.
#[derive(Debug)]
pub struct Files {
    root: Option<PathBuf>,
    open: RefCell<HashMap<PathBuf, File>>,
}

impl Files {
    /// This machine's.
    #[must_use]
    pub fn here() -> Self {
        Self::new(cfg!(any(target_os = "linux", target_os = "android")).then(|| PathBuf::from("/")))
    }

    /// Those below `root`.
    #[must_use]
    pub fn below(root: &Path) -> Self {
        Self::new(Some(root.to_owned()))
    }

    fn new(root: Option<PathBuf>) -> Self {
        Self { root, open: RefCell::default() }
    }

    /// None where there is no such file, or it is not to be read.
    pub fn read(&self, file: impl AsRef<Path>) -> Option<String> {
        let (root, file) = (self.root.as_ref()?, file.as_ref());
        let mut open = self.open.borrow_mut();
        if let Some(known) = open.get_mut(file) {
            if let Some(text) = text_of(known) {
                return Some(text);
            }
            open.remove(file);
        }
        let mut opened = File::open(root.join(file.strip_prefix("/").unwrap_or(file))).ok()?;
        let text = text_of(&mut opened)?;
        open.insert(file.to_owned(), opened);
        Some(text)
    }

    /// Closes them all.
    pub fn close(&self) {
        self.open.borrow_mut().clear();
    }
}

fn text_of(file: &mut File) -> Option<String> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.read_to_string(&mut text).ok()?;
    Some(text)
}
