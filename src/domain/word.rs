//! How a name of the code becomes a word of the API.

use std::fmt::Debug;

/// An enum's value in capitals with underscores: `AccountUnknown` is `ACCOUNT_UNKNOWN`.
pub(super) fn capitals(value: &impl Debug) -> String {
    let name = format!("{value:?}");
    let mut word = String::with_capacity(name.len() + 8);
    for (index, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && index > 0 {
            word.push('_');
        }
        word.push(letter.to_ascii_uppercase());
    }
    word
}
