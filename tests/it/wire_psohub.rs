//! PSOhub's client against answers as they were documented, and as they may come.

use std::sync::Arc;

use base64::Engine as _;
use invoice_gateway::domain::{CurrencyCode, PsohubInvoiceId, SystemClock};
use invoice_gateway::psohub::{
    InvoiceListFilter, ListReport, PdfFault, PsohubClient, PsohubError, PsohubOptions, StatusFilter,
    WriteError,
};
use invoice_gateway::transport::{CircuitConfig, RetryConfig, StaticToken, Transport, TransportConfig};
use secrecy::SecretString;

use crate::wire_upstream::{Reply, Upstream, answer, ok, refused};

fn client(upstream: &Upstream) -> PsohubClient {
    let ms = std::time::Duration::from_millis;
    let config = TransportConfig {
        read_timeout: ms(500),
        retry: RetryConfig { base: ms(10), wait_max: ms(50), ..RetryConfig::default() },
        // Upstreams that misbehave are asked again and again here.
        circuit: CircuitConfig { failures_max: u32::MAX, ..CircuitConfig::default() },
        ..TransportConfig::new("PSOhub")
    };
    let transport = Transport::new(config, Arc::new(SystemClock::new())).unwrap();
    let token = Arc::new(StaticToken(SecretString::from("psohub-token")));
    PsohubClient::new(&upstream.url(), token, transport, CurrencyCode::CHF).unwrap()
}

fn row(id: i64, number: &str, more: &str) -> String {
    format!(
        r#"{{"InvoiceID":{id},"InvoiceNumber":"{number}","InvoiceStatus":"Sent","InvoiceCurrencyCode":"CHF",
            "TotalAmountExVAT":100.10,"TotalAmountIncVAT":"108.20"{more}}}"#
    )
}

fn id(id: i64) -> PsohubInvoiceId {
    PsohubInvoiceId::new(id).unwrap()
}

async fn list(
    client: &PsohubClient,
    filter: &InvoiceListFilter,
) -> (Vec<i64>, Result<ListReport, PsohubError>) {
    let mut ids = Vec::new();
    let report = client.list(filter, |invoice| ids.push(invoice.id.get())).await;
    (ids, report)
}

#[tokio::test]
async fn every_filter_is_sent_as_documented() {
    let upstream = Upstream::answering("[]").await;
    let client =
        client(&upstream).with_options(PsohubOptions { list_limit: None, ..PsohubOptions::default() });
    let by_number =
        InvoiceListFilter { number: Some("INV 24&x=ü".to_owned()), no_external_id: true, status: None };
    for filter in
        [InvoiceListFilter::default(), InvoiceListFilter::by_status(StatusFilter::Approved), by_number]
    {
        let (ids, report) = list(&client, &filter).await;
        assert_eq!((ids.len(), report.unwrap().rows), (0, 0));
    }
    assert_eq!(
        upstream.lines(),
        [
            "GET /rest/psohubapi/v1/invoices",
            "GET /rest/psohubapi/v1/invoices?invoicestatus=approved",
            "GET /rest/psohubapi/v1/invoices?invoicenumber=INV%2024%26x%3D%C3%BC&noexternalid=true",
        ]
    );
}

#[tokio::test]
async fn a_row_or_a_field_that_is_not_understood_costs_itself() {
    let rows = [
        row(1, "A-1", ""),
        r#"{"InvoiceNumber":"A-2"}"#.to_owned(),
        row(3, "A-3", r#","InvoiceDate":"?","New":1"#),
    ];
    let body = format!("[{}]", rows.join(","));
    let upstream = Upstream::start(move |_, _| ok(&body)).await;
    let (ids, report) = list(&client(&upstream), &InvoiceListFilter::default()).await;
    let report = report.unwrap();
    assert_eq!((ids, report.rows), (vec![1, 3], 3));
    assert_eq!((report.problems.rows_lost, report.problems.fields_lost), (1, 1));
    let problems: Vec<_> =
        report.problems.kept.iter().map(|p| (p.row, p.id, p.number.as_deref(), &*p.field)).collect();
    assert_eq!(problems, [(1, None, Some("A-2"), "InvoiceID"), (2, Some(3), Some("A-3"), "InvoiceDate")]);
    assert_eq!(report.unknown_fields.iter().collect::<Vec<_>>(), [("New", 1)]);
}

#[tokio::test]
async fn a_list_that_breaks_off_delivers_its_rows_and_is_an_error() {
    let rows = format!("[{},{},", row(1, "A-1", ""), row(2, "A-2", ""));
    let proper_end = rows.clone();
    let cut = Upstream::start(move |_, _| ok(&proper_end)).await;
    let lost = Upstream::start(move |_, _| {
        let head = "HTTP/1.1 200 X\r\ncontent-length: 100000\r\n\r\n";
        Reply::Last(format!("{head}{rows}").into_bytes())
    })
    .await;
    for upstream in [cut, lost] {
        let (ids, report) = list(&client(&upstream), &InvoiceListFilter::default()).await;
        assert_eq!(ids, [1, 2]);
        assert!(matches!(report, Err(PsohubError::ListCut { rows: 2, .. })), "{report:?}");
        assert_eq!(upstream.requests().len(), 1, "what was delivered in part is not read again here");
    }
}

#[tokio::test]
async fn what_is_no_list_is_an_error() {
    for body in ["", "null", "<html>Log in</html>", r#"{"error":"token"}"#, r#"{"message":"x","errors":[]}"#]
    {
        let upstream = Upstream::answering(body).await;
        let client = client(&upstream);
        let (ids, report) = list(&client, &InvoiceListFilter::default()).await;
        let stats = client.transport().stats();
        assert_eq!((stats.calls, stats.failures, stats.last_success_at), (1, 1, None), "{body}");
        assert!(ids.is_empty() && matches!(report, Err(PsohubError::NotAList { .. })), "{body}: {report:?}");
    }
}

#[tokio::test]
async fn a_refused_limit_is_learned_once() {
    let upstream = Upstream::start(|_, request| {
        if request.contains("limit=") {
            refused(400, r#"{"message":"limit is too large"}"#)
        } else {
            ok("[]")
        }
    })
    .await;
    let client = client(&upstream);
    for _ in 0..2 {
        list(&client, &InvoiceListFilter::default()).await.1.unwrap();
    }
    let lines = upstream.lines();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].ends_with("?limit=100000") && lines[1..].iter().all(|line| !line.contains("limit")));

    // A refusal that has another cause is no reason to stop sending it.
    let refusing = Upstream::start(|_, _| refused(400, "{}")).await;
    let client = self::client(&refusing);
    for _ in 0..2 {
        list(&client, &InvoiceListFilter::default()).await.1.unwrap_err();
    }
    assert_eq!(refusing.lines().iter().filter(|line| line.contains("limit")).count(), 2);
}

#[tokio::test]
async fn a_list_of_exactly_a_page_may_be_cut() {
    for (rows, may_be_cut) in [(49, false), (50, true), (51, false), (60, true)] {
        let body = format!("[{}]", (1..=rows).map(|n| row(n, "A", "")).collect::<Vec<_>>().join(","));
        let upstream = Upstream::start(move |_, _| ok(&body)).await;
        let options = PsohubOptions { list_limit: Some(60), ..PsohubOptions::default() };
        let (_, report) = list(&client(&upstream).with_options(options), &InvoiceListFilter::default()).await;
        assert_eq!(report.unwrap().may_be_cut, may_be_cut, "{rows}");
    }
}

#[tokio::test]
async fn a_number_finds_only_itself_in_any_case() {
    let body = format!(
        "[{},{},{}]",
        row(1, "INV-2024-4", ""),
        row(2, "inv-2024-48", ""),
        row(3, "INV-2024-480", "")
    );
    let upstream = Upstream::start(move |_, _| ok(&body)).await;
    let found = client(&upstream).find_by_number("INV-2024-48").await.unwrap();
    assert_eq!(found.iter().map(|invoice| invoice.id.get()).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn a_pdf_is_taken_out_of_the_row_with_its_id() {
    let pdf = |text: &[u8]| base64::engine::general_purpose::STANDARD.encode(text);
    let with = |text: String| format!(r#","InvoicePDF":"{text}""#);
    let big = [b"%PDF-1.7 ".to_vec(), vec![7; 300_000]].concat();
    let body = format!(
        "[{},{},{},{},{}]",
        row(1, "A-1", &with(pdf(b"%PDF of another"))),
        row(2, "A-1", &with(pdf(&big))),
        row(3, "A-1", ""),
        row(4, "A-1", &with(pdf(b"<html>"))),
        row(5, "A-11", &with(pdf(b"%PDF of a longer number"))),
    );
    let upstream = Upstream::start(move |_, _| ok(&body)).await;
    let client = client(&upstream);
    assert_eq!(client.pdf("A-1", id(2)).await.unwrap(), big);
    assert_eq!(client.pdf("a-1", id(1)).await.unwrap().as_ref(), b"%PDF of another");
    assert!(matches!(client.pdf("A-1", id(3)).await, Err(PsohubError::NoPdf { .. })));
    let not_a_pdf = client.pdf("A-1", id(4)).await;
    assert!(matches!(not_a_pdf, Err(PsohubError::BadPdf { fault: PdfFault::NotAPdf, .. })), "{not_a_pdf:?}");
    assert!(matches!(client.pdf("A-1", id(5)).await, Err(PsohubError::NoSuchInvoice { .. })));
    let small = client.with_options(PsohubOptions { pdf_bytes_max: 100_000, ..PsohubOptions::default() });
    let too_large = small.pdf("A-1", id(2)).await;
    assert!(
        matches!(too_large, Err(PsohubError::BadPdf { fault: PdfFault::TooLarge { .. }, .. })),
        "{too_large:?}"
    );
    assert_eq!(
        small.pdf("A-1", id(1)).await.unwrap().as_ref(),
        b"%PDF of another",
        "another row's size is its own"
    );
}

#[tokio::test]
async fn writes_are_sent_as_documented() {
    let upstream = Upstream::answering("").await;
    let client = client(&upstream);
    client.mark_paid(id(41_939_771_881_672_249)).await.unwrap();
    client.set_external_id(id(7), "RE 1&b=ü").await.unwrap();
    assert_eq!(
        upstream.lines(),
        [
            "PATCH /rest/psohubapi/v1/invoices/paid?invoiceid=41939771881672249",
            "PATCH /rest/psohubapi/v1/invoices/external?invoiceid=7&externalid=RE%201%26b%3D%C3%BC",
        ]
    );
}

#[tokio::test]
async fn a_write_says_what_to_do_next() {
    let outcome = async |reply: fn() -> Reply| {
        let upstream = Upstream::start(move |_, _| reply()).await;
        let outcome = client(&upstream).mark_paid(id(1)).await;
        assert_eq!(upstream.requests().len(), 1);
        outcome
    };
    for done in [
        || ok(""),
        || ok("true"),
        || ok("{}"),
        || ok(r#"{"success":true}"#),
        || Reply::Bytes(answer(204, "", "")),
    ] {
        outcome(done).await.unwrap();
    }
    let refused_it = outcome(|| refused(422, r#"{"message":"Invoice is Draft"}"#)).await.unwrap_err();
    assert_eq!(refused_it.to_string(), "PSOhub refused it with status 422: Invoice is Draft");
    let limited = || Reply::Bytes(answer(429, "retry-after: 7\r\n", ""));
    let limited = outcome(limited).await.unwrap_err();
    assert!(matches!(limited, WriteError::Refused { status: 429, .. }), "{limited:?}");
    assert_eq!(limited.wait(), Some(std::time::Duration::from_secs(7)));
    assert_eq!(refused_it.wait(), None);
    for doubtful in [
        || ok("<html>Log in</html>"),
        || ok(r#"{"success":false}"#),
        || ok(r#"{"error":"no"}"#),
        || refused(500, "{}"),
        || refused(302, ""),
        || Reply::Drop,
        || Reply::Hang,
    ] {
        let error = outcome(doubtful).await.unwrap_err();
        assert!(matches!(error, WriteError::OutcomeUnknown { .. }), "{error:?}");
    }
}
