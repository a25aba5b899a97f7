//! Where the configuration comes from, and the file being read again when it changes.
//!
//! Weak to strong: the program's own values, the file, the variables.

use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::sync::MutexGuard;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::{Config, ConfigError, variables};

/// What to start from, and what the file said last.
pub(crate) struct Source {
    code: Config,
    file: Option<PathBuf>,
    seen: Option<SystemTime>,
    /// What was told last, so that it is told once.
    told: Option<ConfigError>,
}

static SOURCE: Mutex<Option<Source>> = Mutex::new(None);

/// The configuration of a program that sets none: what the file and the variables say.
pub(super) fn of_environment() -> Config {
    let (config, errors) = start(Config::production(), None);
    keep(errors);
    config
}

/// Lays the file and the variables over the program's own values, and remembers where they came
/// from. The file is the one that `PERF_CONFIG` names, or `file`, or the one that is known already.
///
/// Gives what is to be in force, and what the program has to answer for: all that is wrong with a file
/// of its own. What is wrong with variables is told, and is no reason not to start.
pub(super) fn start(code: Config, file: Option<PathBuf>) -> (Config, Vec<ConfigError>) {
    let mut current = SOURCE.lock().unwrap_or_else(PoisonError::into_inner);
    let named = std::env::var_os(variables::FILE).map(PathBuf::from);
    let is_own = named.is_none();
    let file = named.or(file).or_else(|| current.as_ref().and_then(|source| source.file.clone()));
    let mut source = Source { code, file, seen: None, told: None };
    let (config, mut errors) = match source.read() {
        Ok(config) => (config, Vec::new()),
        Err(errors) => (source.code.clone(), errors),
    };
    if !is_own {
        keep(std::mem::take(&mut errors));
    }
    let (config, wrong_variables) = with_variables(config);
    keep(wrong_variables);
    if errors.is_empty() || current.is_none() {
        *current = Some(source);
    }
    (config, errors)
}

/// The file, read again if it has changed; none where it has not, or where it is wrong.
pub(super) fn reload() -> Option<Config> {
    let mut source = SOURCE.lock().unwrap_or_else(PoisonError::into_inner);
    let source = source.as_mut()?;
    let changed = modified(source.file.as_deref()?);
    if changed == source.seen {
        return None;
    }
    match source.read() {
        Ok(config) => Some(with_variables(config).0),
        Err(errors) => {
            let all = ConfigError::all(&errors);
            if source.told.as_ref() != Some(&all) {
                keep(errors);
                source.told = Some(all);
            }
            None
        }
    }
}

impl Source {
    /// The program's values with the file's over them.
    fn read(&mut self) -> Result<Config, Vec<ConfigError>> {
        let Some(path) = &self.file else { return Ok(self.code.clone()) };
        // Looked at before reading: what is written meanwhile is read next time.
        self.seen = modified(path);
        let text = read_text(path)
            .map_err(|error| vec![ConfigError::new(format!("{}: cannot be read: {error}", path.display()))])?;
        parse(path, &text, self.code.clone())
    }
}

/// Bytes that a file may have: a thousand times what there is to say.
const LONGEST: u64 = 1 << 20;

/// The text of a file that ends: not of a device or a pipe, which may never do, and whoever calls a function would wait.
fn read_text(path: &Path) -> std::io::Result<String> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("is no file"));
    }
    if metadata.len() > LONGEST {
        return Err(std::io::Error::other("is longer than a megabyte"));
    }
    std::fs::read_to_string(path)
}

#[cfg(feature = "file")]
fn parse(path: &Path, text: &str, code: Config) -> Result<Config, Vec<ConfigError>> {
    super::file::parse(&path.display().to_string(), text, code)
}

#[cfg(not(feature = "file"))]
fn parse(path: &Path, _: &str, _: Config) -> Result<Config, Vec<ConfigError>> {
    let why = "is not read: build perf-runtime with its feature `file`";
    Err(vec![ConfigError::new(format!("{}: {why}", path.display()))])
}

fn with_variables(mut config: Config) -> (Config, Vec<ConfigError>) {
    let mut all = Vec::new();
    for (name, value) in std::env::vars_os() {
        // A variable that is not Unicode is none of ours.
        if let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) {
            all.push((name, value));
        }
    }
    let errors = variables::apply(&mut config, all);
    (config, errors)
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// The source and what is untold, kept while the process forks.
#[cfg(unix)]
pub(crate) type Hold = (MutexGuard<'static, Option<Source>>, MutexGuard<'static, Vec<ConfigError>>);

#[cfg(unix)]
pub(super) fn hold() -> Hold {
    (SOURCE.lock().unwrap_or_else(PoisonError::into_inner), UNTOLD.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What is wrong and nobody was told yet.
static UNTOLD: Mutex<Vec<ConfigError>> = Mutex::new(Vec::new());

fn keep(mut errors: Vec<ConfigError>) {
    UNTOLD.lock().unwrap_or_else(PoisonError::into_inner).append(&mut errors);
}

/// Says what is wrong, where those who listen hear it. Called while nothing is locked: who listens
/// may be measured, and may read.
pub(super) fn tell() {
    let errors = std::mem::take(&mut *UNTOLD.lock().unwrap_or_else(PoisonError::into_inner));
    for error in errors {
        tracing::warn!(target: "perf_runtime", "{error}; what was in force before stays so");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_no_end_is_not_read() {
        let told = |path: &Path| read_text(path).unwrap_err().to_string();
        assert_eq!(told(&std::env::temp_dir()), "is no file");
        #[cfg(unix)]
        assert_eq!(told(Path::new("/dev/zero")), "is no file");
        let long = std::env::temp_dir().join(format!("perf-long-{}.toml", std::process::id()));
        std::fs::File::create(&long).unwrap().set_len(LONGEST + 1).unwrap();
        let error = told(&long);
        std::fs::remove_file(&long).unwrap();
        assert_eq!(error, "is longer than a megabyte");
    }
}
