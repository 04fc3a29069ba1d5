//! Real PDFs of any size, made on the fly: nothing is stored.

/// What an invoice's PDF says.
#[derive(Clone, Debug)]
pub struct PdfPage<'a> {
    /// The first, large line; has the invoice number.
    pub title: &'a str,
    /// The lines below, as many pages as they need.
    pub lines: &'a [String],
    /// The whole file has at least this many bytes, by padding that no reader shows.
    pub size_bytes_min: usize,
    /// Selects the padding, so that files differ.
    pub seed: u64,
}
