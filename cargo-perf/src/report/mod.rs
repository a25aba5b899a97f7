//! A snapshot as something to read or to keep.

mod html;
mod markdown;
mod tables;

use perf_core::__text::{duration, percent};
use perf_core::Snapshot;

use crate::args::Format;
use crate::error::Error;

/// `is_plain` where what reads it is no terminal, whatever the standard output is.
pub(crate) fn make(snapshot: &Snapshot, format: Format, is_plain: bool) -> Result<Vec<u8>, Error> {
    Ok(match format {
        Format::Table if is_plain => without_colours(&format!("{snapshot}\n")).into_bytes(),
        Format::Table => format!("{snapshot}\n").into_bytes(),
        Format::Markdown => markdown::page(snapshot).into_bytes(),
        Format::Html => html::page(snapshot)?.into_bytes(),
        Format::Json => {
            let mut json = serde_json::to_vec(snapshot)
                .map_err(|error| Error::new(format!("the snapshot cannot be written as JSON: {error}"), ""))?;
            json.push(b'\n');
            json
        }
    })
}

/// Of which program and time this is, in a line.
fn headline(snapshot: &Snapshot) -> String {
    let mut said = Vec::new();
    if let Some(process) = snapshot.process() {
        said.push(format!("process {}", process.id));
    }
    said.push(format!("{} measured", duration(snapshot.uptime())));
    if let Some(spent) = snapshot.overhead().spent() {
        said.push(format!("measuring took {} of the CPU time", percent(spent)));
    }
    said.push(format!("clock {}", snapshot.clock()));
    said.join(", ")
}

fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut parts = text.split("\x1b[");
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        plain.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    plain
}

#[cfg(test)]
mod tests {
    #[test]
    fn colours_are_taken_out_and_nothing_else() {
        assert_eq!(super::without_colours("a\x1b[1;36mb m\x1b[0m\nc"), "ab m\nc");
    }
}
