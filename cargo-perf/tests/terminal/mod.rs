//! The terminal is given back, whatever happens.

mod panicking;

use crate::measured::{CARGO_PERF, Program, wait_for};
use crate::screen::Screen;
use crate::{functions, short_folder, top};

fn signal(name: &str, process: &str) {
    let kill = std::process::Command::new("kill").args([&format!("-{name}"), process]).status();
    assert!(kill.unwrap().success());
}

#[test]
fn however_it_ends_the_terminal_is_as_it_was() {
    let program = Program::start("127.0.0.1:0", &[]);
    for end in ["q", "C-c"] {
        let screen = top(&program, 80, 24);
        screen.press(&[end]);
        screen.assert_restored("ended with 0");
    }
    for name in ["TERM", "HUP", "INT", "QUIT"] {
        let screen = top(&program, 80, 24);
        signal(name, &screen.child());
        screen.assert_restored("ended with 0");
    }
}

/// Runs it as a shell with job control does: says so when it is stopped, and continues it at Enter, twice.
fn under_a_shell(program: &Program) -> Screen {
    let again = |which: &str| {
        format!("code=$?; stty -g > {which}; stty $(cat before); echo \"stopped with $code\"; read line; fg")
    };
    let first = format!("set -m; {CARGO_PERF} perf top {}", program.address);
    let screen = Screen::start(80, 24, &format!("{first}; {}; {}", again("first"), again("second")));
    screen.wait_until("all functions", |text| functions(text).len() == 7);
    screen
}

/// Whether it is stopped: `T` in the list of processes.
fn is_stopped(process: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    stat.rsplit(')').next().unwrap().trim_start().starts_with('T')
}

#[test]
fn when_it_is_suspended_the_shell_has_its_terminal_until_it_is_continued() {
    let program = Program::start("127.0.0.1:0", &[]);
    let screen = under_a_shell(&program);
    let child = screen.child();
    screen.press(&["g"]);
    screen.wait_for("payments");
    screen.press(&["C-z"]);
    // 128 and SIGTSTP, as of any program that Ctrl-Z stops.
    let text = screen.wait_for("stopped with 148");
    assert!(is_stopped(&child) && !text.contains("payments"), "{text}");
    screen.assert_given_back();
    let modes = ["before", "first"].map(|name| std::fs::read_to_string(screen.folder.join(name)).unwrap());
    assert_eq!(modes[0], modes[1], "what stty says");
    // What has changed meanwhile is taken up, and all that was seen is there again.
    screen.resize(100, 30);
    screen.press(&["Enter"]);
    let text = screen.wait_for("payments");
    assert!(text.starts_with("perf top") && !text.contains("stopped with"), "{text}");
    assert!(text.lines().nth(29).unwrap_or("").contains("q quit"), "as high as the terminal is now:\n{text}");

    // The same where it was stopped and cannot have said anything to the terminal.
    signal("STOP", &child);
    screen.wait_for("stopped with 147");
    screen.press(&["Enter"]);
    let text = screen.wait_until("all of it again", |text| text.starts_with("perf top") && text.contains("payments"));
    assert!(!text.contains("stopped with"), "{text}");
    // Keys are read one by one again.
    screen.press(&["f"]);
    screen.wait_until("all functions", |text| functions(text).len() == 7);
    screen.press(&["q"]);
    screen.assert_restored("ended with 0");
}

#[test]
fn in_the_background_it_waits_for_its_terminal() {
    let program = Program::start("127.0.0.1:0", &[]);
    let top = format!("{CARGO_PERF} perf top {}", program.address);
    let screen = Screen::start(80, 24, &format!("set -m; {top}; bg; sleep 0.3; echo behind; read line; fg"));
    screen.wait_until("all functions", |text| functions(text).len() == 7);
    let child = screen.child();
    screen.press(&["C-z"]);
    let text = screen.wait_for("behind");
    assert!(!text.contains("shop::"), "{text}");
    wait_for("a stop", || if is_stopped(&child) { Ok(()) } else { Err(screen.text()) });
    screen.assert_given_back();
    screen.press(&["Enter"]);
    screen.wait_until("all functions again", |text| functions(text).len() == 7 && !text.contains("behind"));
    screen.press(&["q"]);
    screen.assert_restored("ended with 0");
}

#[test]
fn where_nobody_could_continue_it_it_is_not_suspended() {
    let program = Program::start("127.0.0.1:0", &[]);
    let screen = top(&program, 80, 24);
    screen.press(&["C-z"]);
    screen.press(&["g"]);
    screen.wait_for("payments");
    assert!(!is_stopped(&screen.child()));
    screen.press(&["q"]);
    screen.assert_restored("ended with 0");
}

#[test]
fn it_ends_with_its_terminal() {
    let runtime = short_folder();
    let environment = [("XDG_RUNTIME_DIR", runtime.to_str().unwrap())];
    let programs = [(); 2].map(|()| Program::start("127.0.0.1:0", &environment));
    let local = format!("XDG_RUNTIME_DIR={} {CARGO_PERF} top", runtime.display());
    let live = format!("{CARGO_PERF} top {}", programs[0].address);
    for (command, part) in [(local, "which one?"), (live, "shop::often")] {
        // Whoever started it may not care for the terminal, and then no signal comes.
        for shell in ["", "trap '' HUP; "] {
            let screen = Screen::start(120, 24, &format!("{shell}{command}"));
            screen.wait_for(part);
            let child = screen.child();
            screen.close();
            wait_for("its end", || {
                let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
                // Those that nobody waits for stay in the list.
                if stat.is_empty() || stat.contains(") Z ") { Ok(()) } else { Err(format!("{part}: {stat}")) }
            });
        }
    }
    std::fs::remove_dir_all(runtime).unwrap();
}

#[test]
fn what_a_panic_says_can_be_read_on_the_terminal_as_it_was() {
    let program = std::env::current_exe().unwrap();
    let program =
        format!("{} --exact terminal::panicking::program --ignored --nocapture --test-threads=1", program.display());
    for place in ["drawing", "another thread"] {
        let screen = Screen::start(120, 24, &format!("RUST_BACKTRACE=0 PANICKING_IN='{place}' {program}"));
        screen.assert_restored("ended with 101");
        let text = screen.text();
        assert!(text.contains("tests/terminal/panicking.rs"), "{text}");
        assert!(text.contains(&format!("this is said by {place}")), "{text}");
        assert!(!text.contains("drawn"), "{text}");
    }
}
