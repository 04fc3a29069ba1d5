//! The list decoder against lists cut, escaped and broken at every place.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::psohub::pdf::PdfFault;

/// A row as it was handed out.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    index: usize,
    json: String,
    pdf_chars: u64,
    fault: Option<RowFault>,
}

fn decode_pieces<'a>(
    mut decoder: ListDecoder,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Seen>, Result<usize, ListFault>) {
    let mut seen = Vec::new();
    for piece in pieces {
        let fed = decoder.feed(piece, |row| {
            let json = String::from_utf8_lossy(row.json).into_owned();
            seen.push(Seen { index: row.index, json, pdf_chars: row.pdf_chars, fault: row.fault });
        });
        if let Err(fault) = fed {
            return (seen, Err(fault));
        }
    }
    (seen, decoder.finish())
}

fn decode(text: &str) -> (Vec<Seen>, Result<usize, ListFault>) {
    decode_pieces(ListDecoder::skipping_pdfs(), [text.as_bytes()])
}

fn rows(text: &str) -> Vec<String> {
    let (seen, end) = decode(text);
    assert_eq!(end, Ok(seen.len()), "{text}");
    seen.into_iter().map(|row| row.json).collect()
}

#[test]
fn an_empty_array_is_an_empty_list() {
    for text in
        ["[]", " [ ] \r\n", "\u{feff}[]", r#"{"invoices":[]}"#, r#"{"count":0,"Data":[],"next":null}"#]
    {
        assert_eq!(rows(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_is_no_list_is_an_error_and_never_an_empty_list() {
    for (text, found) in [
        ("", "an empty body"),
        (" \n ", "an empty body"),
        ("null", "null"),
        ("<!DOCTYPE html><title>Log in</title>", "an HTML or XML page"),
        ("\"[]\"", "a JSON text"),
        ("true", "other text"),
        ("Warning: []", "other text"),
        (r#"{"error":"invalid token"}"#, "a JSON object with: error"),
        (
            r#"{"message":"no","errors":[],"data":{"invoices":[]}}"#,
            "a JSON object with: message, errors, data",
        ),
        (r#"{"a":{"invoices":[]}}"#, "a JSON object with: a"),
        (r#"{"invoices":null}"#, "a JSON object with: invoices"),
        ("{}", "a JSON object with: "),
    ] {
        let (seen, end) = decode(text);
        assert_eq!((seen.len(), end), (0, Err(ListFault::NotAList { found: found.to_owned() })), "{text}");
    }
}

#[test]
fn the_pdf_is_taken_out_wherever_it_stands_and_measured() {
    let (seen, end) = decode(
        r#"[{"InvoicePDF":"JVBERi0x","InvoiceID":1},{"InvoiceID":2,"invoicepdf" : "a\/b\"c","X":"y"},
            {"InvoicePDF":null,"InvoiceID":3},{"InvoicePDF":"","InvoiceID":4},{"InvoiceID":5}]"#,
    );
    assert_eq!(end, Ok(5));
    let rows: Vec<(&str, u64)> = seen.iter().map(|row| (row.json.as_str(), row.pdf_chars)).collect();
    assert_eq!(
        rows,
        [
            (r#"{"InvoicePDF":null,"InvoiceID":1}"#, 8),
            (r#"{"InvoiceID":2,"invoicepdf":null,"X":"y"}"#, 5),
            (r#"{"InvoicePDF":null,"InvoiceID":3}"#, 0),
            (r#"{"InvoicePDF":null,"InvoiceID":4}"#, 0),
            (r#"{"InvoiceID":5}"#, 0),
        ]
    );
}

#[test]
fn a_name_is_only_a_name_where_a_name_stands() {
    let text =
        r#"[{"a":"InvoicePDF","b":["InvoicePDF","x"],"c":{"InvoicePDF":"kept"},"d":"\"InvoicePDF\":\"z"}]"#;
    assert_eq!(rows(text), [&text[1..text.len() - 1]]);
}

#[test]
fn elements_that_are_no_objects_are_handed_out_as_they_are() {
    let text = r#"[null, 12,"a,]\"b",[1,[{"InvoicePDF":"x"}]] ,true,{"a":[]}]"#;
    assert_eq!(
        rows(text),
        ["null", "12", r#""a,]\"b""#, r#"[1,[{"InvoicePDF":"x"}]]"#, "true", r#"{"a":[]}"#]
    );
}

#[test]
fn a_list_that_is_no_json_any_more_says_after_how_many_rows() {
    for (text, delivered) in [
        (r#"[{"a":1}{"b":2}]"#, 1),
        (r#"[{"a":1},]"#, 1),
        (r#"[,{"a":1}]"#, 0),
        (r#"[{"a":1}]]"#, 1),
        (r#"[{"a":1}] <br/>Fatal error"#, 1),
        (r#"[{"a":1}}"#, 1),
        (r#"{"data":[{"a":1}],"items":[]}"#, 1),
    ] {
        let (seen, end) = decode(text);
        assert_eq!(seen.len(), delivered, "{text}");
        assert!(
            matches!(end, Err(ListFault::Malformed { rows, .. }) if rows == delivered),
            "{text}: {end:?}"
        );
    }
}

#[test]
fn a_row_that_is_too_large_or_deep_costs_itself() {
    let large = "x".repeat(5 * 1024 * 1024);
    let deep = "[".repeat(100) + &"]".repeat(100);
    let text = format!(
        r#"[{{"InvoiceNumber":"INV-1","InvoiceNote":"{large}"}},{{"a":{deep}}},{{"InvoicePDF":"{large}","a":1}}]"#
    );
    let (seen, end) = decode(&text);
    assert_eq!(end, Ok(3));
    assert_eq!(
        seen.iter().map(|row| row.fault).collect::<Vec<_>>(),
        [Some(RowFault::TooLarge), Some(RowFault::TooDeep), None]
    );
    assert!(seen[0].json.starts_with(r#"{"InvoiceNumber":"INV-1""#) && seen[0].json.len() <= ROW_BYTES_KEPT);
    assert_eq!(seen[2].pdf_chars, 5 * 1024 * 1024);
}

#[test]
fn memory_is_one_row_however_long_the_list_and_its_pdfs() {
    let pdf = "A".repeat(1024 * 1024);
    let mut decoder = ListDecoder::skipping_pdfs();
    decoder.feed(b"[", |_| {}).unwrap();
    for n in 0..200 {
        let comma = if n == 0 { "" } else { "," };
        for piece in [format!(r#"{comma}{{"InvoiceID":{n},"InvoicePDF":""#), pdf.clone(), r#""}"#.to_owned()]
        {
            decoder.feed(piece.as_bytes(), |_| {}).unwrap();
        }
    }
    assert!(decoder.buffer.capacity() < 1024, "{}", decoder.buffer.capacity());
    decoder.feed(b"]", |_| {}).unwrap();
    assert_eq!(decoder.finish(), Ok(200));
}

/// Decodes one row's PDF, in pieces of `size` bytes.
fn pdf_of(text: &str, bytes_max: usize, size: usize) -> Result<Option<Vec<u8>>, PdfFault> {
    let mut decoder = ListDecoder::keeping_pdfs(bytes_max);
    let mut found = None;
    let list = format!(r#"[{{"InvoicePDF":"{text}"}}]"#);
    for piece in list.as_bytes().chunks(size) {
        decoder.feed(piece, |mut row| found = row.pdf.take()).unwrap();
    }
    found.unwrap().finish()
}

#[test]
fn a_pdf_is_decoded_in_every_way_it_may_be_written() {
    let bytes = b"%PDF-1.7\xff\xfe\xfd binary??>>".to_vec();
    for text in [
        "JVBERi0xLjf//v0gYmluYXJ5Pz8+Pg==",
        "JVBERi0xLjf//v0gYmluYXJ5Pz8+Pg",
        r"JVBERi0xLjf\/\/v0gYmluYXJ5Pz8+Pg==",
        r"JVBERi0xLjf\u002f\u002Fv0gYmluYXJ5Pz8\u002bPg\u003d\u003D",
        r"JVBERi0xLjf//v0g\r\nYmluYXJ5Pz8+\nPg==",
        "JVBERi0xLjf__v0gYmluYXJ5Pz8-Pg",
        "data:application/pdf;base64,JVBERi0xLjf//v0gYmluYXJ5Pz8+Pg==",
    ] {
        for size in [1, 2, 3, 7, 1000] {
            assert_eq!(pdf_of(text, 100, size), Ok(Some(bytes.clone())), "{text}");
        }
    }
}

#[test]
fn a_pdf_that_cannot_be_used_says_why() {
    assert_eq!(pdf_of("", 100, 9), Ok(None));
    assert_eq!(pdf_of(" ", 100, 9), Ok(None));
    assert_eq!(pdf_of("bm8gcGRm", 100, 9), Err(PdfFault::NotAPdf));
    assert_eq!(pdf_of("JVBERi0x!", 100, 9), Err(PdfFault::NotBase64));
    assert_eq!(pdf_of(r"JVBE\u0zzz", 100, 9), Err(PdfFault::NotBase64));
    assert_eq!(pdf_of(&"JVBERi0x".repeat(5000), 20_000, 999), Err(PdfFault::TooLarge { max: 20_000 }));
    assert_eq!(pdf_of(&"JVBERi0x".repeat(5000), 30_000, 999).unwrap().unwrap().len(), 30_000);
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any_text().prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec((any_name(), inner), 0..5).prop_map(|m| m.into_iter().collect()),
        ]
    })
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), r#"[\[\]{},:"\\ü€/a-c\n\t]{0,30}"#]
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![any_text(), Just("InvoiceID".to_owned()), Just("invoices".to_owned())]
}

prop_compose! {
    /// A row, with or without a PDF at its first level, and the list's text form.
    fn any_row()(
        fields in prop::collection::vec((any_name(), any_json()), 0..6),
        pdf in prop::option::of(any_text()),
    ) -> (Json, Option<String>) {
        let mut row: serde_json::Map<String, Json> = fields.into_iter().collect();
        row.retain(|name, _| !name.eq_ignore_ascii_case("InvoicePDF"));
        if let Some(pdf) = &pdf {
            row.insert("InvoicePDF".to_owned(), json!(pdf));
        }
        (Json::from(row), pdf)
    }
}

fn list_text(rows: &[(Json, Option<String>)], pretty: bool, wrapped: bool) -> String {
    let list: Json = rows.iter().map(|(row, _)| row.clone()).collect();
    let list = if wrapped { json!({"a": {"invoices": [1]}, "invoices": list, "z": "]"}) } else { list };
    if pretty { serde_json::to_string_pretty(&list) } else { serde_json::to_string(&list) }.unwrap()
}

/// `text` cut at these places.
fn pieces<'a>(text: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
    at.extend([0, text.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_row_comes_out_whole_however_the_list_is_written_and_cut(
        list in prop::collection::vec(any_row(), 0..6),
        pretty: bool,
        wrapped: bool,
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let text = list_text(&list, pretty, wrapped);
        let (seen, end) = decode_pieces(ListDecoder::skipping_pdfs(), pieces(text.as_bytes(), &cuts));
        prop_assert_eq!(end, Ok(list.len()));
        prop_assert_eq!(seen.len(), list.len());
        for (seen, (row, pdf)) in seen.iter().zip(&list) {
            let mut expected = row.clone();
            if pdf.is_some() {
                expected["InvoicePDF"] = Json::Null;
            }
            prop_assert_eq!(&serde_json::from_str::<Json>(&seen.json).unwrap(), &expected);
            prop_assert_eq!(seen.pdf_chars > 0, pdf.as_ref().is_some_and(|pdf| !pdf.is_empty()));
        }
    }

    #[test]
    fn a_list_cut_short_is_never_whole_and_delivers_only_whole_rows(
        list in prop::collection::vec(any_row(), 0..5),
        pretty: bool,
        wrapped: bool,
        cut in any::<prop::sample::Index>(),
    ) {
        let text = list_text(&list, pretty, wrapped);
        let (whole, _) = decode(&text);
        let short = &text.as_bytes()[..cut.index(text.len())];
        let (seen, end) = decode_pieces(ListDecoder::skipping_pdfs(), [short]);
        prop_assert!(end.is_err());
        prop_assert_eq!(&seen[..], &whole[..seen.len()]);
    }

    #[test]
    fn any_bytes_end_the_same_way_however_they_are_cut(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            r#"[\[\]{},:"\\ a1]{0,80}"#.prop_map(String::into_bytes),
            r#"\[\{"InvoicePDF":["\[\]{},:\\ a1u]{0,60}"#.prop_map(String::into_bytes),
        ],
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let at_once = decode_pieces(ListDecoder::skipping_pdfs(), [&bytes[..]]);
        let in_pieces = decode_pieces(ListDecoder::skipping_pdfs(), pieces(&bytes, &cuts));
        prop_assert_eq!(&at_once, &in_pieces);
        // What is taken for a whole list is one, but for the rows' own grammar.
        if at_once.1.is_ok() && at_once.0.iter().all(|row| serde_json::from_str::<Json>(&row.json).is_ok()) {
            let whole = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
            if let Ok(text) = std::str::from_utf8(whole) {
                prop_assert!(serde_json::from_str::<Json>(text).is_ok(), "{}", text);
            }
        }
    }
}
