//! Where what was made goes.

use std::io::{ErrorKind, Write};
use std::path::Path;

use crate::error::Error;

/// Writes to a file, or to the standard output where there is none or it is `-`.
pub(crate) fn write(out: Option<&Path>, bytes: &[u8]) -> Result<(), Error> {
    let Some(path) = out.filter(|path| *path != Path::new("-")) else {
        let mut stdout = std::io::stdout().lock();
        return match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            // Whoever reads has read enough, as `head` does.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(Error::new(format!("the standard output: {error}"), "")),
            Ok(()) => Ok(()),
        };
    };
    std::fs::write(path, bytes)
        .map_err(|error| Error::new(format!("{} cannot be written: {error}", path.display()), "another `-o FILE`"))?;
    say(&format!("{} written", path.display()));
    Ok(())
}

/// Says something beside what is written, where that can be read: a terminal that is gone is no reason to panic.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
