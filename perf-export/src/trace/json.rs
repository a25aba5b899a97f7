//! What JSON is made of here.

use std::fmt::{self, Display, Formatter, Write};
use std::time::Duration;

/// A text in quotes, with whatever must not stand in them escaped.
pub(super) struct Text<'a>(pub(super) &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                c if c < ' ' => write!(f, "\\u{:04x}", u32::from(c))?,
                // These end a line where JSON is read as a script.
                '\u{2028}' | '\u{2029}' => write!(f, "\\u{:04x}", u32::from(c))?,
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

/// Items with commas between them, as `each` writes them.
pub(super) struct List<I, W>(pub(super) I, pub(super) W);

impl<I, W> Display for List<I, W>
where
    I: Iterator + Clone,
    W: Fn(&mut Formatter<'_>, I::Item) -> fmt::Result,
{
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (at, item) in self.0.clone().enumerate() {
            if at > 0 {
                f.write_char(',')?;
            }
            (self.1)(f, item)?;
        }
        Ok(())
    }
}

/// Microseconds, to the nanosecond.
pub(super) struct Micros(pub(super) Duration);

impl Display for Micros {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        write!(f, "{}.{:03}", nanos / 1000, nanos % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_not_stand_in_quotes_is_escaped() {
        let text = "a \"b\" \\ c\n\u{1}\u{2028}é<T>\u{1F980}";
        assert_eq!(Text(text).to_string(), "\"a \\\"b\\\" \\\\ c\\u000a\\u0001\\u2028é<T>\u{1F980}\"");
    }

    #[test]
    fn microseconds_are_exact() {
        assert_eq!(Micros(Duration::from_nanos(12_345_006)).to_string(), "12345.006");
        assert_eq!(Micros(Duration::ZERO).to_string(), "0.000");
    }

    #[test]
    fn items_have_commas_between_them() {
        let list = |count: u32| List(0..count, |f: &mut Formatter<'_>, item| write!(f, "{item}")).to_string();
        assert_eq!([list(0), list(1), list(3)], ["", "0", "0,1,2"]);
    }
}
