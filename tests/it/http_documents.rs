//! PDFs of both sides: names, parts, tags, faults.

use bytes::Bytes;
use invoice_gateway::http::{Document, DocumentFault, DocumentKey};

use crate::http_stand_in::{Running, start};

const ID: &str = "41939771881672249";
const PATH: &str = "/documents/psohub/41939771881672249";

fn pdf() -> Bytes {
    let pages = (0..10_000_u32).flat_map(u32::to_be_bytes);
    b"%PDF-1.7\n".iter().copied().chain(pages).collect()
}

async fn with_documents() -> Running {
    let gateway = start().await;
    let mut documents = gateway.levers.documents.lock().unwrap();
    let invoice = Document { bytes: pdf(), file_name: "Rechnung Müller & Söhne.pdf".to_owned() };
    documents.insert(DocumentKey::Psohub(ID.parse().unwrap()), Ok(invoice));
    let small = Document { bytes: Bytes::from_static(b"%PDF-"), file_name: "RE-00044.pdf".to_owned() };
    documents.insert(DocumentKey::Bexio("7".parse().unwrap()), Ok(small));
    let away =
        DocumentFault::Unavailable { reason: "Bexio is away".to_owned(), retry_after_seconds: Some(30) };
    documents.insert(DocumentKey::Bexio("8".parse().unwrap()), Err(away));
    let broken = DocumentFault::BadGateway("Bexio sent something that is no PDF".to_owned());
    documents.insert(DocumentKey::Bexio("9".parse().unwrap()), Err(broken));
    drop(documents);
    gateway
}

#[tokio::test]
async fn a_document_is_shown_inline_under_its_name() {
    let gateway = with_documents().await;
    for path in [PATH.to_owned(), format!("{PATH}/INV-2024-33.pdf"), format!("{PATH}/%C3%BC.pdf")] {
        let answer = gateway.get(&path, "").await;
        assert_eq!((answer.status, &answer.body), (200, &pdf()), "{path}");
        assert_eq!(answer.header("content-type"), "application/pdf");
        assert_eq!(
            answer.header("content-disposition"),
            "inline; filename=\"Rechnung M_ller & S_hne.pdf\"; filename*=UTF-8''Rechnung%20M%C3%BCller%20&%20S%C3%B6hne.pdf"
        );
        assert_eq!(answer.header("accept-ranges"), "bytes");
        assert_eq!(answer.header("cache-control"), "private, no-cache");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    assert_eq!(gateway.get("/documents/bexio/7", "").await.body, Bytes::from_static(b"%PDF-"));
}

#[tokio::test]
async fn a_document_that_is_known_is_not_sent_again() {
    let gateway = with_documents().await;
    let first = gateway.get(PATH, "").await;
    let tag = first.header("etag");
    let again = gateway.get(PATH, &format!("if-none-match: {tag}\r\nrange: bytes=0-3\r\n")).await;
    assert_eq!((again.status, again.header("etag"), again.body.len()), (304, tag, 0));
    assert_ne!(gateway.get("/documents/bexio/7", "").await.header("etag"), tag);
}

#[tokio::test]
async fn parts_are_served() {
    let gateway = with_documents().await;
    let whole = pdf();
    let tag = gateway.get(PATH, "").await.header("etag").to_owned();
    let length = whole.len();
    for (headers, part) in [
        ("range: bytes=0-3\r\n".to_owned(), 0..4),
        ("range: bytes=100-199\r\n".to_owned(), 100..200),
        (format!("range: bytes={}-\r\n", length - 5), length - 5..length),
        ("range: bytes=-5\r\n".to_owned(), length - 5..length),
        ("range: bytes=0-9, 10-19\r\n".to_owned(), 0..20),
        (format!("range: bytes=0-3\r\nif-range: {tag}\r\n"), 0..4),
    ] {
        let answer = gateway.get(PATH, &headers).await;
        assert_eq!((answer.status, &answer.body[..]), (206, &whole[part.clone()]), "{headers}");
        let content_range = format!("bytes {}-{}/{length}", part.start, part.end - 1);
        assert_eq!(answer.header("content-range"), content_range, "{headers}");
        assert_eq!(answer.header("etag"), tag);
    }
    for headers in [
        "range: bytes=0-3, 100-103\r\n",
        "range: bytes=x\r\n",
        "range: lines=1-2\r\n",
        "range: bytes=0-3\r\nif-range: \"other\"\r\n",
        "range: bytes=0-3\r\nif-range: Fri, 20 Nov 2026 00:00:00 GMT\r\n",
    ] {
        let answer = gateway.get(PATH, headers).await;
        assert_eq!(
            (answer.status, answer.body.len(), answer.header("content-range")),
            (200, length, ""),
            "{headers}"
        );
    }
    let beyond = gateway.get(PATH, "range: bytes=900000-\r\n").await;
    assert_eq!((beyond.status, beyond.code().as_str()), (416, "RANGE_NOT_SATISFIABLE"));
    assert_eq!(beyond.header("content-range"), format!("bytes */{length}"));
}

#[tokio::test]
async fn head_tells_the_length() {
    let gateway = with_documents().await;
    let mut wire = gateway.connect().await;
    wire.send(format!("HEAD {PATH} HTTP/1.1\r\nhost: g\r\n\r\n")).await;
    let head = wire.head().await;
    assert_eq!((head.status, head.header("content-length")), (200, pdf().len().to_string().as_str()));
    wire.send(format!("GET {PATH} HTTP/1.1\r\nhost: g\r\n\r\n")).await;
    assert_eq!(wire.answer().await.body, pdf(), "no byte of a body followed the head");
}

#[tokio::test]
async fn faults_are_coded() {
    let gateway = with_documents().await;
    for (path, status, code, says) in [
        ("/documents/psohub/1", 404, "DOCUMENT_NOT_FOUND", "no invoice has this id"),
        ("/documents/psohub/abc", 404, "DOCUMENT_NOT_FOUND", "not a PSOhub invoice id"),
        ("/documents/bexio/-1", 404, "DOCUMENT_NOT_FOUND", "not a Bexio invoice id"),
        ("/documents/bexio/99999999999999999999", 404, "DOCUMENT_NOT_FOUND", "not a Bexio invoice id"),
        ("/documents/bexio/%2e%2e%2f", 404, "DOCUMENT_NOT_FOUND", "not a Bexio invoice id"),
        ("/documents/bexio/8", 503, "UPSTREAM_UNAVAILABLE", "Bexio is away"),
        ("/documents/bexio/9", 502, "UPSTREAM_FAILED", "no PDF"),
    ] {
        let answer = gateway.get(path, "").await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{path}");
        assert!(answer.message().contains(says), "{path}: {}", answer.message());
        assert_eq!(answer.header("retry-after"), if status == 503 { "30" } else { "" });
        assert!(answer.header("content-type").starts_with("application/json"));
    }
}
