//! The file and the variables, in a process of their own.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use perf_runtime::{Config, Perf, Sampling, current_config, profiled, set_config, snapshot};
use tracing::field::{Field, Visit};
use tracing::span;

/// Keeps the text of every event, as somebody would who listens.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Listener {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "perf_runtime"
    }

    fn event(&self, event: &tracing::Event<'_>) {
        struct Text(String);
        impl Visit for Text {
            fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
                self.0 = format!("{value:?}");
            }
        }
        // Whoever listens may be measured, and may read.
        heard();
        assert!(snapshot().function("heard").is_some());
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[profiled]
fn heard() {}

#[profiled]
fn work() {}

struct File(PathBuf);

impl File {
    fn new(text: &str) -> Self {
        let file = Self(std::env::temp_dir().join(format!("perf-config-{}.toml", std::process::id())));
        file.write(text);
        file
    }

    /// With a new time of change, whatever the file system's clock can tell apart.
    fn write(&self, text: &str) {
        static LAST: Mutex<Option<std::time::SystemTime>> = Mutex::new(None);
        fs::write(&self.0, text).unwrap();
        let file = fs::File::options().write(true).open(&self.0).unwrap();
        let mut last = LAST.lock().unwrap();
        let time = last.map_or_else(std::time::SystemTime::now, |last| last + Duration::from_secs(1));
        *last = Some(time);
        file.set_modified(time).unwrap();
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The file is looked at once a second.
fn eventually(what: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !what() {
        assert!(Instant::now() < deadline, "it did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_file_is_read_again_when_it_changes_and_what_is_wrong_is_told_once() {
    let listener = Listener::default();
    tracing::subscriber::set_global_default(listener.clone()).unwrap();
    let file = File::new("budget = \"3%\"\n");
    let _perf = Perf::builder().config(Config { ceiling: 77.0, ..Config::production() }).file(&file.0).start().unwrap();
    assert_eq!(current_config(), Config { budget: 0.03, ceiling: 77.0, ..Config::production() });
    (0..1000).for_each(|_| work());

    file.write("sampling = \"off\"\nwindows = [\"200ms\", \"2s\", \"10s\", \"1min\"]\n");
    eventually(|| current_config().sampling == Sampling::Off);
    assert_eq!(current_config().windows, [200, 2_000, 10_000, 60_000].map(Duration::from_millis));
    assert!((current_config().budget - 0.005).abs() < 1e-9, "what is not in the file any more is the program's");
    assert_eq!(snapshot().function("work").unwrap().calls(), 1000, "nothing is forgotten");

    file.write("sampling = \"off\"\nbudgt = 3\n");
    eventually(|| !listener.0.lock().unwrap().is_empty());
    file.write("sampling = \"off\"\nbudgt = 3\n");
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(current_config().sampling, Sampling::Off);
    let told = listener.0.lock().unwrap().clone();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains(".toml:2: unknown key `budgt`; did you mean `budget`?"), "{told:?}");

    file.write("sampling = \"alw");
    eventually(|| listener.0.lock().unwrap().len() == 2);
    assert_eq!(current_config().sampling, Sampling::Off);

    file.write("sampling = \"always\"\n");
    eventually(|| current_config().sampling == Sampling::Always);
    set_config(Config { ceiling: 88.0, ..Config::production() }).unwrap();
    assert_eq!(current_config().sampling, Sampling::Always, "the file stays stronger than the program");
    assert!(set_config(Config { budget: 7.0, ..Config::production() }).is_err());
    assert!((current_config().ceiling - 88.0).abs() < 1e-9);
}

#[test]
fn a_program_started_with_variables_obeys_them() {
    if std::env::var_os("PERF_FILTER").is_some() {
        // The child.
        let _perf = Perf::builder().start().unwrap();
        assert_eq!(current_config().sampling, Sampling::Every(64));
        (0..10_000).for_each(|_| work());
        (0..10_000).for_each(|_| heard());
        let snapshot = snapshot();
        let work = snapshot.function("work").unwrap();
        assert_eq!(work.samples() + work.dropped(), 10_000, "all are timed, if not all found room");
        assert_eq!(snapshot.function("heard").unwrap().samples(), 0);
        assert_eq!(snapshot.function("heard").unwrap().calls(), 10_000);
        return;
    }
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_program_started_with_variables_obeys_them"])
        .env("PERF_FILTER", "*::work=always,config::heard=off")
        .env("PERF_ENVIRONMENT", "benchmark")
        // No reason not to start.
        .env("PERF_BUDGE", "misspelt")
        .env("PERF_CONFIG", "/no/such/file")
        .status()
        .unwrap();
    assert!(status.success());
}
