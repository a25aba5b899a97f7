//! Flame graphs of the call tree.

use std::path::Path;

use inferno::flamegraph::{Options, from_lines};
use perf_core::Snapshot;

use crate::error::Error;
use crate::output;

pub(crate) fn run(snapshot: &Snapshot, out: Option<&Path>, is_folded: bool) -> Result<(), Error> {
    if snapshot.tree().is_empty() {
        return Err(Error::new(
            "no call was traced, so nothing is known of who called whom",
            "start the program with `PERF_TREE=true`, or with `tree = true` in its configuration, and wait for calls",
        ));
    }
    if is_folded {
        return output::write(out, snapshot.tree().folded().as_bytes());
    }
    output::write(Some(out.unwrap_or(Path::new("flame.svg"))), &svg(snapshot)?)
}

/// One picture, without anything from elsewhere.
pub(crate) fn svg(snapshot: &Snapshot) -> Result<Vec<u8>, Error> {
    let mut options = Options::default();
    "Where the time of measured functions goes".clone_into(&mut options.title);
    "ms".clone_into(&mut options.count_name);
    // Nanoseconds by the billion would be read by nobody.
    options.factor = 1e-6;
    options.deterministic = true;
    let folded = snapshot.tree().folded();
    let mut svg = Vec::new();
    from_lines(&mut options, folded.lines(), &mut svg)
        .map_err(|error| Error::new(format!("no flame graph can be made: {error}"), "`--folded` gives the stacks"))?;
    Ok(svg)
}
