//! A PDF as Bexio sends it: base64 inside JSON, with a file name.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::error::BexioError;
use super::rows::{decode_object, fault};
use crate::transport::Answer;
use crate::transport::json::{self, Reader};

/// A PDF document.
#[derive(Clone, PartialEq, Eq)]
pub struct Pdf {
    /// `name`: the file name that Bexio gives it, such as `re-00512.pdf`.
    pub name: Box<str>,
    /// Its bytes, which begin as a PDF's do.
    pub bytes: Bytes,
}

impl std::fmt::Debug for Pdf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pdf").field("name", &self.name).field("bytes", &self.bytes.len()).finish()
    }
}

pub(super) fn decode_pdf(answer: &Answer) -> Result<Pdf, BexioError> {
    let (name, content) = decode_object(answer, |fields, reader| {
        let content = Reader::required("content", fields.value(&["content"]), json::text_of)?.into_owned();
        Ok((reader.word("name", fields.value(&["name"])), content))
    })?;
    let content: Vec<u8> = content.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = STANDARD.decode(content).map_err(|_| fault(answer, "content: base64 was expected"))?;
    if !bytes.starts_with(b"%PDF") {
        return Err(fault(answer, "content: a PDF was expected"));
    }
    Ok(Pdf { name: name.unwrap_or_else(|| "invoice.pdf".into()), bytes: bytes.into() })
}
