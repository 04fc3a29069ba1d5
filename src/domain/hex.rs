//! Bytes as hexadecimal digits, two each.

use std::fmt;

/// Shows bytes by their digits, in small letters.
#[derive(Debug, Clone, Copy)]
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The `N` bytes whose digits `text` has, in capitals or not; `None` for any other text.
pub fn bytes_of<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |letter: u8| u8::try_from(char::from(letter).to_digit(16)?).ok();
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_shown_is_read(bytes: [u8; 8]) {
            let text = Hex(&bytes).to_string();
            prop_assert_eq!(bytes_of(&text), Some(bytes));
            prop_assert_eq!(bytes_of(&text.to_uppercase()), Some(bytes));
            prop_assert_eq!(bytes_of::<7>(&text), None);
        }

        #[test]
        fn other_texts_are_refused(text in "[0-9a-fA-F]{0,7}[^0-9a-fA-F][0-9a-fA-F]{0,8}") {
            prop_assert_eq!(bytes_of::<4>(&text), None);
        }
    }
}
