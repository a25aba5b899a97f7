//! Snapshots, from files and from programs.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use perf_core::Snapshot;

use crate::answer::Received;
use crate::error::Error;
use crate::http::Client;
use crate::place::{Kind, Place, kind_of};
use crate::progress;

/// Where programs say all that they know.
pub(crate) const PATH: &str = "/snapshot.json";

/// From a file, the standard input (`-`) or a program.
pub(crate) fn snapshot(from: &str, token: Option<&str>) -> Result<Snapshot, Error> {
    if from == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        read.map_err(|error| Error::new(format!("the standard input: {error}"), ""))?;
        return parse(&bytes, "the standard input");
    }
    let path = Path::new(from);
    let is_socket = path.extension().is_some_and(|extension| extension == "sock") || from.contains(':');
    match kind_of(path) {
        Kind::File => return of_file(path),
        // A path, and no address: it says so itself.
        Kind::Nothing if from.contains('/') && !is_socket => return of_file(path),
        Kind::Nothing | Kind::Socket => {}
    }
    let client = client(from, token)?;
    let bytes = progress::during(from, |received| client.get(PATH, Duration::ZERO, received))?;
    parse(&bytes, from)
}

/// Who asks at an address.
pub(crate) fn client(address: &str, token: Option<&str>) -> Result<Client, Error> {
    Ok(Client { place: Place::parse(address)?, token: token.map(str::to_owned) })
}

/// From a program, once.
pub(crate) fn ask(client: &Client) -> Result<Snapshot, Error> {
    parse(&client.get(PATH, Duration::ZERO, &Received::default())?, &client.place.to_string())
}

pub(crate) fn of_file(path: &Path) -> Result<Snapshot, Error> {
    let name = path.display().to_string();
    let way_out =
        "a snapshot is what `cargo perf report ADDR --format json -o FILE` writes; ADDR is `127.0.0.1:9898`, say";
    let bytes = std::fs::read(path).map_err(|error| Error::new(format!("{name}: {error}"), way_out))?;
    parse(&bytes, &name)
}

/// What has to be known before the rest can be.
#[derive(serde::Deserialize)]
struct Version {
    schema_version: Option<u32>,
}

pub(crate) fn parse(bytes: &[u8], from: &str) -> Result<Snapshot, Error> {
    let way_out = "one is what `cargo perf report … --format json` writes, and what programs have at /snapshot.json";
    let version = match serde_json::from_slice::<Version>(bytes) {
        Ok(Version { schema_version: Some(version) }) => version,
        Ok(_) => {
            return Err(Error::new(format!("{from} is JSON, and no snapshot: it has no `schema_version`"), way_out));
        }
        Err(error) => return Err(Error::new(format!("{from} is no snapshot: {error}"), way_out)),
    };
    if version != Snapshot::SCHEMA_VERSION {
        let which = if version > Snapshot::SCHEMA_VERSION { "newer" } else { "older" };
        return Err(Error::new(
            format!("{from} is a snapshot of schema version {version}, and this reads {}", Snapshot::SCHEMA_VERSION),
            format!(
                "take the {which} cargo-perf, that of the program's perf-runtime: `cargo install cargo-perf --version …`"
            ),
        ));
    }
    serde_json::from_slice(bytes).map_err(|error| Error::new(format!("{from} is no snapshot: {error}"), way_out))
}

/// What happened between two, of one run.
pub(crate) fn since(now: &Snapshot, earlier: &Path) -> Result<Snapshot, Error> {
    let then = of_file(earlier)?;
    if is_other_run(now, &then) {
        return Err(Error::new(
            format!("{} is later, or of another run of the program", earlier.display()),
            "differences are of two snapshots of one run; take the first again after the program has started",
        ));
    }
    Ok(now.since(&then))
}

/// Whether the later of two snapshots cannot be of the same run.
pub(crate) fn is_other_run(now: &Snapshot, then: &Snapshot) -> bool {
    let ids = [now.process(), then.process()].map(|process| process.map(|process| process.id));
    let is_other = matches!(ids, [Some(now), Some(then)] if now != then);
    is_other || now.uptime() < then.uptime()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_snapshot_is_told_from_one_that_cannot_be_read() {
        for (text, part) in [
            ("", "x is no snapshot: EOF"),
            ("<html>", "x is no snapshot: expected value"),
            ("[]", "x is no snapshot: invalid"),
            ("{}", "x is JSON, and no snapshot"),
            (r#"{"schema_version": 1}"#, "missing field `uptime`"),
            (r#"{"schema_version": 7}"#, "schema version 7, and this reads 1\n  take the newer cargo-perf"),
        ] {
            let error = parse(text.as_bytes(), "x").unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
