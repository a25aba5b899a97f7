//! Snapshots as files: when a program says so, when it ends, and by a signal. Programs are this one again.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use perf_runtime::{Snapshot, profiled};

#[profiled]
fn work(n: u64) -> u64 {
    std::hint::black_box(n)
}

/// A folder that is gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("perf-files-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Another process of this program, which runs `test` and nothing else.
fn child(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--ignored"]).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn calls(path: &Path) -> u64 {
    Snapshot::read(path).unwrap().function("work").unwrap().calls()
}

#[test]
fn a_snapshot_that_was_written_can_be_read() {
    let folder = Folder::new("written");
    let path = folder.0.join("a.json");
    work(1);
    perf_runtime::write_snapshot(&path).unwrap();
    assert!(calls(&path) >= 1);
    assert_eq!(folder.0.read_dir().unwrap().count(), 1, "nothing else is left there");
}

#[test]
fn what_cannot_be_written_or_read_is_named() {
    let error = perf_runtime::write_snapshot("/no/such/folder/a.json").unwrap_err().to_string();
    assert!(error.starts_with("/no/such/folder/a.json cannot be written: "), "{error}");
    let folder = Folder::new("named");
    let path = folder.0.join("b.json");
    std::fs::write(&path, "{}").unwrap();
    let error = Snapshot::read(&path).unwrap_err().to_string();
    assert!(error.contains("b.json: this is no snapshot of perf-runtime"), "{error}");
}

#[test]
fn those_who_write_the_same_file_at_a_time_leave_a_whole_one() {
    let folder = Folder::new("together");
    let path = folder.0.join("a.json");
    work(1);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    perf_runtime::write_snapshot(&path).unwrap();
                    assert!(calls(&path) >= 1);
                }
            });
        }
    });
    assert_eq!(folder.0.read_dir().unwrap().count(), 1, "nothing else is left there");
}

#[test]
fn a_pipe_is_written_to_and_what_a_link_leads_to_is_not() {
    let folder = Folder::new("pipe");
    let [precious, link, pipe] = ["precious", "link.json", "pipe"].map(|name| folder.0.join(name));
    work(1);
    std::fs::write(&precious, "of somebody's").unwrap();
    std::os::unix::fs::symlink(&precious, &link).unwrap();
    perf_runtime::write_snapshot(&link).unwrap();
    assert!(calls(&link) >= 1);
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "of somebody's");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let read = std::thread::scope(|scope| {
        let reader = scope.spawn(|| calls(&pipe));
        perf_runtime::write_snapshot(&pipe).unwrap();
        reader.join().unwrap()
    });
    assert!(read >= 1 && !pipe.metadata().unwrap().is_file());
}

#[test]
fn what_is_written_to_the_standard_output_is_there_and_its_name_is_what_it_was() {
    let output = child("a_program").env("PERF_SNAPSHOT_FILE", "/dev/stdout").stdout(Stdio::piped()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let json = &text[text.find("{\"schema_version\"").expect(&text)..];
    let snapshot: Snapshot = serde_json::from_str(json).unwrap();
    assert_eq!(snapshot.function("work").unwrap().calls(), 7);
    assert!(Path::new("/dev/stdout").is_symlink());
}

#[test]
fn a_signal_that_nobody_can_catch_is_an_error() {
    for signal in [libc::SIGKILL, libc::SIGSTOP, libc::SIGSEGV, libc::SIGILL, libc::SIGFPE, -1, 9999] {
        assert!(perf_runtime::write_snapshot_on_signal(signal, "x").is_err(), "{signal}");
    }
}

#[test]
#[ignore = "a program that is run by others"]
fn a_program() {
    (0..7).for_each(|n| _ = work(n));
}

#[test]
#[ignore = "a program that is run by others"]
fn a_program_that_exits() {
    work(1);
    std::process::exit(3);
}

#[test]
fn a_program_that_ends_leaves_a_snapshot_where_the_variable_says() {
    let folder = Folder::new("ends");
    let path = folder.0.join("end.json");
    assert!(child("a_program").env("PERF_SNAPSHOT_FILE", &path).status().unwrap().success());
    assert_eq!(calls(&path), 7);
    let numbered = folder.0.join("end-{pid}.json");
    let mut program = child("a_program_that_exits").env("PERF_SNAPSHOT_FILE", numbered).spawn().unwrap();
    assert_eq!(program.wait().unwrap().code(), Some(3));
    assert_eq!(calls(&folder.0.join(format!("end-{}.json", program.id()))), 1);
}

#[test]
#[ignore = "a program that is run by others"]
fn a_program_that_waits_for_signals() {
    work(1);
    let folder = PathBuf::from(std::env::var_os("FOLDER").unwrap());
    perf_runtime::write_snapshot_on_signal(libc::SIGUSR1, folder.join("signal.json")).unwrap();
    std::fs::write(folder.join("ready"), "").unwrap();
    std::thread::sleep(Duration::from_secs(600));
}

#[test]
fn a_program_that_gets_the_signal_writes_a_snapshot_and_goes_on() {
    struct Ended(Child);
    impl Drop for Ended {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
    let folder = Folder::new("signal");
    let mut program = Ended(child("a_program_that_waits_for_signals").env("FOLDER", &folder.0).spawn().unwrap());
    let wait_for = |path: &Path, program: &mut Ended| {
        while !path.exists() {
            assert!(program.0.try_wait().unwrap().is_none(), "it goes on");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    wait_for(&folder.0.join("ready"), &mut program);
    for _ in 0..2 {
        assert!(Command::new("kill").args(["-USR1", &program.0.id().to_string()]).status().unwrap().success());
        let path = folder.0.join("signal.json");
        wait_for(&path, &mut program);
        assert_eq!(calls(&path), 1);
        std::fs::remove_file(path).unwrap();
    }
}
