//! Over TLS, to a receiver whose authority is believed, or is not.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use super::{LONG, alone, exporter, until};

struct Receiver {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Receiver {
    fn start(certificate: &std::path::Path) -> Self {
        let mut command = Command::new(outside::python(&["trustme"]));
        command.arg("-c").arg(include_str!("encrypted.py")).arg(certificate);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Self { child, said }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn who_is_believed_gets_it_and_nobody_else() {
    let _alone = alone();
    let certificate = outside::folder().join(format!("authority-{}.pem", std::process::id()));
    let mut receiver = Receiver::start(&certificate);
    let url = format!("https://127.0.0.1:{}", receiver.line());

    let stranger = exporter(0).endpoint(&url).start().unwrap();
    stranger.flush(Duration::from_secs(2));
    until("it is refused", || stranger.stats().metrics.failures > 0);
    let stats = stranger.stats();
    assert!(stats.metrics.delivered == 0, "its authority is none that is well known: {stats}");

    let exporter = exporter(0).endpoint(&url).certificate(&certificate).start().unwrap();
    std::fs::remove_file(certificate).unwrap();
    assert!(exporter.flush(LONG) && exporter.stats().metrics.delivered > 0, "{}", exporter.stats());
    assert_eq!(receiver.line(), "/v1/metrics");
}
