//! What `cargo perf` writes, and what it says where it cannot.

#![cfg(unix)]

mod measured;
mod screen;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};

use measured::{CARGO_PERF, Program, cargo_perf, folder, wait_for};
use perf_runtime::{FunctionStats, Snapshot};
use screen::Screen;

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it complains of, and with which code.
fn complaint(output: &Output) -> (i32, String) {
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    (output.status.code().unwrap(), String::from_utf8(output.stderr.clone()).unwrap())
}

/// A file in a folder, as an argument.
fn named(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

/// A program that has run for a while, and a snapshot of it as a file.
fn measured(folder: &Path) -> (Program, String) {
    let program = Program::start("127.0.0.1:0", &[]);
    let file = named(folder, "now.json");
    wait_for("all functions, who calls whom, and what a guard refused", || {
        text(&cargo_perf(&["report", &program.address, "--format", "json", "-o", &file]));
        let snapshot = Snapshot::read(&file).unwrap();
        let has_tree = snapshot.tree().edges().iter().any(|edge| edge.caller.is_some());
        let is_refused = snapshot.guards().iter().any(|guard| guard.refusals() > 0);
        let is_whole = snapshot.functions().len() == 7 && has_tree && is_refused;
        if is_whole { Ok(()) } else { Err(snapshot.to_string()) }
    });
    (program, file)
}

/// Answers one request with these bytes, whatever it is, then what the second gives, and gives the request.
fn answering(
    first: Vec<u8>,
    rest: impl FnOnce(&mut TcpStream) + Send + 'static,
) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            request.push(byte[0]);
        }
        let _ = stream.write_all(&first);
        rest(&mut stream);
        String::from_utf8(request).unwrap()
    });
    (address, server)
}

fn answer(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[test]
fn a_report_is_a_table_markdown_a_page_or_the_snapshot_itself() {
    let folder = folder();
    let (program, file) = measured(&folder);
    let snapshot = Snapshot::read(&file).unwrap();
    let search = snapshot.function("shop::search").unwrap();

    let table = text(&cargo_perf(&["report", &file]));
    assert!(table.contains("kind=word") && table.contains("circuit_open"), "{table}");
    assert!(!table.contains('\x1b'), "no colours where no terminal is:\n{table}");

    let markdown = text(&cargo_perf(&["report", &file, "--format", "markdown"]));
    let row = format!("| shop::look\\_up | {} |", snapshot.function("look_up").unwrap().calls());
    assert!(markdown.contains(&row), "{row}\n{markdown}");
    for part in ["## Guards", "| payments | circuit\\_breaker | open |", "## Slowest calls", "word=\"a tree\""] {
        assert!(markdown.contains(part), "{part}\n{markdown}");
    }
    let columns = |line: &str| line.replace("\\|", "").matches('|').count();
    for rows in markdown.split("\n\n").filter(|part| part.starts_with("| ")) {
        let heads = columns(rows.lines().next().unwrap());
        assert!(rows.lines().all(|line| columns(line) == heads), "{rows}");
    }

    // The live program says the same as the file, and more calls by now.
    let again = text(&cargo_perf(&["report", &program.address, "--format", "json"]));
    let again: Snapshot = serde_json::from_str(&again).unwrap();
    assert!(again.function("shop::search").unwrap().calls() >= search.calls());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_page_needs_nothing_from_elsewhere_and_cannot_be_led_astray_by_names() {
    let folder = folder();
    let (_program, file) = measured(&folder);
    let hostile = std::fs::read_to_string(&file).unwrap().replace("shop::often", "<script>alert(1)</script>\\\"x");
    std::fs::write(&file, hostile).unwrap();
    let page = text(&cargo_perf(&["report", &file, "--format", "html"]));
    for part in ["<th><button>calls/s now</button></th>", "circuit_open", "&lt;svg version", "≤ ", "shop::search"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script>alert"), "names are text");
    // The flame graph's colours are elsewhere in it.
    let page = page.replace("url(#", "");
    let linked: Vec<_> = ["src=", "<link", "@import", "url("].into_iter().filter(|from| page.contains(from)).collect();
    assert!(linked.is_empty(), "{linked:?}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_browser_sorts_the_tables_of_a_page() {
    let folder = folder();
    let (_program, file) = measured(&folder);
    let page = text(&cargo_perf(&["report", &file, "--format", "html"]));
    let click = "<script>document.querySelectorAll('th button')[1].click()</script></body>";
    let path = named(&folder, "page.html");
    std::fs::write(&path, page.replace("</body>", click)).unwrap();
    let mut chromium = Command::new(outside::debian("chromium", "chromium"));
    chromium.args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]).arg(format!("file://{path}"));
    let page = text(&chromium.arg(format!("--user-data-dir={}", named(&folder, "profile"))).output().unwrap());
    let table = page.split("</table>").next().unwrap();
    assert!(table.contains("<th aria-sort=\"descending\"><button>calls</button>"), "{table}");
    let first = table.split("<tbody><tr><td>").nth(1).unwrap();
    assert!(first.starts_with("shop::often<"), "{first}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn between_two_snapshots_there_is_what_has_happened_since() {
    let folder = folder();
    let (program, before) = measured(&folder);
    let after = named(&folder, "after.json");
    let calls = |snapshot: &Snapshot| snapshot.function("shop::often").map_or(0, FunctionStats::calls);
    let of_file = |file: &str| calls(&Snapshot::read(file).unwrap());
    wait_for("more calls", || {
        text(&cargo_perf(&["report", &program.address, "--format", "json", "-o", &after]));
        if of_file(&after) > of_file(&before) { Ok(()) } else { Err(after.clone()) }
    });
    let since = text(&cargo_perf(&["report", &after, "--since", &before, "--format", "json"]));
    let since: Snapshot = serde_json::from_str(&since).unwrap();
    assert_eq!(calls(&since), of_file(&after) - of_file(&before));
    // The other way round makes no sense.
    let (code, said) = complaint(&cargo_perf(&["report", &before, "--since", &after]));
    assert!(code == 1 && said.contains("is later, or of another run of the program"), "{said}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_flame_graph_is_of_the_tree_and_so_are_folded_stacks() {
    let folder = folder();
    let (program, file) = measured(&folder);
    let svg = named(&folder, "flame.svg");
    assert_eq!(text(&cargo_perf(&["flame", &file, "-o", &svg])), "");
    let svg = std::fs::read_to_string(svg).unwrap();
    assert!(svg.contains("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
    assert!(svg.contains("<title>shop::look_up ("), "{svg}");
    let stacks = text(&cargo_perf(&["flame", &file, "--folded"]));
    assert_eq!(stacks, Snapshot::read(&file).unwrap().tree().folded());
    assert!(text(&cargo_perf(&["flame", &program.address, "--folded"])).contains("shop::search;shop::look_up "));

    // A snapshot without a tree says what to do for one.
    let mut json: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    json.as_object_mut().unwrap().remove("tree");
    std::fs::write(&file, json.to_string()).unwrap();
    let (code, said) = complaint(&cargo_perf(&["flame", &file]));
    assert!(code == 1 && said.contains("PERF_TREE=true"), "{said}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn rules_and_a_dashboard_are_made_for_what_the_program_has() {
    let folder = folder();
    let (_program, file) = measured(&folder);
    let rules = text(&cargo_perf(&["rules", &file]));
    assert!(rules.starts_with("groups:") || rules.contains("\ngroups:"), "{rules}");
    assert!(rules.contains("- alert: "), "{rules}");
    let to = named(&folder, "dashboard.json");
    text(&cargo_perf(&["dashboard", &file, "-o", &to]));
    let dashboard: serde_json::Value = serde_json::from_slice(&std::fs::read(to).unwrap()).unwrap();
    assert!(!dashboard["panels"].as_array().unwrap().is_empty());
}

#[test]
fn traces_are_fetched_as_the_program_writes_them() {
    let folder = folder();
    let file = named(&folder, "trace.json");
    // Nobody has asked before, so nothing has been traced when it is asked for the first time.
    let program = Program::start("127.0.0.1:0", &[]);
    for (arguments, name) in
        [(&["-o", &file][..], "traceEvents"), (&["-o", &file, "--format", "speedscope"], "profiles")]
    {
        text(&cargo_perf(&[&["trace", &program.address], arguments].concat()));
        let written = std::fs::read_to_string(&file).unwrap();
        let json: serde_json::Value = serde_json::from_str(&written).unwrap();
        assert!(json[name].as_array().is_some_and(|all| !all.is_empty()), "{written}");
        assert!(written.contains("shop::"), "{written}");
    }

    let (address, server) = answering(answer("404 Not Found", ""), |_| {});
    let (code, said) = complaint(&cargo_perf(&["trace", &address, "-o", &file]));
    assert!(code == 1 && said.contains(&format!("http://{address} serves no traces")), "{said}");
    assert!(said.contains("`trace` of perf-export"), "{said}");
    server.join().unwrap();

    let (address, server) = answering(answer("200 OK", "<html>"), |_| {});
    let (_, said) = complaint(&cargo_perf(&["trace", &address, "-o", &file]));
    assert!(said.contains("something else than traces"), "{said}");
    server.join().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

/// When the calls of a trace file began, in seconds since measuring did.
fn begins(json: &serde_json::Value) -> Vec<f64> {
    let of_chrome = json["traceEvents"].as_array().into_iter().flatten().filter(|event| event["ph"] == "X");
    let threads = json["profiles"].as_array().into_iter().flatten().filter(|profile| profile["type"] == "evented");
    let of_speedscope = threads.flat_map(|thread| thread["events"].as_array().unwrap());
    let micros = of_chrome.map(|event| event["ts"].as_f64().unwrap() / 1e6);
    micros.chain(of_speedscope.map(|event| event["at"].as_f64().unwrap() / 1e9)).collect()
}

#[test]
fn traces_of_some_seconds_are_of_no_call_that_began_before() {
    let folder = folder();
    let file = named(&folder, "trace.json");
    let program = Program::start("127.0.0.1:0", &[("PERF_TRACES", "4096"), ("MEASURED_SLOWLY", "1")]);
    let written = |arguments: &[&str]| -> serde_json::Value {
        text(&cargo_perf(&[&["trace", &program.address, "-o", &file], arguments].concat()));
        serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap()
    };
    let first = |json: &serde_json::Value| begins(json).into_iter().reduce(f64::min).expect("there are calls");
    let until_now = || -> f64 {
        let now: Snapshot =
            serde_json::from_str(&text(&cargo_perf(&["report", &program.address, "--format", "json"]))).unwrap();
        now.uptime().as_secs_f64()
    };
    for format in ["chrome", "speedscope"] {
        let kept = first(&written(&["--format", format]));
        // What was asked for a moment ago is answered again.
        let asked = wait_for("a later look", || {
            let now = until_now();
            if now > kept { Ok(now) } else { Err(format!("{kept} and {now}")) }
        });
        let json = written(&["--format", format, "--seconds", "1"]);
        assert!(first(&json) >= asked, "{} and {asked}", first(&json));
        let tree = json["profiles"].as_array().into_iter().flatten().find(|profile| profile["type"] == "sampled");
        assert_eq!(tree.is_some(), format == "speedscope", "the tree of that time");
        // All that is kept still has the older ones.
        assert!(first(&written(&["--format", format])) < asked);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_token_is_asked_for_and_taken_from_the_variable_or_the_option() {
    const TOKEN: &str = "a-token-that-is-long";
    let program = Program::start("127.0.0.1:0", &[("MEASURED_TOKEN", TOKEN)]);
    let (code, said) = complaint(&cargo_perf(&["report", &program.address]));
    assert!(code == 1 && said.contains("wants a token") && said.contains("PERF_TOKEN"), "{said}");
    let (_, said) = complaint(&cargo_perf(&["report", &program.address, "--token", "another-that-is-long"]));
    assert!(said.contains("does not take this token"), "{said}");
    assert!(text(&cargo_perf(&["report", &program.address, "--token", TOKEN])).contains("shop::"));
    let output = Command::new(CARGO_PERF).args(["perf", "report", &program.address]).env("PERF_TOKEN", TOKEN).output();
    assert!(text(&output.unwrap()).contains("shop::"));
}

#[test]
fn what_cannot_be_read_is_named_with_a_way_out() {
    let folder = folder();
    let write = |name: &str, text: &str| {
        let path = named(&folder, name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let program = Program::start("127.0.0.1:0", &[]);
    let gone = program.address.clone();
    drop(program);
    let (broken, server) = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".to_vec(), |_| {});
    let (ssh, other) = answering(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), |_| {});
    for (from, what, way_out) in [
        (gone.clone(), format!("nobody listens at http://{gone}"), "perf_export::serve("),
        (write("a.txt", "hello"), "a.txt is no snapshot".to_owned(), "--format json"),
        (write("b.json", "{}"), "b.json is JSON, and no snapshot".to_owned(), "/snapshot.json"),
        (
            write("c.json", "{\"schema_version\":9}"),
            "schema version 9, and this reads 1".to_owned(),
            "newer cargo-perf",
        ),
        ("no-such-file".to_owned(), "neither a file nor an address".to_owned(), "127.0.0.1:9898"),
        (named(&folder, "no-such.json"), "no-such.json: No such file".to_owned(), "--format json"),
        ("https://shop:1".to_owned(), "TLS is not spoken".to_owned(), "ssh -L"),
        (broken.clone(), format!("http://{broken} closed the connection before"), "perf-runtime measures"),
        (ssh.clone(), format!("http://{ssh} does not speak HTTP"), "perf_export::serve"),
    ] {
        let (code, said) = complaint(&cargo_perf(&["report", &from]));
        assert!(code == 1 && said.starts_with("error: "), "{said}");
        assert!(said.contains(&what) && said.contains(way_out), "{from}: {said}");
    }
    server.join().unwrap();
    other.join().unwrap();
    let (code, said) = complaint(&cargo_perf(&["top", &gone]));
    assert!(code == 1 && said.contains("needs a terminal") && said.contains("cargo perf report"), "{said}");
    let (code, said) = complaint(&cargo_perf(&["tops"]));
    assert!(code == 2 && said.contains("did you mean `top`?"), "{said}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_takes_longer_than_a_moment_shows_how_far_it_has_come() {
    let folder = folder();
    let (_program, file) = measured(&folder);
    let body = std::fs::read(&file).unwrap();
    let (head, rest) = body.split_at(body.len() / 2);
    let begin = [format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), head].concat();
    let (go_on, is_seen) = std::sync::mpsc::channel();
    let rest = rest.to_vec();
    let (address, server) = answering(begin, move |stream| {
        is_seen.recv().unwrap();
        stream.write_all(&rest).unwrap();
    });
    let screen = Screen::start(100, 24, &format!("{CARGO_PERF} report {address} -o report.txt"));
    screen.wait_until("half of it", |text| text.contains(&address) && text.contains("KiB of"));
    go_on.send(()).unwrap();
    screen.assert_restored("report.txt written");
    assert!(!screen.text().contains("KiB of"), "{}", screen.text());
    let report = std::fs::read_to_string(screen.folder.join("report.txt")).unwrap();
    assert!(report.contains("shop::search") && !report.contains('\x1b'), "{report}");
    server.join().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn who_reads_no_further_is_no_error() {
    let folder = folder();
    let (_program, file) = measured(&folder);
    let first = format!("{CARGO_PERF} report {file} --format html | head -c 10; echo; {CARGO_PERF} --help | head -1");
    let output = Command::new("bash").args(["-c", &format!("set -o pipefail; {first}")]).output().unwrap();
    assert_eq!(text(&output), "<!DOCTYPE \nLooks at programs that perf-runtime measures.\n");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::remove_dir_all(folder).unwrap();
}
