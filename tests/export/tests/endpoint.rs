//! The endpoint, asked over real sockets by those who mean well and by those who do not.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use perf_export::serve::{Server, builder};
use perf_runtime::{Snapshot, Trace, profiled};

#[profiled]
fn served(n: u64) -> u64 {
    std::hint::black_box(n)
}

/// An answer: status, head, body.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let header =
            |line: &'_ str| line.split_once(": ").filter(|(known, _)| *known == name).map(|(_, value)| value.len());
        let line = self.head.lines().find(|line| header(line).is_some())?;
        Some(&line[name.len() + 2..])
    }
}

/// A server on any port that is free.
fn start() -> (Server, SocketAddr) {
    let server = builder().address("127.0.0.1:0").unwrap().start().unwrap();
    let address = server.address().unwrap();
    (server, address)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    // A test that waits for ever says nothing.
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Reads one answer, and no byte more.
fn read(stream: &mut impl Read) -> Answer {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "closed after {:?}", String::from_utf8_lossy(&head));
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let status = head[9..12].parse().unwrap();
    let mut answer = Answer { status, head, body: String::new() };
    if let Some(length) = answer.header("content-length") {
        let mut body = vec![0; length.parse().unwrap()];
        stream.read_exact(&mut body).unwrap();
        answer.body = String::from_utf8(body).unwrap();
    }
    answer
}

fn ask(address: SocketAddr, head: &str) -> Answer {
    let mut stream = connect(address);
    stream.write_all(head.as_bytes()).unwrap();
    read(&mut stream)
}

fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
}

/// Whether the other side has closed, or will within the time that a test has.
fn is_closed(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
    }
}

#[test]
fn a_snapshot_is_what_the_program_itself_would_read() {
    let (_server, address) = start();
    (0..100).for_each(|n| _ = served(n));
    let answer = get(address, "/snapshot.json");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let snapshot: Snapshot = serde_json::from_str(&answer.body).unwrap();
    assert!(snapshot.function("served").unwrap().calls() >= 100);
}

#[profiled(sample = "always")]
fn traced() {
    served(1);
}

#[test]
fn calls_are_traced_because_somebody_asks_for_traces() {
    let (_server, address) = start();
    let first = get(address, "/trace");
    assert_eq!((first.status, first.header("retry-after")), (503, Some("1")), "{}", first.body);
    let mut answer = first;
    // What runs when trees are turned on may have begun before; it is waited for.
    for _ in 0..6000 {
        traced();
        answer = get(address, "/trace");
        if answer.status == 200 {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let events: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert!(events["traceEvents"][2]["name"].as_str().unwrap().ends_with("traced"), "{events}");
    let speedscope: serde_json::Value = serde_json::from_str(&get(address, "/trace?format=speedscope").body).unwrap();
    assert_eq!(speedscope["profiles"][0]["name"], "call tree");
    let traces: Vec<Trace> = serde_json::from_str(&get(address, "/trace?format=json").body).unwrap();
    assert!(traces[0].calls()[0].name.ends_with("traced"), "{traces:?}");
    let unknown = get(address, "/trace?format=xml");
    let (status, said) = (unknown.status, unknown.body.as_str());
    assert_eq!((status, said), (400, "/trace has no format \"xml\", but chrome, speedscope, json\n"));
}

#[test]
fn health_and_trees_are_told_and_what_is_not_there_is_named() {
    let (_server, address) = start();
    let health: serde_json::Value = serde_json::from_str(&get(address, "/health").body).unwrap();
    assert!(health["score"].as_u64().is_some() && health["status"].as_str().is_some(), "{health}");
    assert_eq!(get(address, "/tree").status, 200);
    let unknown = get(address, "/tree?format=%3Cb%3E");
    assert_eq!((unknown.status, unknown.body.as_str()), (400, "/tree has no format \"<b>\", but text, folded\n"));
    let missing = get(address, "/metricz");
    assert_eq!(missing.status, 404);
    assert!(missing.body.contains("/snapshot.json"), "{}", missing.body);
}

#[test]
fn a_connection_is_asked_again_and_several_things_at_once_and_head_has_no_body() {
    let (_server, address) = start();
    let mut stream = connect(address);
    for _ in 0..3 {
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        assert!(matches!(read(&mut stream).status, 200 | 503));
    }
    let many = "GET /tree HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
    stream.write_all(many.as_bytes()).unwrap();
    (0..100).for_each(|_| assert_eq!(read(&mut stream).status, 200));
    stream.write_all(b"HEAD /tree HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.starts_with("HTTP/1.1 200") && rest.ends_with("\r\n\r\n"), "{rest}");
}

#[test]
fn no_page_can_read_frame_or_keep_an_answer() {
    let (_server, address) = start();
    for path in ["/", "/snapshot.json", "/tree", "/missing"] {
        let answer = get(address, path);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{path}");
        assert!(answer.header("content-security-policy").unwrap().contains("default-src 'none'"), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
}

#[test]
fn a_name_that_is_not_known_is_refused_and_one_that_was_allowed_is_not() {
    let server = builder().address("127.0.0.1:0").unwrap().allow_host("shop.example").start().unwrap();
    let address = server.address().unwrap();
    let ask = |host| ask(address, &format!("GET /tree HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    let refused = ask("evil.example");
    assert_eq!(refused.status, 403);
    assert!(refused.body.starts_with("evil.example is no name of this program"), "{}", refused.body);
    assert_eq!(ask("shop.example:8080").status, 200);
    assert_eq!(ask("127.0.0.1").status, 200);
}

#[test]
fn an_address_that_others_can_reach_needs_a_token() {
    let open = || builder().address("0.0.0.0:0").unwrap();
    let error = open().start().unwrap_err();
    assert!(error.to_string().contains("set a token"), "{error}");
    let error = open().token("short").start().unwrap_err();
    assert!(error.to_string().contains("can be guessed"), "{error}");
    let server = open().token("0123456789abcdef").start().unwrap();
    let address: SocketAddr = ([127, 0, 0, 1], server.address().unwrap().port()).into();
    assert_eq!(get(address, "/snapshot.json").status, 401);
    let with = |token| format!("GET /tree HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n");
    assert_eq!(ask(address, &with("0123456789abcdef")).status, 200);
    assert_eq!(ask(address, &with("0123456789abcdeF")).status, 401);
    let moved = get(address, "/?token=0123456789abcdef");
    assert_eq!((moved.status, moved.header("location")), (303, Some("./")));
    let cookie = moved.header("set-cookie").unwrap().split(';').next().unwrap();
    assert_eq!(ask(address, &format!("GET /tree HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n")).status, 200);
}

#[test]
fn a_token_may_be_what_random_bytes_are_in_base64() {
    let token = "q+8a/Pz+0123456789abcd==";
    let server = builder().address("127.0.0.1:0").unwrap().token(token).start().unwrap();
    let address = server.address().unwrap();
    assert_eq!(get(address, &format!("/?token={token}")).status, 303);
    assert_eq!(get(address, &format!("/tree?token={}", token.replace('+', "%2B"))).status, 200);
}

#[test]
fn a_port_that_is_taken_is_an_error_that_says_what_to_do() {
    let (_server, address) = start();
    let error = perf_export::serve(address).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&address.to_string()) && error.to_string().contains("another port"), "{error}");
}

#[test]
fn a_server_that_is_dropped_gives_its_port_back() {
    let (server, address) = start();
    let mut open = connect(address);
    drop(server);
    assert!(is_closed(&mut open));
    drop(perf_export::serve(address).unwrap());
}

#[test]
fn events_come_until_nobody_listens() {
    let (_server, address) = start();
    let mut stream = connect(address);
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let answer = read(&mut stream);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/event-stream")));
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while text.matches("\n\n").count() < 3 {
        let read = stream.read(&mut buffer).unwrap();
        assert_ne!(read, 0);
        text += &String::from_utf8_lossy(&buffer[..read]);
    }
    assert!(text.lines().filter(|line| line.starts_with("data: {")).count() >= 3);
}

#[test]
fn what_is_asked_slowly_too_long_or_in_another_language_is_not_answered_for_long() {
    let (_server, address) = start();
    let mut endless = connect(address);
    let _ = endless.write_all(format!("GET /{} HTTP/1.1\r\n", "x".repeat(100_000)).as_bytes());
    let mut start = [0; 12];
    // Whoever writes on after an answer may find the connection reset before it is read.
    match endless.read_exact(&mut start) {
        Ok(()) => assert_eq!(&start, b"HTTP/1.1 431"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    assert_eq!(ask(address, "\x16\x03\x01 hello\r\n\r\n").status, 400);
    let mut slow = connect(address);
    slow.write_all(b"GET / HTTP/1.1\r\nHost: loc").unwrap();
    let mut slower = connect(address);
    slower.write_all(b"GET /tree HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: loc").unwrap();
    assert!(is_closed(&mut slow));
    assert!(is_closed(&mut slower), "its second request is no less slow for the first");
}

#[test]
fn ten_thousand_connections_keep_nobody_from_asking() {
    let (_server, address) = start();
    let mut open = std::collections::VecDeque::new();
    for n in 0..10_000 {
        let Ok(stream) = TcpStream::connect(address) else { continue };
        let _ = (&stream).write_all(b"GET / HTTP/1.1\r\nX-Slow: ");
        open.push_back(stream);
        if open.len() > 300 {
            open.pop_front();
        }
        if n % 1000 == 500 {
            assert_eq!(get(address, "/tree").status, 200);
        }
    }
    assert_eq!(get(address, "/snapshot.json").status, 200);
}

#[test]
fn who_takes_nothing_of_an_answer_keeps_nobody_waiting() {
    let (_server, address) = start();
    let mut deaf: Vec<TcpStream> = (0..30).map(|_| connect(address)).collect();
    for stream in &mut deaf {
        let _ = stream.write_all("GET /snapshot.json HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(2000).as_bytes());
    }
    assert_eq!(get(address, "/health").header("content-type"), Some("application/json"));
}

#[test]
fn nothing_is_done_unless_somebody_let_it_and_who_asks_means_it() {
    let server = builder()
        .address("127.0.0.1:0")
        .unwrap()
        .control("greet", || Ok("hello".to_owned()))
        .control("fail", || Err("no".to_owned()))
        .start()
        .unwrap();
    let address = server.address().unwrap();
    let post = |path: &str, more: &str| ask(address, &format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n"));
    let deliberate = "X-Perf-Control: 1\r\n";
    let hesitant = "X-Perf-Control: 0\r\n";
    let said = post("/control/greet", deliberate);
    assert_eq!((said.status, said.body.as_str()), (200, "hello\n"));
    assert_eq!(post("/control/fail", deliberate).status, 500);
    assert_eq!(post("/control/greet", "").status, 403);
    assert_eq!(post("/control/greet", hesitant).status, 403);
    assert_eq!(post("/control/other", deliberate).status, 404);
    assert_eq!(post("/snapshot.json", deliberate).status, 405);
    assert_eq!(get(address, "/control/greet").status, 405);
    assert_eq!(ask(address, "DELETE / HTTP/1.1\r\n\r\n").status, 405);
}

#[test]
fn a_control_that_panics_is_an_error_and_answering_goes_on() {
    let server = builder().address("127.0.0.1:0").unwrap().control("fall", || panic!("it falls")).start().unwrap();
    let address = server.address().unwrap();
    let post = "POST /control/fall HTTP/1.1\r\nHost: localhost\r\nX-Perf-Control: 1\r\n\r\n";
    for _ in 0..2 {
        let said = ask(address, post);
        assert_eq!((said.status, said.body.as_str()), (500, "it panicked\n"));
    }
    assert_eq!(get(address, "/tree").status, 200);
}

#[test]
fn a_control_may_be_what_ends_the_server() {
    let kept: Arc<Mutex<Option<Server>>> = Arc::default();
    let stop = {
        let kept = kept.clone();
        move || {
            drop(kept.lock().unwrap().take());
            Ok("it ends".to_owned())
        }
    };
    let server = builder().address("127.0.0.1:0").unwrap().control("stop", stop).start().unwrap();
    let address = server.address().unwrap();
    *kept.lock().unwrap() = Some(server);
    let said = ask(address, "POST /control/stop HTTP/1.1\r\nHost: localhost\r\nX-Perf-Control: 1\r\n\r\n");
    assert_eq!((said.status, said.body.as_str()), (200, "it ends\n"));
}

#[test]
fn more_than_are_talked_to_at_a_time_are_all_answered_though_they_come_at_once() {
    let (begin, end) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let wait = {
        let (begin, end) = (begin.clone(), end.clone());
        move || {
            begin.wait();
            end.wait();
            Ok(String::new())
        }
    };
    let server = builder().address("127.0.0.1:0").unwrap().control("wait", wait).start().unwrap();
    let address = server.address().unwrap();
    let mut busy = connect(address);
    busy.write_all(b"POST /control/wait HTTP/1.1\r\nHost: localhost\r\nX-Perf-Control: 1\r\n\r\n").unwrap();
    begin.wait();
    let mut all: Vec<TcpStream> = (0..100).map(|_| connect(address)).collect();
    for stream in &mut all {
        stream.write_all(b"GET /tree HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    }
    end.wait();
    for stream in &mut all {
        assert_eq!(read(stream).status, 200);
    }
}

/// So many who have been answered, and say nothing more.
fn silent(address: SocketAddr, count: usize) -> Vec<TcpStream> {
    let once = |_| {
        let mut stream = connect(address);
        stream.write_all(b"GET /tree HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        assert_eq!(read(&mut stream).status, 200);
        stream
    };
    (0..count).map(once).collect()
}

#[test]
fn who_has_just_come_is_not_left_for_those_who_have_been_silent_for_longer() {
    let (_server, address) = start();
    let silent = silent(address, 64);
    let mut new = connect(address);
    assert_eq!(get(address, "/tree").status, 200, "one more, who comes after that");
    new.write_all(b"GET /tree HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert_eq!(read(&mut new).status, 200);
    drop(silent);
}

#[test]
fn what_serving_takes_is_told() {
    let (_server, address) = start();
    (0..50).for_each(|_| assert_eq!(get(address, "/snapshot.json").status, 200));
    assert!(perf_runtime::snapshot().overhead().exporting() > Duration::ZERO);
}

mod in_a_server_of_the_programs_own {
    use super::*;

    /// Of axum, on any port that is free. It goes with the runtime.
    fn start(endpoint: perf_export::serve::Endpoint) -> (tokio::runtime::Runtime, SocketAddr) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let router = axum::Router::new().nest_service("/perf", endpoint);
        runtime.spawn(async move { axum::serve(listener, router).await });
        (runtime, address)
    }

    const TOKEN: &str = "0123456789abcdef";

    fn get(address: SocketAddr, path: &str, token: &str) -> Answer {
        ask(address, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"))
    }

    #[test]
    fn it_answers_below_whatever_path_it_is_put() {
        let (_runtime, address) = start(builder().token(TOKEN).service().unwrap());
        served(1);
        let answer = get(address, "/perf/snapshot.json", TOKEN);
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
        let snapshot: Snapshot = serde_json::from_str(&answer.body).unwrap();
        assert!(snapshot.function("served").unwrap().calls() >= 1);
        assert_eq!(get(address, "/perf/snapshot.json", "0123456789abcdeF").status, 401);
        assert_eq!(get(address, "/perf/tree?format=x", TOKEN).status, 400);
    }

    #[test]
    fn it_needs_a_token() {
        let error = builder().service().unwrap_err();
        assert!(error.to_string().contains("set a token"), "{error}");
    }

    #[test]
    fn events_come_and_those_who_stop_listening_make_room() {
        let (_runtime, address) = start(builder().token(TOKEN).service().unwrap());
        let listen = || {
            let mut stream = connect(address);
            let head = format!("GET /perf/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            let status = read(&mut stream).status;
            (stream, status)
        };
        let mut all: Vec<_> = (0..16).map(|_| listen()).collect();
        assert!(all.iter().all(|(_, status)| *status == 200));
        assert_eq!(listen().1, 503);
        let mut text = String::new();
        while text.matches("data: {").count() < 2 {
            let mut buffer = [0; 4096];
            let read = all[0].0.read(&mut buffer).unwrap();
            text += &String::from_utf8_lossy(&buffer[..read]);
        }
        all.clear();
        while listen().1 != 200 {
            // The server finds out by and by.
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[cfg(unix)]
mod local {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::PathBuf;
    use std::process::{Command, Stdio};

    use super::*;

    fn path(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("perf-test-{}-{name}", std::process::id())).join("a.sock")
    }

    fn ask(path: &std::path::Path) -> Answer {
        let mut stream = UnixStream::connect(path).unwrap();
        stream.write_all(b"GET /snapshot.json HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        read(&mut stream)
    }

    #[test]
    fn a_local_socket_is_the_users_alone_and_goes_with_the_server() {
        let path = path("own");
        let server = builder().token("0123456789abcdef").socket(&path).start().unwrap();
        assert_eq!(ask(&path).status, 200);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(path.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o700);
        drop(server);
        assert!(!path.exists());
    }

    #[test]
    fn what_a_program_that_is_gone_left_behind_is_replaced_and_what_one_listens_on_is_not() {
        let path = path("left");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        drop(UnixListener::bind(&path).unwrap());
        let server = builder().socket(&path).start().unwrap();
        assert_eq!(ask(&path).status, 200);
        let error = builder().socket(&path).start().unwrap_err();
        assert!(error.to_string().contains("another program listens there"), "{error}");
        assert_eq!(ask(&path).status, 200);
        drop(server);
    }

    #[test]
    fn what_is_no_socket_is_not_replaced() {
        let path = path("file");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "precious").unwrap();
        let error = builder().socket(&path).start().unwrap_err();
        assert!(error.to_string().contains("is no socket"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    #[ignore = "a program that is run by others"]
    #[allow(unsafe_code)]
    fn a_program_that_may_open_few_files() {
        // SAFETY: says how many files this process may open, and reads what is handed in.
        let set = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &libc::rlimit { rlim_cur: 40, rlim_max: 40 }) };
        assert_eq!(set, 0);
        let (_server, address) = start();
        println!("\nserves at {address}");
        // Until whoever runs it says no more.
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    }

    #[test]
    fn where_no_more_files_may_be_opened_those_who_say_nothing_make_room() {
        let name = "local::a_program_that_may_open_few_files";
        let mut program = Command::new(std::env::current_exe().unwrap())
            .args([name, "--exact", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines().map(Result::unwrap);
        let address = lines.find_map(|line| line.strip_prefix("serves at ")?.parse().ok()).unwrap();
        drop((silent(address, 50), program.stdin.take()));
        assert!(program.wait().unwrap().success());
    }

    #[test]
    #[allow(unsafe_code)]
    fn in_a_forked_child_a_server_that_is_dropped_waits_for_nobody_and_takes_nothing_away() {
        let path = path("forked");
        let server = builder().address("127.0.0.1:0").unwrap().socket(&path).start().unwrap();
        // SAFETY: the child only drops the server, and `_exit`s.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: ends the child where it hangs, which the parent then sees.
            unsafe { libc::alarm(30) };
            let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(server)));
            // SAFETY: ends the child, and nothing of the parent's.
            unsafe { libc::_exit(i32::from(dropped.is_err())) };
        }
        let mut status = -1;
        // SAFETY: waits for the child that was just made.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(status, 0);
        assert_eq!(ask(&path).status, 200, "the parent goes on");
        assert_eq!(get(server.address().unwrap(), "/tree").status, 200);
    }
}
