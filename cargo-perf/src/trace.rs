//! Recent traces, as the program writes them.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::answer::Received;
use crate::error::Error;
use crate::http::Client;
use crate::{output, progress, source};

/// Traces are kept for a minute after somebody has asked for them, so they are asked for again after this long.
const KEPT: Duration = Duration::from_secs(20);

/// How long it may take until any call is traced, once somebody has asked.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a program answers that has no trace yet.
const NOT_YET: u16 = 503;

pub(crate) fn run(
    from: &str,
    token: Option<&str>,
    format: &str,
    out: &Path,
    seconds: Option<u64>,
) -> Result<(), Error> {
    let client = source::client(from, token)?;
    let path = format!("/trace?format={format}");
    let wanted = Duration::from_secs(seconds.unwrap_or(0));
    let bytes = fetch(&client, &path, wanted)?;
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes) {
        return Err(Error::new(
            format!("{} has something else than traces at {path}: {error}", client.place),
            "is it a program that perf-runtime measures?",
        ));
    }
    output::write(Some(out), &bytes)
}

/// Asking has calls traced, so the first answer may be that there is nothing yet.
fn fetch(client: &Client, path: &str, wanted: Duration) -> Result<Vec<u8>, Error> {
    let (mut asked, mut none_yet) = (None, None);
    let fetched = progress::poll("taking traces", wanted.max(PATIENCE), |passed| {
        let is_kept = asked.is_some_and(|asked: Instant| asked.elapsed() < KEPT);
        if passed < wanted && is_kept {
            return None;
        }
        asked = Some(Instant::now());
        match client.get(path, Duration::ZERO, &Received::default()) {
            Ok(bytes) => (passed >= wanted).then_some(Ok(bytes)),
            Err(error) if error.status() == NOT_YET => {
                none_yet = Some(error);
                None
            }
            Err(error) => Some(Err(told(client, error))),
        }
    });
    fetched.unwrap_or_else(|| Err(none_yet.unwrap_or_else(|| Error::new("there are no traces", ""))))
}

fn told(client: &Client, error: Error) -> Error {
    match error.status() {
        404 => Error::new(
            format!("{} serves no traces", client.place),
            "it does with the features `serve` and `trace` of perf-export",
        ),
        _ => error,
    }
}
