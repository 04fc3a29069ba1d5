//! Content coding of answers: which one a client takes, and the compressing itself.

use std::io::{self, Write};

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, HeaderMap};

use super::quality::offers;
use crate::cpu_bound;

/// Shortest answer that is compressed, in bytes: below it headers outweigh what is saved.
pub(super) const COMPRESSED_BYTES_MIN: usize = 1024;

/// From this length on compressing takes half a millisecond or more, and takes turns.
const INLINE_BYTES_MAX: usize = 32 * 1024;

/// A content coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Encoding {
    /// As it is.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
}

impl Encoding {
    /// Every one of them.
    pub(super) const ALL: [Self; 3] = [Self::Identity, Self::Gzip, Self::Brotli];

    /// The value of `Content-Encoding`.
    pub(super) fn header(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }
}

/// The coding for a request's `Accept-Encoding`: the one wanted most, the densest of equals. A
/// client that takes nothing we have gets the answer as it is.
pub(super) fn negotiate(headers: &HeaderMap) -> Encoding {
    if !headers.contains_key(ACCEPT_ENCODING) {
        return Encoding::Identity;
    }
    let [mut gzip, mut brotli, mut identity, mut other] = [None; 4];
    for offer in headers.get_all(ACCEPT_ENCODING).iter().flat_map(offers) {
        let slot = match offer.name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => &mut gzip,
            "br" => &mut brotli,
            "identity" => &mut identity,
            "*" => &mut other,
            _ => continue,
        };
        *slot = Some(offer.quality);
    }
    let wanted = |named: Option<u16>| named.or(other).unwrap_or(0);
    let candidates = [
        (identity.unwrap_or(1), Encoding::Identity),
        (wanted(gzip), Encoding::Gzip),
        (wanted(brotli), Encoding::Brotli),
    ];
    candidates
        .into_iter()
        .filter(|(q, _)| *q > 0)
        .max_by_key(|(q, _)| *q)
        .map_or(Encoding::Identity, |(_, encoding)| encoding)
}

/// `bytes` in `encoding`.
pub(super) async fn compress(bytes: Bytes, encoding: Encoding) -> io::Result<Bytes> {
    if bytes.len() <= INLINE_BYTES_MAX {
        return compress_now(&bytes, encoding);
    }
    let compressed = cpu_bound::run(move || compress_now(&bytes, encoding)).await;
    compressed.map_err(|failed| io::Error::other(failed.to_string()))?
}

fn compress_now(bytes: &Bytes, encoding: Encoding) -> io::Result<Bytes> {
    /// Past these levels both cost several times the CPU for a few per cent.
    const GZIP_LEVEL: u32 = 4;
    const BROTLI_LEVEL: u32 = 4;
    const BROTLI_WINDOW_BITS: u32 = 18;
    let room = Vec::with_capacity(bytes.len() / 4);
    match encoding {
        Encoding::Identity => Ok(bytes.clone()),
        Encoding::Gzip => {
            let mut coder = flate2::write::GzEncoder::new(room, flate2::Compression::new(GZIP_LEVEL));
            coder.write_all(bytes)?;
            Ok(coder.finish()?.into())
        }
        Encoding::Brotli => {
            let mut coder = brotli::CompressorWriter::new(room, 4096, BROTLI_LEVEL, BROTLI_WINDOW_BITS);
            coder.write_all(bytes)?;
            coder.flush()?;
            Ok(coder.into_inner().into())
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::HeaderValue;

    use super::*;

    #[test]
    fn the_coding_wanted_most_is_taken() {
        use Encoding::{Brotli, Gzip, Identity};
        for (given, expected) in [
            ("gzip", Gzip),
            ("gzip, deflate", Gzip),
            ("gzip, deflate, br, zstd", Brotli),
            ("br;q=0.5, gzip", Gzip),
            ("*", Brotli),
            ("br;q=0, *", Gzip),
            ("identity", Identity),
            ("identity, gzip;q=0.5", Identity),
            ("deflate, zstd", Identity),
            ("gzip;q=0", Identity),
            ("", Identity),
            ("identity;q=0", Identity),
            ("GZIP", Gzip),
        ] {
            let headers = [(ACCEPT_ENCODING, HeaderValue::from_static(given))].into_iter().collect();
            assert_eq!(negotiate(&headers), expected, "{given:?}");
        }
        assert_eq!(negotiate(&HeaderMap::new()), Identity);
    }
}
