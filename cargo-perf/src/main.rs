//! `cargo perf`: looks at programs that `perf-runtime` measures.

mod answer;
mod args;
mod error;
mod flame;
mod help;
mod histogram;
mod http;
mod output;
mod place;
mod progress;
mod report;
mod sockets;
mod source;
mod top;
mod trace;

use std::process::ExitCode;

use args::Command;
use error::Error;

fn main() -> ExitCode {
    let begin = std::time::Instant::now();
    let done = args::parse(std::env::args_os().skip(1)).and_then(|(command, token)| run(command, token, begin));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::say(&format!("error: {error}"));
            ExitCode::from(error.code())
        }
    }
}

fn run(command: Command, token: Option<String>, begin: std::time::Instant) -> Result<(), Error> {
    match command {
        Command::Say(text) => output::write(None, text.as_bytes()),
        Command::Version => output::write(None, concat!("cargo-perf ", env!("CARGO_PKG_VERSION"), "\n").as_bytes()),
        Command::Top { from, every, filter, is_timed } => {
            top::run(from.as_deref(), token, every, filter, is_timed.then_some(begin))
        }
        Command::Report { from, format, since, out } => {
            let mut snapshot = source::snapshot(&from, token.as_deref())?;
            if let Some(earlier) = since {
                snapshot = source::since(&snapshot, &earlier)?;
            }
            output::write(out.as_deref(), &report::make(&snapshot, format, out.is_some())?)
        }
        Command::Flame { from, since, out, is_folded } => {
            let mut snapshot = source::snapshot(&from, token.as_deref())?;
            if let Some(earlier) = since {
                snapshot = source::since(&snapshot, &earlier)?;
            }
            flame::run(&snapshot, out.as_deref(), is_folded)
        }
        Command::Rules { from, out } => {
            let rules = perf_export::prometheus::rules(&source::snapshot(&from, token.as_deref())?);
            output::write(out.as_deref(), rules.as_bytes())
        }
        Command::Dashboard { from, out } => {
            let dashboard = perf_export::prometheus::dashboard(&source::snapshot(&from, token.as_deref())?);
            output::write(out.as_deref(), dashboard.as_bytes())
        }
        Command::Trace { from, format, out, seconds } => trace::run(&from, token.as_deref(), &format, &out, seconds),
    }
}
