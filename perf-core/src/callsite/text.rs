//! A short text on the stack, for values that are looked up by how they are shown.

use std::fmt::{self, Write};

/// Bytes of a value that count; what follows is cut off. Long enough for a path, short enough for a stack.
const LONGEST: usize = 128;

pub(super) struct Text {
    bytes: [u8; LONGEST],
    len: usize,
    is_cut: bool,
}

impl Text {
    /// What a value writes of itself, as far as there is room.
    #[inline]
    pub(super) fn of(value: fmt::Arguments<'_>) -> Self {
        let mut text = Self { bytes: [0; LONGEST], len: 0, is_cut: false };
        // What a value has written before it failed tells it apart as well as can be.
        let _ = text.write_fmt(value);
        text
    }

    #[inline]
    pub(super) fn as_str(&self) -> &str {
        // Only whole characters go in.
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl Write for Text {
    /// Never fails: there are those who panic where writing does.
    #[inline]
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        if !self.is_cut {
            let piece = cut(piece, LONGEST - self.len);
            self.is_cut = piece.1;
            self.bytes[self.len..][..piece.0.len()].copy_from_slice(piece.0.as_bytes());
            self.len += piece.0.len();
        }
        Ok(())
    }
}

/// As many whole characters as fit, and whether there were more.
#[inline]
fn cut(text: &str, room: usize) -> (&str, bool) {
    if text.len() <= room {
        return (text, false);
    }
    let end = (0..=room).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    (&text[..end], true)
}

/// The part of a text that counts.
#[inline]
pub(super) fn counted(text: &str) -> &str {
    cut(text, LONGEST).0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_value_is_the_same_in_one_piece_and_in_many(pieces in prop::collection::vec(".{0,40}", 0..12)) {
            struct Pieces<'a>(&'a [String]);
            impl fmt::Display for Pieces<'_> {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.0.iter().try_for_each(|piece| f.write_str(piece))
                }
            }
            let whole = pieces.concat();
            let text = Text::of(format_args!("{}", Pieces(&pieces)));
            prop_assert_eq!(text.as_str(), counted(&whole));
            prop_assert!(whole.starts_with(text.as_str()) && text.as_str().len() <= LONGEST);
            prop_assert!(whole.len() <= LONGEST || text.as_str().len() > LONGEST - 4);
        }
    }

    #[test]
    fn what_fails_half_way_is_known_by_what_it_wrote() {
        struct Fails;
        impl fmt::Display for Fails {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("half")?;
                Err(fmt::Error)
            }
        }
        assert_eq!(Text::of(format_args!("{Fails}")).as_str(), "half");
    }
}
