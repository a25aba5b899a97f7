//! Recent traces: those that the program keeps, as it writes them, or those of the next seconds.

use std::path::Path;
use std::time::{Duration, Instant};

use perf_core::{Snapshot, Trace};
use perf_export::trace::{Speedscope, chrome};

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
    let bytes = match seconds {
        Some(seconds) => during(&client, format, seconds)?.into_bytes(),
        None => kept(&client, &format!("/trace?format={format}"))?,
    };
    output::write(Some(out), &bytes)
}

/// All that is kept. Asking has calls traced, so the first answer may be that there is nothing yet.
fn kept(client: &Client, path: &str) -> Result<Vec<u8>, Error> {
    let mut none_yet = None;
    let fetched = progress::poll("waiting for a trace", PATIENCE, |_| match get(client, path) {
        Err(error) if error.status() == NOT_YET => {
            none_yet = Some(error);
            None
        }
        fetched => Some(fetched),
    });
    let bytes = fetched.unwrap_or_else(|| Err(none_yet.unwrap_or_else(|| Error::new("there are no traces", ""))))?;
    parse::<serde::de::IgnoredAny>(client, path, &bytes)?;
    Ok(bytes)
}

/// What happens in the next seconds, and nothing that began before.
fn during(client: &Client, format: &str, seconds: u64) -> Result<String, Error> {
    let path = "/trace?format=json";
    let ask = || get(client, path).and_then(|bytes| parse::<Vec<Trace>>(client, path, &bytes));
    // The first has calls traced.
    let mut seen = ask()?.last().map(Trace::number);
    let (begin, wanted) = (next(client)?, Duration::from_secs(seconds));
    let mut asked = Instant::now();
    let fetched = progress::poll("taking traces", wanted, |passed| {
        if passed < wanted && seen.is_some() && asked.elapsed() < KEPT {
            return None;
        }
        asked = Instant::now();
        let fetched = ask();
        // Where none were kept, those of before are told from others by the first that is.
        let first = fetched.as_ref().ok().and_then(|all| all.first());
        seen = seen.or(first.map(|first| first.number().saturating_sub(1)));
        (passed >= wanted || fetched.is_err()).then_some(fetched)
    });
    let all = fetched.unwrap_or_else(ask)?;
    let end = source::ask(client)?;
    if source::is_other_run(&end, &begin) {
        return Err(Error::new(
            format!("{} has begun anew meanwhile", client.place),
            "traces are of one run: ask again",
        ));
    }
    let taken = Taken::of(all, begin.uptime(), seen.unwrap_or(0));
    if taken.traces.is_empty() {
        return Err(Error::new(
            format!("{} has traced no call that began in these {seconds} s", client.place),
            "which calls are traced is left to chance: more `--seconds` help, and `PERF_TRACES=100`, so that there are always some",
        ));
    }
    if taken.lost > 0 {
        output::say(&format!(
            "{} more traces of that time were not kept: the program keeps the most recent, `PERF_TRACES=4096` as many as can be",
            taken.lost
        ));
    }
    Ok(written(format, seconds, &taken.traces, &end.since(&begin)))
}

/// What is known at a moment that is later than this call: a program that is asked often gives the same answer again.
fn next(client: &Client) -> Result<Snapshot, Error> {
    let first = source::ask(client)?.uptime();
    let later = progress::soon(|| match source::ask(client) {
        Ok(snapshot) if snapshot.uptime() == first => None,
        answered => Some(answered),
    });
    later.unwrap_or_else(|| source::ask(client))
}

/// What was traced in some time.
struct Taken {
    traces: Vec<Trace>,
    /// How many there were besides that were not kept.
    lost: u64,
}

impl Taken {
    /// Of all that are kept, the newest last, those that began then or later. `seen` is the number of one before.
    fn of(mut traces: Vec<Trace>, begin: Duration, seen: u64) -> Self {
        let newest = traces.last().map_or(seen, Trace::number);
        let since = traces.iter().filter(|trace| trace.number() > seen).count() as u64;
        traces.retain(|trace| trace.start() >= begin);
        Self { traces, lost: newest.saturating_sub(seen + since) }
    }
}

fn written(format: &str, seconds: u64, traces: &[Trace], between: &Snapshot) -> String {
    if format == "chrome" {
        return chrome(traces);
    }
    let name = format!("{seconds} s");
    let file = Speedscope::new(&name).traces(traces);
    let tree = between.tree();
    if tree.is_empty() { file.to_string() } else { file.tree(tree).to_string() }
}

fn get(client: &Client, path: &str) -> Result<Vec<u8>, Error> {
    client.get(path, Duration::ZERO, &Received::default()).map_err(|error| told(client, error))
}

fn parse<T: serde::de::DeserializeOwned>(client: &Client, path: &str, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| {
        Error::new(
            format!("{} has something else than traces at {path}: {error}", client.place),
            "is it a program that perf-runtime measures?",
        )
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    /// As a program that keeps the most recent says it, each with its number and when it began.
    fn traces(all: &[(u64, u64)]) -> Vec<Trace> {
        let one = |&(number, start): &(u64, u64)| {
            format!(
                r#"{{"number":{number},"thread":"main","thread_number":1,"start":{{"secs":{start},"nanos":0}},"weight":1,
                "below":[],"is_handed_over":false,"calls":[]}}"#
            )
        };
        let json = all.iter().map(one).collect::<Vec<_>>().join(",");
        serde_json::from_str(&format!("[{json}]")).unwrap()
    }

    #[test]
    fn what_began_before_is_left_out_though_it_ended_later() {
        // The third was there for long when it ended.
        let taken = Taken::of(traces(&[(1, 3), (2, 5), (3, 1), (4, 6)]), Duration::from_secs(5), 1);
        assert_eq!(taken.traces.iter().map(Trace::number).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(taken.lost, 0);
    }

    #[test]
    fn what_was_not_kept_is_counted() {
        // 2 to 6 were gone when they were asked for, and 8 was.
        let taken = Taken::of(traces(&[(7, 8), (9, 9)]), Duration::from_secs(5), 1);
        assert_eq!((taken.traces.len(), taken.lost), (2, 6));
        let none = Taken::of(Vec::new(), Duration::ZERO, 1);
        assert_eq!((none.traces.len(), none.lost), (0, 0));
    }
}
