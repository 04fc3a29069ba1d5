//! Frames the rows of PSOhub's invoice list while it arrives, without storing a PDF.
//!
//! A pure state machine: it is fed pieces of any size and hands out one row's JSON at a time, with
//! the value of `InvoicePDF` taken out. Its memory is one row. It knows nothing of what a row means
//! (`wire` does) and nothing of where bytes come from. A list that does not end is told from a whole
//! one by [`ListDecoder::finish`].

use super::pdf::PdfCollector;
use super::scan::{Expect, Value};
use crate::transport::json::describe;

/// Largest row without its PDF, and deepest nesting inside one.
const ROW_BYTES_MAX: usize = 4 * 1024 * 1024;
const DEPTH_MAX: u32 = 64;
/// What is kept of a row that is too large, to name it.
const ROW_BYTES_KEPT: usize = 4096;

/// Names under which an object may wrap the list. Any other array in an object is no list: an error
/// answer may well hold an empty one.
const LIST_NAMES: [&str; 8] =
    ["invoices", "data", "items", "results", "rows", "records", "value", "invoicelist"];

/// Why a list cannot be read (further).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ListFault {
    /// It is something else.
    #[error("not a list of invoices but {found}")]
    NotAList { found: String },
    /// It broke off.
    #[error("the list broke off after {rows} rows")]
    Truncated { rows: usize },
    /// It is no JSON from here on.
    #[error("the list is not JSON any more after {rows} rows, at byte {at}")]
    Malformed { rows: usize, at: u64 },
}

/// Why a row was framed but cannot be handed out whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum RowFault {
    #[error("larger than {ROW_BYTES_MAX} bytes without its PDF")]
    TooLarge,
    #[error("nested deeper than {DEPTH_MAX} levels")]
    TooDeep,
}

/// One element of the list.
#[derive(Debug)]
pub(super) struct RawRow<'a> {
    /// Its place in the list, from 0.
    pub(super) index: usize,
    /// Its JSON with `null` for the PDF's text; only the start where `fault` is set.
    pub(super) json: &'a [u8],
    /// Bytes of the PDF's text as written; 0 where there was none.
    pub(super) pdf_chars: u64,
    /// The PDF's text, decoded, where it was asked for.
    pub(super) pdf: Option<PdfCollector>,
    pub(super) fault: Option<RowFault>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    /// Inside an object around the list, before or after it.
    Wrapper,
    /// In the array, where a row or `]` may come.
    BeforeRow,
    /// In the array, after a comma: a row must come.
    AfterComma,
    Row,
    AfterRow,
    End,
}

/// The decoder.
#[derive(Debug)]
pub(super) struct ListDecoder {
    place: Place,
    rows: usize,
    offset: u64,
    row: Value,
    wrapper: Value,
    wrapped: bool,
    list_seen: bool,
    names_seen: Vec<String>,
    buffer: Vec<u8>,
    fault: Option<RowFault>,
    in_pdf: bool,
    pdf_chars: u64,
    pdf_bytes_max: Option<usize>,
    pdf: Option<PdfCollector>,
}

impl ListDecoder {
    /// A decoder that skips PDFs.
    pub(super) const fn skipping_pdfs() -> Self {
        Self::new(None)
    }

    /// A decoder that decodes each row's PDF up to `bytes_max`.
    pub(super) const fn keeping_pdfs(bytes_max: usize) -> Self {
        Self::new(Some(bytes_max))
    }

    const fn new(pdf_bytes_max: Option<usize>) -> Self {
        Self {
            place: Place::Start,
            rows: 0,
            offset: 0,
            row: Value::new(),
            wrapper: Value::new(),
            wrapped: false,
            list_seen: false,
            names_seen: Vec::new(),
            buffer: Vec::new(),
            fault: None,
            in_pdf: false,
            pdf_chars: 0,
            pdf_bytes_max,
            pdf: None,
        }
    }

    /// Reads a further piece; `on_row` is called for each row that ends in it.
    ///
    /// # Errors
    /// [`ListFault::NotAList`] and [`ListFault::Malformed`], for good: feed nothing more.
    pub(super) fn feed(&mut self, piece: &[u8], mut on_row: impl FnMut(RawRow<'_>)) -> Result<(), ListFault> {
        let mut rest = piece;
        while !rest.is_empty() {
            let used = if self.place == Place::Row {
                self.read_row(rest, &mut on_row)
            } else {
                self.read_between(rest)?
            };
            self.offset += used as u64;
            rest = &rest[used..];
        }
        Ok(())
    }

    /// The number of rows, when the list was whole.
    ///
    /// # Errors
    /// [`ListFault::Truncated`] when it began and did not end, [`ListFault::NotAList`] when none began.
    pub(super) fn finish(self) -> Result<usize, ListFault> {
        match self.place {
            Place::End => Ok(self.rows),
            Place::Start => Err(ListFault::NotAList { found: describe(b"").to_owned() }),
            Place::Wrapper if !self.list_seen => Err(self.no_list_in_object()),
            _ => Err(ListFault::Truncated { rows: self.rows }),
        }
    }

    /// Rows so far.
    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    fn malformed(&self) -> ListFault {
        ListFault::Malformed { rows: self.rows, at: self.offset }
    }

    fn no_list_in_object(&self) -> ListFault {
        ListFault::NotAList { found: format!("a JSON object with: {}", self.names_seen.join(", ")) }
    }

    /// Everything outside rows. Consumes one byte, or none before a row's first.
    fn read_between(&mut self, rest: &[u8]) -> Result<usize, ListFault> {
        let byte = rest[0];
        if self.place == Place::Wrapper {
            return self.read_wrapper(byte);
        }
        if byte.is_ascii_whitespace() {
            return Ok(1);
        }
        self.place = match (self.place, byte) {
            (Place::Start, 0xEF | 0xBB | 0xBF) => Place::Start,
            (Place::Start, b'[') => Place::BeforeRow,
            (Place::Start, b'{') => {
                self.wrapped = true;
                return self.read_wrapper(byte);
            }
            (Place::Start, _) => return Err(ListFault::NotAList { found: describe(rest).to_owned() }),
            (Place::BeforeRow | Place::AfterRow, b']') if self.wrapped => Place::Wrapper,
            (Place::BeforeRow | Place::AfterRow, b']') => Place::End,
            (Place::AfterRow, b',') => Place::AfterComma,
            (Place::BeforeRow | Place::AfterComma, byte) if !matches!(byte, b',' | b']' | b'}' | b':') => {
                self.begin_row();
                return Ok(0);
            }
            _ => return Err(self.malformed()),
        };
        Ok(1)
    }

    /// The object around the list: finds the list's name at its first level, skips the rest.
    fn read_wrapper(&mut self, byte: u8) -> Result<usize, ListFault> {
        self.place = Place::Wrapper;
        let list_begins = byte == b'['
            && !self.wrapper.in_string
            && self.wrapper.depth == 1
            && self.wrapper.expect == Expect::Value
            && LIST_NAMES.iter().any(|name| self.wrapper.key_is(name));
        if list_begins {
            if std::mem::replace(&mut self.list_seen, true) {
                return Err(self.malformed());
            }
            self.wrapper.expect = Expect::Next;
            self.place = Place::BeforeRow;
            return Ok(1);
        }
        let was_key = self.wrapper.in_key;
        self.wrapper.step(byte);
        if was_key && !self.wrapper.in_key && self.names_seen.len() < 10 {
            self.names_seen.push(String::from_utf8_lossy(&self.wrapper.key).into_owned());
        }
        if self.wrapper.depth == 0 {
            if !self.list_seen {
                return Err(self.no_list_in_object());
            }
            self.place = Place::End;
        }
        Ok(1)
    }

    fn begin_row(&mut self) {
        self.place = Place::Row;
        self.row.reset();
        self.buffer.clear();
        self.fault = None;
        self.in_pdf = false;
        self.pdf_chars = 0;
        self.pdf = None;
    }

    /// Inside a row: consumes up to its end or the piece's.
    fn read_row(&mut self, rest: &[u8], on_row: &mut impl FnMut(RawRow<'_>)) -> usize {
        let mut used = 0;
        while used < rest.len() {
            let left = &rest[used..];
            if self.in_pdf {
                used += self.skip_pdf(left);
            } else if self.row.in_string && !self.row.escaped && !matches!(left[0], b'"' | b'\\') {
                used += self.copy_text(left);
            } else {
                let byte = left[0];
                // A bare number, truth value or null ends where something else begins.
                if self.row.ends_before(byte, self.buffer.is_empty()) {
                    self.end_row(on_row);
                    return used;
                }
                used += 1;
                self.read_structure(byte);
                if self.row.depth == 0 && !self.row.in_string && matches!(byte, b'}' | b']' | b'"') {
                    self.end_row(on_row);
                    return used;
                }
            }
        }
        used
    }

    /// One byte that is not plain text.
    fn read_structure(&mut self, byte: u8) {
        let pdf_begins = byte == b'"'
            && !self.row.in_string
            && self.row.depth == 1
            && self.row.expect == Expect::Value
            && self.row.key_is("InvoicePDF");
        if pdf_begins {
            self.row.expect = Expect::Next;
            self.in_pdf = true;
            self.pdf = self.pdf_bytes_max.map(PdfCollector::new);
            self.push(b"null");
            return;
        }
        let outside = !self.row.in_string;
        self.row.step(byte);
        if self.row.depth > DEPTH_MAX && self.fault.is_none() {
            self.give_up(RowFault::TooDeep);
        }
        if !(outside && byte.is_ascii_whitespace()) {
            self.push(&[byte]);
        }
    }

    /// Plain text inside a string, up to the next quote or backslash.
    fn copy_text(&mut self, left: &[u8]) -> usize {
        let end = memchr::memchr2(b'"', b'\\', left).unwrap_or(left.len());
        if self.row.in_key {
            let room = Value::KEY_BYTES_MAX.saturating_sub(self.row.key.len());
            self.row.key.extend_from_slice(&left[..end.min(room)]);
        }
        self.push(&left[..end]);
        end
    }

    /// The PDF's text, up to and with its closing quote.
    fn skip_pdf(&mut self, left: &[u8]) -> usize {
        if self.row.escaped {
            self.row.escaped = false;
            self.pdf_chars += 1;
            if let Some(pdf) = &mut self.pdf {
                pdf.push_escaped(left[0]);
            }
            return 1;
        }
        let end = memchr::memchr2(b'"', b'\\', left).unwrap_or(left.len());
        self.pdf_chars += end as u64;
        if let Some(pdf) = &mut self.pdf {
            pdf.push(&left[..end]);
        }
        match left.get(end) {
            Some(b'"') => self.in_pdf = false,
            Some(_) => self.row.escaped = true,
            None => return end,
        }
        end + 1
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.fault.is_some() {
            return;
        }
        if self.buffer.len().saturating_add(bytes.len()) > ROW_BYTES_MAX {
            self.give_up(RowFault::TooLarge);
        } else {
            self.buffer.extend_from_slice(bytes);
        }
    }

    fn give_up(&mut self, fault: RowFault) {
        self.fault = Some(fault);
        self.buffer.truncate(ROW_BYTES_KEPT);
        self.buffer.shrink_to(ROW_BYTES_KEPT);
    }

    fn end_row(&mut self, on_row: &mut impl FnMut(RawRow<'_>)) {
        on_row(RawRow {
            index: self.rows,
            json: &self.buffer,
            pdf_chars: self.pdf_chars,
            pdf: self.pdf.take(),
            fault: self.fault,
        });
        self.rows += 1;
        self.place = Place::AfterRow;
    }
}

#[cfg(test)]
mod tests;
