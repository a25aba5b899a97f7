//! Text in a fixed number of bytes.

use std::fmt;

/// What stands for the rest.
const ELLIPSIS: &str = "…";

/// At most `N` bytes of text, at the end of which an ellipsis stands where there was more.
#[derive(Clone, Copy)]
pub(crate) struct Text<const N: usize> {
    bytes: [u8; N],
    length: u16,
    is_cut: bool,
}

impl<const N: usize> Text<N> {
    pub(crate) const EMPTY: Self = Self { bytes: [0; N], length: 0, is_cut: false };

    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }

    /// Whether there was more than there is room for.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    fn push(&mut self, text: &str) {
        let from = usize::from(self.length);
        self.bytes[from..from + text.len()].copy_from_slice(text.as_bytes());
        self.length += text.len() as u16;
    }

    /// Goes back to at most so many bytes, between two characters.
    fn truncate(&mut self, length: usize) {
        self.length = floor_char_boundary(self.as_str(), length) as u16;
    }
}

/// The last place at or before `at` that is between two characters.
fn floor_char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl<const N: usize> fmt::Write for Text<N> {
    /// Fails when it is full, so that whoever writes a million elements stops there.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let length = usize::from(self.length);
        if self.is_cut {
            return Err(fmt::Error);
        }
        if text.len() <= N - length {
            self.push(text);
            return Ok(());
        }
        match (N - ELLIPSIS.len()).checked_sub(length) {
            Some(room) => self.push(&text[..floor_char_boundary(text, room)]),
            None => self.truncate(N - ELLIPSIS.len()),
        }
        self.push(ELLIPSIS);
        self.is_cut = true;
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_is_all_of_it_or_its_beginning_and_an_ellipsis(parts in prop::collection::vec(".{0,9}", 0..6)) {
            let mut text = Text::<16>::EMPTY;
            let whole = parts.concat();
            let fits = parts.iter().all(|part| text.write_str(part).is_ok());
            prop_assert_eq!(fits, whole.len() <= 16);
            if fits {
                prop_assert_eq!(text.as_str(), &whole);
            } else {
                let start = text.as_str().strip_suffix(ELLIPSIS).unwrap();
                prop_assert!(whole.starts_with(start));
                // A character has at most four bytes, so no more than three of them are wasted.
                prop_assert!((10..=13).contains(&start.len()), "{}", start);
            }
        }
    }
}
