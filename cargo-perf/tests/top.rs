//! `cargo perf top` on a real terminal, of a real program.

#![cfg(unix)]

#[path = "../src/error.rs"]
#[allow(dead_code)]
mod error;
mod measured;
mod screen;
mod terminal;

use measured::{CARGO_PERF, Program, folder};
use screen::Screen;

fn top(program: &Program, width: u16, height: u16) -> Screen {
    let screen = Screen::start(width, height, &format!("{CARGO_PERF} perf top {}", program.address));
    screen.wait_until("all functions", |text| functions(text).len() == 7);
    screen
}

/// The functions that a screen shows, from above.
fn functions(text: &str) -> Vec<&str> {
    let name = |line: &'_ str| line.split_whitespace().next().map_or(0, str::len);
    let rows = text.lines().filter(|line| line.starts_with("shop::") && line.split_whitespace().count() > 3);
    rows.map(|line| &line[..name(line)]).collect()
}

/// Once they are the first, they are.
fn wait_for_first(screen: &Screen, name: &str) {
    screen.wait_until(&format!("{name} above all others"), |text| functions(text).first() == Some(&name));
}

#[test]
fn functions_are_sorted_by_any_column_either_way() {
    let program = Program::start("127.0.0.1:0", &[]);
    let screen = top(&program, 80, 24);
    wait_for_first(&screen, "shop::slow");
    screen.press(&["2"]);
    wait_for_first(&screen, "shop::often");
    screen.press(&["r"]);
    screen.wait_until("the other way round", |text| functions(text).last() == Some(&"shop::often"));
    screen.press(&["3"]);
    screen.wait_for("errors▼");
    screen.press(&["Left", "Left", "Left"]);
    screen.wait_for("function▼");
    let text = screen.wait_until("in the order of names", |text| functions(text).is_sorted());
    assert_eq!(functions(&text).len(), 7);
    // Also by what there was no room for: it comes.
    screen.press(&["Right", "Right", "Right", "Right"]);
    screen.wait_for("mean▼");
    wait_for_first(&screen, "shop::slow");
}

#[test]
fn the_cursor_stays_on_its_function_while_rows_move() {
    let program = Program::start("127.0.0.1:0", &[]);
    let screen = top(&program, 80, 24);
    screen.press(&["1", "Down"]);
    let text = screen.wait_until("in the order of names", |text| functions(text).is_sorted());
    let second = functions(&text)[1].to_owned();
    screen.press(&["2", "r", "Enter"]);
    screen.wait_until("what was under the cursor", |text| text.lines().nth(2).unwrap_or("").starts_with(&second));
}

#[test]
fn a_filter_leaves_what_has_it_in_its_name() {
    let program = Program::start("127.0.0.1:0", &[]);
    let screen = top(&program, 80, 24);
    screen.press(&["/", "SEAR"]);
    screen.wait_for("filter: SEAR");
    screen.wait_until("one function", |text| functions(text) == ["shop::search"]);
    screen.press(&["X", "Enter"]);
    screen.wait_for("none of 7 functions has `SEARX` in its name");
    screen.press(&["Escape"]);
    screen.wait_until("all again", |text| functions(text).len() == 7);
}

#[test]
fn a_function_is_looked_into_with_its_times_slow_calls_neighbours_and_labels() {
    let program = Program::start("127.0.0.1:0", &[]);
    let screen = top(&program, 80, 24);
    screen.press(&["/", "search", "Enter", "Enter"]);
    let text = screen.wait_for("How long calls took");
    assert!(text.contains("calls/s") && text.contains("measured/mod.rs:"), "{text}");
    assert!(!text.contains("By label"), "that is further down:\n{text}");
    screen.press(&["End"]);
    screen.wait_for("kind=word");
    // Where there is room, all of it is there at once.
    screen.resize(200, 50);
    screen.press(&["Home"]);
    let parts = ["█", "The slowest calls", "word=\"a tree\"", "Callers", "(nobody measured)", "Callees"];
    screen.wait_until("all sections", |text| parts.iter().all(|part| text.contains(part)));
    screen
        .wait_until("labels", |text| ["kind=word", "kind=phrase", "in flight"].iter().all(|part| text.contains(part)));
    screen.wait_until("whom it calls", |text| text.lines().any(|line| line.contains("shop::look_up")));
    screen.press(&["Escape"]);
    screen.wait_for("▼");
}

#[test]
fn guards_the_process_and_help_have_their_views() {
    let program = Program::start("127.0.0.1:0", &[]);
    let screen = top(&program, 80, 24);
    screen.press(&["g"]);
    let text = screen.wait_until("an open breaker", |text| {
        text.lines().any(|line| line.starts_with("payments") && line.contains("open") && line.contains("circuit_open"))
    });
    assert!(text.lines().any(|line| line.starts_with("packers") && line.contains("bulkhead")), "{text}");
    screen.press(&["Tab", "Tab", "Tab", "Tab"]);
    screen.wait_for(&format!("process {}", program.id));
    screen.wait_until("memory and cost", |text| text.contains("resident") && text.contains("measuring took"));
    screen.press(&["End"]);
    screen.wait_for("perf-export");
    screen.press(&["?"]);
    screen.wait_for("any key: back");
    screen.press(&["x", "Tab"]);
    screen.wait_until("functions again", |text| functions(text).len() == 7);
    screen.press(&["BTab"]);
    screen.wait_for(&format!("process {}", program.id));
}

/// The first words of a table's rows, from above.
fn rows<'a>(text: &'a str, names: &[&'a str]) -> Vec<&'a str> {
    let rows =
        text.lines().skip(3).take_while(|line| !line.is_empty()).filter_map(|line| line.split([' ', '{']).next());
    rows.filter(|row| names.contains(row)).collect()
}

#[test]
fn queues_locks_and_metrics_have_views_that_are_sorted_and_filtered() {
    let program = Program::start("127.0.0.1:0", &[]);
    let screen = top(&program, 100, 24);
    screen.wait_for("guards 2  queues 2  locks 2  metrics 3  process");
    for (key, names, heads, detail) in [
        ("u", &["orders", "letters"][..], "queue  depth▼ sent  a second  under way  now", "orders std of 3, "),
        ("l", &["accounts", "ledger"], "lock  taken  a second  waited for▼ waited  held", "accounts std Mutex, "),
        ("m", &["requests", "size", "temperature"], "metric▼ value  a second  values", "requests{route=/cart} counter"),
    ] {
        screen.press(&[key]);
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().concat();
        let text = screen.wait_until(heads, |text| words(text.lines().nth(2).unwrap_or("")) == words(heads));
        assert_eq!(rows(&text, names), names, "{text}");
        assert!(text.contains(detail), "of what is under the cursor:\n{text}");
        // By names, from the last on.
        screen.press(&["1", "r"]);
        let mut from_the_last = names.to_vec();
        from_the_last.sort_unstable_by(|a, b| b.cmp(a));
        screen.wait_until("the other way round", |text| rows(text, names) == from_the_last);
        let last = names.last().unwrap();
        screen.press(&["/", &last.to_uppercase(), "Enter"]);
        screen.wait_until("only that", |text| rows(text, names) == [*last]);
        screen.press(&["/", "X", "Enter"]);
        screen.wait_for("has `");
        screen.press(&["Escape"]);
        screen.wait_until("all again", |text| rows(text, names).len() == names.len());
    }
    // Each has its own filter and order, and the cursor stays on its row.
    screen.press(&["u", "r", "Down"]);
    screen.wait_for("orders std of 3, ");
    screen.press(&["3"]);
    screen.wait_until("where there is more to do", |text| rows(text, &["orders", "letters"]) == ["letters", "orders"]);
    let text = screen.wait_for("sent▼");
    assert!(text.contains("orders std of 3, ") && text.contains(", peak "), "{text}");
    screen.press(&["m", "/", "temp", "Enter"]);
    let text = screen.wait_for("temperature gauge");
    assert!(text.lines().any(|line| line.starts_with("temperature") && line.contains("-5")), "{text}");
    screen.press(&["Escape"]);
    screen.wait_for("requests{route=/cart}");
    screen.press(&["Escape"]);
    screen.wait_until("functions", |text| functions(text).len() == 7);
}

#[test]
fn tables_have_the_columns_of_a_snapshot() {
    let program = Program::start("127.0.0.1:0", &[]);
    let screen = top(&program, 100, 24);
    let report = String::from_utf8(measured::cargo_perf(&["report", &program.address]).stdout).unwrap();
    let words = |line: &str| line.replace('▼', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    let reported: Vec<String> = report.lines().map(words).collect();
    for key in ["u", "l", "m"] {
        screen.press(&[key]);
        screen.wait_until("the same heads", |text| {
            let heads = words(text.lines().nth(2).unwrap_or(""));
            !heads.starts_with("function") && reported.contains(&heads)
        });
    }
}

#[test]
fn views_with_nothing_in_them_say_what_would_fill_them() {
    let program = Program::start("127.0.0.1:0", &[("MEASURED_PLAIN", "1")]);
    let screen = top(&program, 80, 24);
    screen.wait_for("guards 2  queues  locks  metrics  process");
    for (key, how) in
        [("u", "sync::mpsc::channel("), ("l", "sync::Mutex::named("), ("m", "perf_runtime::metrics::install()")]
    {
        screen.press(&[key]);
        screen.wait_for(how);
    }
    // Who goes through the views does not pass them.
    screen.press(&["g", "Tab"]);
    screen.wait_for(&format!("process {}", program.id));
    screen.wait_for("measuring took");
}

#[test]
fn it_fits_wide_and_narrow_terminals_while_it_runs() {
    let program = Program::start("127.0.0.1:0", &[]);
    let screen = top(&program, 80, 24);
    let text = screen.text();
    assert!(text.lines().nth(2).unwrap().ends_with("trend"), "{text}");
    assert!(!text.contains("p95"), "{text}");
    screen.resize(200, 50);
    let text = screen.wait_for("p95");
    for head in ["calls/s", "err %", "mean", "max", "busy▼", "self", "flying", "trend"] {
        assert!(text.contains(head), "{head}:\n{text}");
    }
    // What cannot be shown is not, and nothing else is harmed.
    for (width, height) in [(20, 5), (10, 2), (3, 1), (80, 24)] {
        screen.resize(width, height);
        screen.press(&["Down", "Enter", "Down", "g", "u", "l", "m", "p", "?", "?", "f"]);
    }
    screen.wait_until("all functions again", |text| functions(text).len() == 7);
}

#[test]
fn a_pause_holds_what_is_seen() {
    let program = Program::start("127.0.0.1:0", &[]);
    let screen = Screen::start(80, 24, &format!("{CARGO_PERF} perf top :{} --every 100ms", program.port()));
    screen.wait_until("all functions", |text| functions(text).len() == 7);
    screen.press(&["w", "w", "w"]);
    screen.wait_for("since the start");
    screen.press(&["Space"]);
    let held = screen.wait_for("PAUSED");
    let looks = (0..20).map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        screen.text()
    });
    assert!(looks.into_iter().all(|text| text == held), "{held}");
    screen.press(&["Space"]);
    screen
        .wait_until("other numbers", |text| text.lines().skip(2).ne(held.lines().skip(2)) && !text.contains("PAUSED"));
}

#[test]
fn a_program_that_restarts_is_followed() {
    let program = Program::start("127.0.0.1:0", &[]);
    let address = program.address.clone();
    let screen = top(&program, 120, 24);
    let old = program.id;
    drop(program);
    let text = screen.wait_for("not answering for");
    assert!(text.contains(&format!("nobody listens at http://{address}; trying again")), "{text}");
    assert!(functions(&text).len() == 7, "what was known is still there:\n{text}");
    let program = Program::start(&address, &[]);
    screen.wait_for(&format!("restarted: process {old} is now {}", program.id));
}

#[test]
fn local_programs_are_found_by_their_sockets_and_followed_to_the_next() {
    let runtime = short_folder();
    let environment = [("XDG_RUNTIME_DIR", runtime.to_str().unwrap())];
    let stale = runtime.join("perf/1.sock");
    std::fs::create_dir_all(stale.parent().unwrap()).unwrap();
    drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
    let program = Program::start("127.0.0.1:0", &environment);
    // Neither of the folders is anybody else's.
    let top = format!("XDG_RUNTIME_DIR={0} TMPDIR={0} {CARGO_PERF} top", runtime.display());
    let screen = Screen::start(120, 24, &top);
    screen.wait_for(&format!("perf/{}.sock", program.id));
    screen.wait_until("all functions", |text| functions(text).len() == 7);
    assert!(!stale.exists(), "what nobody listens at is cleared away");
    let old = program.id;
    drop(program);
    let program = Program::start("127.0.0.1:0", &environment);
    screen.wait_for(&format!("restarted: process {old} is now {}", program.id));
    screen.wait_for(&format!("perf/{}.sock", program.id));
    // With two of them it is asked which.
    let other = Program::start("127.0.0.1:0", &environment);
    let asked = Screen::start(120, 24, &top);
    asked.wait_for("which one?");
    asked.press(&["Down", "Enter"]);
    let last = program.id.max(other.id);
    asked.wait_for(&format!("process {last}"));
    asked.press(&["q"]);
    asked.assert_restored("ended with 0");
    std::fs::remove_dir_all(runtime).unwrap();
}

/// Paths of sockets have to be short.
fn short_folder() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(folder().file_name().unwrap()).with_extension("run");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn where_nobody_listens_it_says_so_and_how_to_serve() {
    let program = Program::start("127.0.0.1:0", &[]);
    let address = program.address.clone();
    drop(program);
    let screen = Screen::start(120, 24, &format!("{CARGO_PERF} top {address}"));
    screen.assert_restored("ended with 1");
    let text = screen.text();
    assert!(text.contains(&format!("error: nobody listens at http://{address}")), "{text}");
    assert!(text.contains("perf_export::serve("), "{text}");
}

#[test]
fn how_long_the_first_screen_took_can_be_asked() {
    let program = Program::start("127.0.0.1:0", &[]);
    let screen = Screen::start(80, 24, &format!("{CARGO_PERF} top {} --timing", program.address));
    screen.assert_restored("first screen with numbers after");
}
