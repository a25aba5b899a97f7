//! `--name value` on the command line.

use std::str::FromStr;

/// The value after `--name`, or `default` where it is not given.
///
/// # Panics
///
/// Where there is a value and it is none: a bench has no use for half a command line.
pub fn value<T: FromStr>(name: &str, default: T) -> T {
    match text(name) {
        None => default,
        Some(text) => text.parse().unwrap_or_else(|_| panic!("`{name} {text}`: not a value")),
    }
}

/// The text after `--name`.
#[must_use]
pub fn text(name: &str) -> Option<String> {
    let mut args = std::env::args().skip_while(|arg| arg != name);
    args.next()?;
    args.next()
}

/// Whether `--name` is there.
#[must_use]
pub fn flag(name: &str) -> bool {
    std::env::args().any(|arg| arg == name)
}
