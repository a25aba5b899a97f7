//! The live page, in a real browser, against a real program; what it looked like is in `target/screenshots`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What builds or browses does so alone: a browser takes all that two cores have.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn run(command: &mut Command) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let [stdout, stderr] = [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(status.success(), "{command:?}: {status}\n{stdout}{stderr}");
}

/// The example, as the test command for all packages has built it, or else built now.
fn example() -> PathBuf {
    let measured = Path::new(env!("CARGO_BIN_EXE_measured"));
    let folder = measured.parent().unwrap();
    let program = folder.join(format!("index{}", std::env::consts::EXE_SUFFIX));
    if !is_newer_than_its_sources(&program) {
        let profile = match folder.file_name().and_then(|name| name.to_str()) {
            None | Some("debug") => "dev",
            Some(name) => name,
        };
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "-q", "-p", "examples", "--bin", "index", "--profile", profile, "--target-dir"]);
        run(build.arg(folder.parent().unwrap()));
    }
    program
}

/// By what cargo writes beside it: its path, a colon, and those of all files that it was made of.
fn is_newer_than_its_sources(program: &Path) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|known| known.modified()).ok();
    let Ok(made_of) = std::fs::read_to_string(program.with_extension("d")) else { return false };
    let Some((_, sources)) = made_of.trim().split_once(": ") else { return false };
    // A space within a path comes after a backslash.
    let sources = sources.replace("\\ ", "\0");
    let mut sources = sources.split(' ').map(|source| PathBuf::from(source.replace('\0', " ")));
    changed(program).is_some_and(|built| sources.all(|source| changed(&source).is_some_and(|source| source < built)))
}

/// Plays one of `browser/scenarios`. Whatever it is about: no error in the console, no violation of the policy, no
/// request to another host.
fn browse(scenario: &str) {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_measured"));
    play(scenario, "PROGRAM", &program);
}

/// With the program that the variable names.
fn play(scenario: &str, variable: &str, program: &Path) {
    let _alone = alone();
    let (node, chromium) = (outside::node(), outside::debian("chromium", "chromium"));
    outside::npm_packages(&folder("../../perf-export/page"));
    let screenshots = outside::folder().with_file_name("screenshots");
    std::fs::create_dir_all(&screenshots).unwrap();
    let mut command = Command::new(node);
    command.arg(folder("browser/drive.mjs")).arg(scenario);
    command.env("CHROMIUM", chromium).env("SCREENSHOTS", screenshots).env(variable, program);
    run(&mut command);
}

#[test]
fn what_is_committed_is_what_the_sources_give() {
    let _alone = alone();
    let (node, page) = (outside::node(), folder("../../perf-export/page"));
    outside::npm_packages(&page);
    run(Command::new(&node).arg("node_modules/typescript/bin/tsc").current_dir(&page));
    let built = outside::folder().join("page");
    run(Command::new(&node).arg("build.mjs").arg(&built).current_dir(&page));
    for file in ["index.html", "app.js", "app.css", "icon.svg"] {
        let committed = std::fs::read(folder("../../perf-export/src/page/dist").join(file)).unwrap();
        let built = std::fs::read(built.join(file)).unwrap();
        assert!(committed == built, "{file} is not what the sources give: `npm run build` in perf-export/page");
    }
}

/// Head and body.
fn get(address: SocketAddr, path: &str, header: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[test]
fn browsers_get_the_page_and_others_what_they_can_read() {
    let server = perf_export::serve("127.0.0.1:0").unwrap();
    let address = server.address().unwrap();
    let (head, body) = get(address, "/", "Accept: text/html,*/*");
    assert!(head.contains("content-type: text/html") && body.contains("page/app.js"), "{head}");
    assert!(head.contains(perf_export::page::CSP), "{head}");
    let (head, body) = get(address, "/", "Accept: */*");
    assert!(head.contains("content-type: text/plain") && body.contains("/snapshot.json"), "{head}\n{body}");
    let (head, _) = get(address, "/page/secret", "Accept: */*");
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    let (head, body) = get(address, "/page/function?name=no%3A%3Asuch", "Accept: */*");
    assert!(head.starts_with("HTTP/1.1 404"), "{head}\n{body}");
}

#[test]
fn what_a_browser_has_is_not_sent_again() {
    let server = perf_export::serve("127.0.0.1:0").unwrap();
    let address = server.address().unwrap();
    let etag = perf_export::page::asset("/page/app.js").unwrap().etag;
    let (head, body) = get(address, "/page/app.js", "Accept: */*");
    assert!(head.contains(&format!("etag: {etag}")) && body.len() > 10_000, "{head}");
    let (head, body) = get(address, "/page/app.js", &format!("If-None-Match: {etag}"));
    assert!(head.starts_with("HTTP/1.1 304") && body.is_empty(), "{head}");
}

#[test]
fn all_parts_are_shown() {
    browse("renders");
}

#[test]
fn what_is_shown_is_live() {
    browse("updates");
}

#[test]
fn a_text_filters() {
    browse("filters");
}

#[test]
fn heads_sort() {
    browse("sorts");
}

#[test]
fn a_pause_leaves_the_page_and_the_program_alone() {
    browse("pauses");
}

#[test]
fn the_flame_graph_is_zoomed_searched_and_walked() {
    browse("flame");
}

#[test]
fn everything_can_be_done_by_keys() {
    browse("keyboard");
}

#[test]
fn colours_are_light_or_dark() {
    browse("colours");
}

#[test]
fn a_narrow_window_has_room() {
    browse("narrow");
}

#[test]
fn two_hundred_functions_can_be_read() {
    browse("many");
}

#[test]
fn names_and_numbers_may_be_whatever_they_are() {
    browse("strange");
}

#[test]
fn a_program_of_which_little_is_known_is_shown_as_that() {
    browse("bare");
}

#[test]
fn a_program_may_end_while_the_page_is_paused() {
    browse("ends");
}

#[test]
fn two_functions_of_one_name_are_two() {
    browse("twins");
}

#[test]
fn what_guards_did_is_told_as_far_as_it_is_known() {
    browse("guards");
}

#[test]
fn a_program_that_is_started_anew_is_found_again() {
    browse("restarts");
}

#[test]
fn counters_that_begin_anew_are_noticed() {
    browse("resets");
}

#[test]
fn the_example_of_the_readme_is_shown_live() {
    let example = {
        let _alone = alone();
        example()
    };
    play("example", "EXAMPLE", &example);
}

#[test]
fn no_rule_of_accessibility_is_broken() {
    browse("accessible");
}
