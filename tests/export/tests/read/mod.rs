//! Those who read: promtool, Python's library, Prometheus itself, and Grafana's types.

mod grafana;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use perf_export::prometheus::{Format, render};
use perf_runtime::Snapshot;
use serde_json::Value;

pub(crate) use grafana::grafana;

/// What a program says to `input`, both ways out together; as an error if it is not content.
fn run(command: &mut Command, input: &str) -> Result<String, String> {
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    let is_written = writer.join().unwrap().is_ok();
    if output.status.success() && is_written { Ok(said.concat()) } else { Err(said.concat()) }
}

/// Asks `promtool` of its standard input.
pub(crate) fn promtool(arguments: &[&str], input: &str) -> Result<String, String> {
    let promtool = outside::debian("prometheus", "promtool");
    let mut command = Command::new(promtool);
    // Of rules it wants a file.
    if arguments == ["check", "rules"] {
        command.args(arguments).arg("/dev/stdin");
    } else {
        command.args(arguments);
    }
    run(&mut command, input)
}

/// A sample, as Python's library reads it.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
    pub(crate) exemplar: Option<(BTreeMap<String, String>, f64)>,
}

const PARSE: &str = r#"
import json, sys
from prometheus_client.parser import text_string_to_metric_families as text
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
sys.stdin.reconfigure(encoding="utf-8", newline="\n")
parse = {"text": text, "open": open_metrics}[sys.argv[1]]
for family in parse(sys.stdin.read()):
    for sample in family.samples:
        exemplar = getattr(sample, "exemplar", None)
        print(json.dumps([sample.name, sample.labels, repr(float(sample.value)),
                          exemplar and [exemplar.labels, repr(float(exemplar.value))]]))
"#;

/// All samples in a text.
pub(crate) fn python(text: &str, is_open: bool) -> Vec<Sample> {
    let python = outside::python(&["prometheus-client"]);
    let format = if is_open { "open" } else { "text" };
    let said = run(Command::new(python).args(["-c", PARSE, format]), text).unwrap_or_else(|said| panic!("{said}"));
    let number = |value: &Value| value.as_str().unwrap().parse().unwrap();
    let labels = |value: &Value| serde_json::from_value(value.clone()).unwrap();
    let sample = |line: &str| {
        let [name, own, value, exemplar] = serde_json::from_str::<[Value; 4]>(line).unwrap();
        Sample {
            name: name.as_str().unwrap().to_owned(),
            labels: labels(&own),
            value: number(&value),
            exemplar: (!exemplar.is_null()).then(|| (labels(&exemplar[0]), number(&exemplar[1]))),
        }
    };
    said.lines().map(sample).collect()
}

/// Head and body of what is at a path.
pub(crate) fn get(address: SocketAddr, path: &str, accept: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // Of 1.0, so that the answer comes in one piece and ends where the connection does.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\nAccept: {accept}\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|part| part == b"\r\n\r\n").unwrap() + 4;
    let body = answer.split_off(end);
    (String::from_utf8(answer).unwrap(), body)
}

/// Serves snapshots.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    formats: Arc<Mutex<Vec<Format>>>,
}

impl Server {
    pub(crate) fn new(snapshot: impl Fn() -> Snapshot + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let formats: Arc<Mutex<Vec<Format>>> = Arc::default();
        let asked = formats.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
                let accept = head.iter().find_map(|line| line.strip_prefix("Accept: "));
                let format = Format::negotiate(accept);
                asked.lock().unwrap().push(format);
                let body = render(&snapshot(), format);
                let head =
                    format!("HTTP/1.1 200 OK\r\nContent-Type: {}\r\nConnection: close\r\n\r\n", format.content_type());
                let _ = (&stream).write_all(&[head.as_bytes(), &body].concat());
            }
        });
        Self { address, formats }
    }

    /// In which it was asked for.
    pub(crate) fn formats(&self) -> Vec<Format> {
        self.formats.lock().unwrap().clone()
    }
}

/// A real one, which scrapes a server once a second; ends when dropped.
pub(crate) struct Prometheus {
    child: Child,
    address: SocketAddr,
    log: std::path::PathBuf,
}

impl Prometheus {
    pub(crate) fn start(name: &str, target: SocketAddr, rules: Option<&str>, flags: &[&str]) -> Self {
        let prometheus = outside::debian("prometheus", "prometheus");
        let folder = outside::folder().join(format!("prometheus-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("rules.yml"), rules.unwrap_or("groups: []\n")).unwrap();
        let config = format!(
            "global:\n  scrape_interval: 1s\n  evaluation_interval: 1s\nrule_files: [rules.yml]\n\
             scrape_configs:\n- job_name: test\n  static_configs:\n  - targets: ['{target}']\n"
        );
        std::fs::write(folder.join("prometheus.yml"), config).unwrap();
        // Free a moment ago, and nobody else is likely to have taken it.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let log = folder.join("log");
        let child = Command::new(prometheus)
            .current_dir(&folder)
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=warn"])
            .arg(format!("--web.listen-address={address}"))
            .args(flags)
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self { child, address, log }
    }

    fn api(&self, path: &str) -> Option<Value> {
        TcpStream::connect(self.address).ok()?;
        let (_, body) = get(self.address, path, "application/json");
        serde_json::from_slice(&body).ok()
    }

    /// What it answers to a query, once it answers.
    pub(crate) fn query(&self, query: &str) -> Value {
        self.wait(query, || self.api(&format!("/api/v1/query?query={}", encoded(query))))
    }

    /// What it keeps of exemplars, once there are any.
    pub(crate) fn exemplars(&self, query: &str) -> Vec<Value> {
        self.wait(query, || {
            let answer = self.api(&format!("/api/v1/query_exemplars?query={}", encoded(query)))?;
            answer["data"].as_array().filter(|found| !found.is_empty()).cloned()
        })
    }

    /// What a query finds, once it finds something.
    pub(crate) fn results(&self, query: &str) -> Vec<Value> {
        self.wait(query, || {
            let answer = self.query(query);
            assert_eq!(answer["status"], "success", "{query}: {answer}");
            answer["data"]["result"].as_array().filter(|found| !found.is_empty()).cloned()
        })
    }

    /// The one number that a query comes to, once it does.
    pub(crate) fn value(&self, query: &str) -> f64 {
        self.wait(query, || {
            let found = self.results(query);
            let [one] = found.as_slice() else { return None };
            one["value"][1].as_str()?.parse().ok()
        })
    }

    /// All rules, once each has been evaluated.
    pub(crate) fn rules(&self) -> Vec<Value> {
        self.wait("rules", || {
            let answer = self.api("/api/v1/rules")?;
            let groups = answer["data"]["groups"].as_array()?.clone();
            let rules: Vec<Value> =
                groups.iter().filter_map(|group| group["rules"].as_array()).flatten().cloned().collect();
            let is_done = !rules.is_empty() && rules.iter().all(|rule| rule["health"] != "unknown");
            is_done.then_some(rules)
        })
    }

    fn wait<T>(&self, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            let log = || std::fs::read_to_string(&self.log).unwrap();
            assert!(begun.elapsed() < Duration::from_secs(60), "Prometheus does not answer {what}:\n{}", log());
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// As a part of an address.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        let _ = write!(encoded, "%{byte:02x}");
    }
    encoded
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = (self.child.kill(), self.child.wait());
        if !std::thread::panicking() {
            let _ = self.log.parent().map(std::fs::remove_dir_all);
        }
    }
}
