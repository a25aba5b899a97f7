//! Recent traces, as the program writes them.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use crate::error::Error;
use crate::{output, progress, source};

pub(crate) fn run(
    from: &str,
    token: Option<&str>,
    format: &str,
    out: &Path,
    seconds: Option<u64>,
) -> Result<(), Error> {
    let client = source::client(from, token)?;
    let mut path = format!("/trace?format={format}");
    if let Some(seconds) = seconds {
        // Whether anybody is there is known before anybody waits.
        source::ask(&client)?;
        progress::wait("taking traces", Duration::from_secs(seconds));
        let _ = write!(path, "&seconds={seconds}");
    }
    let bytes = progress::during(from, |received| client.get(&path, Duration::ZERO, received));
    let bytes = bytes.map_err(|error| match error.what() {
        what if what.ends_with(&format!(" has no {path}")) => Error::new(
            format!("{} serves no traces", client.place),
            "it does with the features `serve` and `trace` of perf-export, and keeps some where `PERF_TRACES=100` says so",
        ),
        _ => error,
    })?;
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes) {
        return Err(Error::new(
            format!("{} has something else than traces at {path}: {error}", client.place),
            "is it a program that perf-runtime measures?",
        ));
    }
    output::write(Some(out), &bytes)
}
