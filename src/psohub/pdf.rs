//! Decodes the base64 text of one PDF as it arrives, under a limit.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Why a PDF cannot be handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PdfFault {
    /// More bytes than are accepted.
    #[error("the PDF is larger than {max} bytes")]
    TooLarge {
        /// The limit in bytes.
        max: usize,
    },
    /// The text is no base64.
    #[error("the PDF's text is not base64")]
    NotBase64,
    /// The bytes do not begin as a PDF does.
    #[error("the document does not begin with %PDF")]
    NotAPdf,
}

/// Accepts texts with and without padding.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Base64 characters collected before they are decoded.
const STAGE_BYTES: usize = 8 * 1024;
/// A `data:application/pdf;base64,` before the text is shorter than this.
const PREFIX_CHARS_MAX: usize = 100;

/// The bytes of a PDF so far.
#[derive(Debug)]
pub(super) struct PdfCollector {
    bytes_max: usize,
    staged: Vec<u8>,
    bytes: Vec<u8>,
    /// Hex digits still to come of a `\u` escape, and their value so far.
    unicode: Option<(u8, u32)>,
    fault: Option<PdfFault>,
}

impl PdfCollector {
    pub(super) const fn new(bytes_max: usize) -> Self {
        Self { bytes_max, staged: Vec::new(), bytes: Vec::new(), unicode: None, fault: None }
    }

    /// Text as written between two escapes.
    pub(super) fn push(&mut self, text: &[u8]) {
        for &byte in text {
            if self.fault.is_some() {
                return;
            }
            match self.unicode {
                Some((left, value)) => self.push_hex(byte, left, value),
                None => self.push_char(byte),
            }
        }
    }

    /// The character after a backslash.
    pub(super) fn push_escaped(&mut self, byte: u8) {
        match byte {
            b'u' => self.unicode = Some((4, 0)),
            b'n' | b'r' | b't' | b'b' | b'f' => {}
            other => self.push_char(other),
        }
    }

    fn push_hex(&mut self, byte: u8, left: u8, value: u32) {
        let Some(digit) = char::from(byte).to_digit(16) else {
            self.fault = Some(PdfFault::NotBase64);
            return;
        };
        let value = value * 16 + digit;
        self.unicode = (left > 1).then_some((left - 1, value));
        if left == 1 {
            self.push_char(u8::try_from(value).unwrap_or(b'?'));
        }
    }

    fn push_char(&mut self, byte: u8) {
        match byte {
            b' ' | b'\n' | b'\r' | b'\t' => return,
            b',' if self.bytes.is_empty() && self.staged.len() < PREFIX_CHARS_MAX => {
                self.staged.clear();
                return;
            }
            b'-' => self.staged.push(b'+'),
            b'_' => self.staged.push(b'/'),
            other => self.staged.push(other),
        }
        if self.staged.len() == STAGE_BYTES {
            self.decode();
        }
    }

    fn decode(&mut self) {
        if ENGINE.decode_vec(&self.staged, &mut self.bytes).is_err() {
            self.fault = Some(PdfFault::NotBase64);
        } else if self.bytes.len() > self.bytes_max {
            self.fault = Some(PdfFault::TooLarge { max: self.bytes_max });
        }
        self.staged.clear();
        if self.fault.is_some() {
            self.bytes = Vec::new();
        }
    }

    /// The PDF, `None` when the text was blank.
    ///
    /// # Errors
    /// [`PdfFault`].
    pub(super) fn finish(mut self) -> Result<Option<Vec<u8>>, PdfFault> {
        self.decode();
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        match self.bytes {
            bytes if bytes.is_empty() => Ok(None),
            bytes if is_pdf(&bytes) => Ok(Some(bytes)),
            _ => Err(PdfFault::NotAPdf),
        }
    }
}

/// Readers look for `%PDF` in the first 1,024 bytes; some writers put a few bytes before it.
fn is_pdf(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(1024)].windows(4).any(|four| four == b"%PDF")
}
