//! Real PDFs of any size, made on the fly: nothing is stored.
//!
//! A file is the head (catalog, font, pages), padding in a stream object that no reader shows, and the tail
//! (cross-reference table). The padding is one shared block, kept once as bytes and once as base64, so a list of
//! 5,000 PDFs of 100 KiB costs neither memory nor encoding. The format is PDF 1.4 (ISO 32000-1, chapter 7).

use std::io::Write as _;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

/// Divisible by 3, so that a slice on a 3-byte border is a slice of the base64 form too.
const BLOCK_BYTES: usize = 96 * 1024;
/// Larger is a typing error.
const SIZE_BYTES_MAX: usize = 256 * 1024 * 1024;
const LINES_PER_PAGE: usize = 48;
const CHARS_PER_LINE: usize = 95;
const CATALOG: usize = 1;
const PAGES: usize = 2;
const FONT: usize = 3;
const FIRST_PAGE: usize = 4;

static BLOCK: LazyLock<Bytes> = LazyLock::new(|| {
    let mut random = SmallRng::seed_from_u64(0x5044_4650_4144);
    (0..BLOCK_BYTES).map(|_| random.random_range(b'A'..=b'Z')).collect()
});
static BLOCK_BASE64: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(STANDARD.encode(&*BLOCK)));

/// What a PDF says and how large it is.
#[derive(Clone, Copy, Debug)]
pub struct PdfText<'a> {
    /// The first, large line; has the invoice number.
    pub title: &'a str,
    /// The lines below, on as many pages as they need. Long ones are wrapped.
    pub lines: &'a [String],
    /// The file has at least this many bytes (up to 256 MiB), by padding that no reader shows.
    pub size_bytes_min: usize,
    /// Selects the padding, so that files differ in all their length.
    pub seed: u64,
}

/// A PDF file. The same [`PdfText`] gives the same bytes.
#[derive(Clone, Debug)]
pub struct Pdf {
    /// A multiple of 3 bytes long.
    head: Vec<u8>,
    padding_start: usize,
    /// A multiple of 3.
    padding_bytes: usize,
    tail: Vec<u8>,
}

impl Pdf {
    /// Lays the text out.
    pub fn render(text: &PdfText<'_>) -> Self {
        let mut file = Writer::default();
        let lines: Vec<&str> = text.lines.iter().flat_map(|line| wrap(line)).collect();
        file.out.extend_from_slice(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n");
        write_structure(&mut file, text.title, &lines);
        // Less than what follows, so that the file is never smaller than asked for.
        let rest_bytes = 100 + 20 * file.offsets.len();
        let padding_bytes = text
            .size_bytes_min
            .min(SIZE_BYTES_MAX)
            .saturating_sub(file.out.len() + rest_bytes)
            .next_multiple_of(3);
        file.begin_padding(padding_bytes);
        let tail = file.tail(padding_bytes);
        let padding_start = usize::try_from(text.seed % 1024).unwrap_or(0) * 3;
        Self { head: file.out, padding_start, padding_bytes, tail }
    }

    /// Size of the file.
    pub fn size_bytes(&self) -> usize {
        self.head.len() + self.padding_bytes + self.tail.len()
    }

    /// The whole file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size_bytes());
        out.extend_from_slice(&self.head);
        for (from, to) in self.padding_slices() {
            out.extend_from_slice(&BLOCK[from..to]);
        }
        out.extend_from_slice(&self.tail);
        out
    }

    /// The file as base64, in pieces; those of the padding are shared, not copied.
    pub fn base64(&self) -> Vec<Bytes> {
        let mut pieces = vec![Bytes::from(STANDARD.encode(&self.head))];
        pieces.extend(self.padding_slices().map(|(from, to)| BLOCK_BASE64.slice(from / 3 * 4..to / 3 * 4)));
        pieces.push(Bytes::from(STANDARD.encode(&self.tail)));
        pieces
    }

    fn padding_slices(&self) -> impl Iterator<Item = (usize, usize)> {
        let mut from = self.padding_start;
        let mut left = self.padding_bytes;
        std::iter::from_fn(move || {
            if left == 0 {
                return None;
            }
            let to = BLOCK_BYTES.min(from + left);
            let slice = (from, to);
            left -= to - from;
            from = 0;
            Some(slice)
        })
    }
}

/// Writes objects and remembers where each began.
#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    /// Offset of object 1, 2, …
    offsets: Vec<usize>,
}

impl Writer {
    fn object(&mut self, body: &[u8]) {
        self.offsets.push(self.out.len());
        self.print(format_args!("{} 0 obj\n", self.offsets.len()));
        self.out.extend_from_slice(body);
        self.print(format_args!("\nendobj\n"));
    }

    fn stream(&mut self, content: &[u8]) {
        let mut body = format!("<< /Length {} >>\nstream\n", content.len()).into_bytes();
        body.extend_from_slice(content);
        body.extend_from_slice(b"\nendstream");
        self.object(&body);
    }

    /// Opens the padding's object and fills up to a multiple of 3 bytes, so that base64 can be cut there.
    fn begin_padding(&mut self, padding_bytes: usize) {
        self.offsets.push(self.out.len());
        self.print(format_args!("{} 0 obj\n<< /Length {padding_bytes} >>", self.offsets.len()));
        let stream = b"\nstream\n";
        while !(self.out.len() + stream.len()).is_multiple_of(3) {
            self.out.push(b' ');
        }
        self.out.extend_from_slice(stream);
    }

    fn tail(&self, padding_bytes: usize) -> Vec<u8> {
        let mut tail = b"\nendstream\nendobj\n".to_vec();
        let xref = self.out.len() + padding_bytes + tail.len();
        let objects = self.offsets.len() + 1;
        // Writing to a Vec cannot fail.
        let _ = write!(tail, "xref\n0 {objects}\n0000000000 65535 f \n");
        for offset in &self.offsets {
            // An entry has 20 bytes with its end of line.
            let _ = writeln!(tail, "{offset:010} 00000 n ");
        }
        let _ =
            write!(tail, "trailer\n<< /Size {objects} /Root {CATALOG} 0 R >>\nstartxref\n{xref}\n%%EOF\n");
        tail
    }

    fn print(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a Vec cannot fail.
        let _ = self.out.write_fmt(text);
    }
}

fn write_structure(file: &mut Writer, title: &str, lines: &[&str]) {
    let pages: Vec<&[&str]> =
        if lines.is_empty() { vec![lines] } else { lines.chunks(LINES_PER_PAGE).collect() };
    let kids: Vec<String> = (0..pages.len()).map(|page| format!("{} 0 R", FIRST_PAGE + 2 * page)).collect();
    file.object(format!("<< /Type /Catalog /Pages {PAGES} 0 R >>").as_bytes());
    file.object(format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()).as_bytes());
    file.object(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>");
    for (page, lines) in pages.iter().enumerate() {
        let contents = FIRST_PAGE + 2 * page + 1;
        let resources = format!("/Resources << /Font << /F1 {FONT} 0 R >> >>");
        file.object(
            format!("<< /Type /Page /Parent {PAGES} 0 R /MediaBox [0 0 595 842] {resources} /Contents {contents} 0 R >>")
                .as_bytes(),
        );
        file.stream(&page_content(title, lines));
    }
}

fn page_content(title: &str, lines: &[&str]) -> Vec<u8> {
    let mut out = b"BT\n/F1 16 Tf\n50 790 Td\n(".to_vec();
    win_ansi(title, &mut out);
    out.extend_from_slice(b") Tj\n/F1 10 Tf\n0 -26 Td\n14 TL\n");
    for line in lines {
        out.push(b'(');
        win_ansi(line, &mut out);
        out.extend_from_slice(b") Tj T*\n");
    }
    out.extend_from_slice(b"ET");
    out
}

/// Text in the font's encoding, escaped for a literal string.
fn win_ansi(text: &str, out: &mut Vec<u8>) {
    for character in text.chars() {
        match character {
            '(' | ')' | '\\' => out.extend_from_slice(&[b'\\', u8::try_from(character).unwrap_or(b'?')]),
            '€' => out.push(0x80),
            '–' => out.push(0x96),
            '’' => out.push(0x92),
            'œ' => out.push(0x9c),
            'Œ' => out.push(0x8c),
            character if character.is_control() => out.push(b' '),
            character => out.push(u8::try_from(character).unwrap_or(b'?')),
        }
    }
}

/// Cuts a line where it would leave the page.
fn wrap(line: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some((cut, _)) = rest.char_indices().nth(CHARS_PER_LINE) {
        let at = rest[..cut].rfind(' ').filter(|&space| space > 0).unwrap_or(cut);
        pieces.push(&rest[..at]);
        rest = rest[at..].trim_start();
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(lines: usize, size_bytes_min: usize, seed: u64) -> Pdf {
        let lines: Vec<String> =
            (0..lines).map(|line| format!("Zeile {line} für Müller (Zürich) \\ 5 €")).collect();
        Pdf::render(&PdfText { title: "Invoice INV-2024-33", lines: &lines, size_bytes_min, seed })
    }

    /// Every offset of the cross-reference table names its object, and every stream has its stated length.
    fn check(file: &[u8]) {
        let text: String = file.iter().map(|&byte| char::from(byte)).collect();
        assert!(text.starts_with("%PDF-1.4\n") && text.ends_with("%%EOF\n"));
        let xref: usize = text.rsplit("startxref\n").next().unwrap().lines().next().unwrap().parse().unwrap();
        let table: Vec<char> = text.chars().skip(xref).collect();
        let table: String = table.into_iter().collect();
        assert!(table.starts_with("xref\n0 "), "startxref points elsewhere");
        for (number, entry) in table.lines().skip(3).take_while(|line| line.ends_with(" n ")).enumerate() {
            let offset: usize = entry[..10].parse().unwrap();
            let object = file[offset..].iter().take(20).map(|&byte| char::from(byte)).collect::<String>();
            assert!(object.starts_with(&format!("{} 0 obj\n", number + 1)), "{object}");
        }
        let chars: Vec<char> = text.chars().collect();
        for (position, _) in text.match_indices("/Length ") {
            let position = text[..position].chars().count();
            let rest: String = chars[position..].iter().take(60).collect();
            let length: usize = rest["/Length ".len()..].split([' ', '>']).next().unwrap().parse().unwrap();
            let start = position + rest.find("stream\n").unwrap() + "stream\n".len();
            let end: String = chars[start + length..].iter().take(10).collect();
            assert_eq!(end, "\nendstream");
        }
    }

    #[test]
    fn files_of_all_sizes_are_well_formed() {
        for (lines, size, seed) in
            [(0, 0, 0), (3, 0, 1), (3, 5_000, 2), (200, 100 * 1024, 1023), (160, 400_000, 77)]
        {
            let pdf = sample(lines, size, seed);
            let file = pdf.to_bytes();
            assert_eq!(file.len(), pdf.size_bytes());
            assert!(file.len() >= size, "{} for {size}", file.len());
            assert!(size == 0 || lines > 100 || file.len() < size + 200, "{} for {size}", file.len());
            check(&file);
        }
    }

    #[test]
    fn an_absurd_size_is_cut() {
        assert_eq!(sample(1, usize::MAX, 0).size_bytes() / SIZE_BYTES_MAX, 1);
    }

    #[test]
    fn the_pieces_of_base64_are_the_base64_of_the_file() {
        for size in [0, 1_000, 300_000] {
            let pdf = sample(5, size, 99);
            assert_eq!(pdf.base64().concat(), STANDARD.encode(pdf.to_bytes()).into_bytes());
        }
    }

    #[test]
    fn equal_texts_give_equal_bytes_and_seeds_differ() {
        assert_eq!(sample(5, 9_000, 4).to_bytes(), sample(5, 9_000, 4).to_bytes());
        assert_ne!(sample(5, 9_000, 4).to_bytes(), sample(5, 9_000, 5).to_bytes());
    }

    #[test]
    fn text_is_readable_and_escaped() {
        let text: String = sample(1, 0, 0).to_bytes().iter().map(|&byte| char::from(byte)).collect();
        assert!(text.contains("(Invoice INV-2024-33) Tj"));
        assert!(text.contains("für Müller \\(Zürich\\) \\\\ 5 \u{80}"));
    }
}
