//! The bytes of a mirrored row: `postcard` over the domain's types, as compact as they come.
//!
//! The domain's types are described a second time in `rows` (`serde`'s remote derive, so the compiler
//! holds the two together) because amounts and dates need another form than JSON's: a decimal is
//! its digits and its scale, a date a number (`forms`).
//!
//! There is no versioned reading. The mirror is a cache of the upstreams: whoever changes a type
//! raises [`FORMAT`], and mirrors of another format are dropped and fetched again.

mod forms;
mod rows;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

/// Raise it with every change of what is written here; a test notices.
pub(super) const FORMAT: i64 = 1;

pub(super) fn encode<T>(value: &T) -> Result<Vec<u8>, postcard::Error>
where
    for<'a> Out<'a, T>: Serialize,
{
    postcard::to_allocvec(&Out(value))
}

pub(super) fn decode<'de, T>(bytes: &'de [u8]) -> Result<T, postcard::Error>
where
    In<T>: Deserialize<'de>,
{
    // Bytes left over mean another format, whatever was read before them.
    match postcard::take_from_bytes::<In<T>>(bytes)? {
        (In(value), []) => Ok(value),
        _ => Err(postcard::Error::DeserializeBadEncoding),
    }
}

/// A value on its way out, in the form described here.
pub(super) struct Out<'a, T>(&'a T);
/// A value on its way in.
pub(super) struct In<T>(T);
