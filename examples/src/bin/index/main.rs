//! A real program being profiled: a full-text index over files, built by threads, kept in a file,
//! and asked by async clients. `--help` says how to run it.

mod collector;
mod corpus;
mod dictionary;
mod executor;
mod inverted;
mod options;
mod postings;
mod query;
mod questions;
mod report;
mod run;
mod search;
mod segment;
mod serve;
mod store;
#[cfg(test)]
mod tests;
mod text;
mod varint;
mod view;

use std::alloc::System;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::thread;

use perf_export::serve::{Builder, Server};
use perf_runtime::alloc::Tracking;
use perf_runtime::{Config, Environment, Perf};

use options::Options;
use run::{Indexed, Progress};

/// Counts for the functions that are `#[profiled(alloc)]`.
#[global_allocator]
static ALLOCATOR: Tracking<System> = Tracking::new(System);

/// What shells expect of a command line that cannot be followed.
const USAGE: u8 = 2;

/// What shells expect of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args_os().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Err(error) => return fail(&error, USAGE),
    };
    let _perf = match start(&options) {
        Ok(perf) => perf,
        Err(error) => return fail(&error, 1),
    };
    let _server = options.serve.and_then(serve_at);
    let files = match corpus::find_files(&options.roots) {
        Ok(files) => files,
        Err(error) => return fail(&error, USAGE),
    };
    match work(&options, &files) {
        Ok((indexed, progress)) => report(&indexed, &progress),
        Err(error) => fail(&error, 1),
    }
}

fn report(indexed: &Indexed, progress: &Progress) -> ExitCode {
    match report::write(&mut io::stdout().lock(), indexed, progress, &perf_runtime::snapshot()) {
        // Who reads no further, as `head`, has seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            fail(&format!("the report cannot be written: {error}"), 1)
        }
        _ => ExitCode::SUCCESS,
    }
}

fn fail(error: &str, code: u8) -> ExitCode {
    eprintln!("index: {error}");
    ExitCode::from(code)
}

/// Measuring starts by itself; a handle to it lets the environment be chosen.
fn start(options: &Options) -> Result<Perf, String> {
    let config = Config::of(options.environment.unwrap_or(Environment::Production));
    let perf = Perf::builder().config(Config { tree: true, ..config }).start().map_err(|error| error.to_string())?;
    perf_runtime::process::start();
    Ok(perf)
}

/// Who is not served works all the same.
fn serve_at(address: SocketAddr) -> Option<Server> {
    let server = perf_export::serve::builder().address(address).and_then(|builder| local(builder).start());
    match &server {
        Ok(server) => eprintln!("index: http://{}/ until Ctrl-C", server.address().unwrap_or(address)),
        Err(error) => eprintln!("index: {error}"),
    }
    server.ok()
}

/// On a local socket too, where there are such.
fn local(builder: Builder) -> Builder {
    #[cfg(unix)]
    let builder = builder.local();
    builder
}

/// Works, and shows how far it is.
fn work(options: &Options, files: &[PathBuf]) -> Result<(Indexed, Arc<Progress>), String> {
    let progress = Arc::new(Progress::new(options.effort));
    stop_on_interrupt(Arc::clone(&progress));
    let (working, done) = mpsc::channel();
    let indexed = thread::scope(|scope| {
        let shown = &*progress;
        scope.spawn(move || view::show(shown, options.is_live, &done));
        let indexed = run::work(files, options.threads, &progress);
        drop(working);
        indexed
    })?;
    Ok((indexed, progress))
}

/// The first Ctrl-C ends the work, the second the program.
fn stop_on_interrupt(progress: Arc<Progress>) {
    let stop = move || {
        if !progress.stop() {
            view::restore();
            std::process::exit(INTERRUPTED);
        }
    };
    if let Err(error) = ctrlc::set_handler(stop) {
        eprintln!("index: Ctrl-C will not end this early: {error}");
    }
}
